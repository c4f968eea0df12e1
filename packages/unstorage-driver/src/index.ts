export { default } from './driver.ts';
export type { SessDriver, SessDriverOptions } from './driver.ts';
export { StoreError, type StoreErrorCode } from '@sess/external-store';
