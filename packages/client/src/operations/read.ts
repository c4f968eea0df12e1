import type { CacheRecord, OperationOptions } from '../contract.ts';
import type { OperationContext } from './context.ts';

/** The record under `key`, in one request to its owner. */
export function read(context: OperationContext, key: string, options: OperationOptions | undefined): Promise<CacheRecord | undefined> {
  return context.owner(key).get(key, options);
}
