/**
 * The names of the stand-in's nodes lead to them, as AWS's do. A client needs that for a node that it knows from other
 * clients, before its own list has it with an address.
 */
import dns from 'node:dns';
import type { LocalElastiCache } from '@sess/local-cluster';

type Lookup = (host: string, options: dns.LookupAllOptions, callback: Callback) => void;
type Callback = (error: NodeJS.ErrnoException | null, addresses: dns.LookupAddress[]) => void;

/** Until the returned function is called. */
export function resolveNames(aws: LocalElastiCache): () => void {
  const asBefore = dns.lookup as Lookup;
  const lookup: Lookup = (host, options, callback) => {
    const address = aws.nodes.find((node) => node.host === host)?.address;
    if (address === undefined) asBefore(host, options, callback);
    else setImmediate(callback, null, [{ address, family: 4 }]);
  };
  Reflect.set(dns, 'lookup', lookup);
  return () => void Reflect.set(dns, 'lookup', asBefore);
}
