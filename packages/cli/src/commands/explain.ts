/** `sess explain`: which nodes own a session, and which hold it. Never shows its data. */
import {
  describeItem,
  isValidKey,
  type Explanation,
  type ItemDescription,
  type MissCause,
  type MissReport,
  type NodeTransport,
} from '@sess/client';

import { observe, type ObservedCluster } from '../cluster/observed-cluster.ts';
import { keyOfCookie, type CookieReading } from '../cluster/cookie.ts';
import { DONE } from '../exit-codes.ts';
import { bytes, count, duration } from '../output/format.ts';
import type { Output } from '../output/output.ts';
import { table, type Column } from '../output/table.ts';
import { UsageError } from '../usage-error.ts';
import type { CommandContext } from './command-context.ts';

export interface ExplainOptions {
  readonly keyPrefix: string;
  /** The sessions' idle timeout: older losses of a node do not matter. */
  readonly ttlSeconds: number;
}

/** What one node holds under the key. */
interface Standing {
  readonly node: string;
  readonly role: 'owner' | 'earlier owner' | 'other';
  readonly zone: string | undefined;
  readonly holds: ItemDescription | { readonly kind: 'nothing' } | { readonly kind: 'out of reach'; reason: string };
}

interface ExplainedKey extends Explanation {
  /** Whether the cookie's signature is valid, if a cookie was given. */
  readonly signature: CookieReading['signature'] | undefined;
  readonly standings: readonly Standing[];
  /** Why no node holds it, if none does. */
  readonly missing: MissReport | undefined;
}

export async function explain(
  { output, settings, streams }: CommandContext,
  given: string,
  { keyPrefix, ttlSeconds }: ExplainOptions,
): Promise<number> {
  const asked = settings();
  const text = (given === '-' ? await streams.readInput() : given).trim();
  const cookie = keyOfCookie(text, keyPrefix, streams.env['SESS_SECRET']);
  const key = cookie?.key ?? text;
  // The argument may contain a session id, so errors don't repeat it.
  if (!isValidKey(key))
    throw new UsageError('That is neither a storage key (1 to 250 characters without spaces) nor a cookie.');
  const observed = await observe(asked);
  try {
    const explained = await explainKey(observed, key, cookie?.signature, ttlSeconds);
    output.data(explained, () => explainText(explained, output));
    return DONE;
  } finally {
    await observed.close();
  }
}

async function explainKey(
  { client, nodes }: ObservedCluster,
  key: string,
  signature: CookieReading['signature'] | undefined,
  ttlSeconds: number,
): Promise<ExplainedKey> {
  const explanation = client.explain(key);
  const { owners, elders } = explanation;
  const others = [...nodes.keys()].filter((id) => !owners.includes(id) && !elders.includes(id));
  const zones = new Map(client.topology.nodes.map(({ id, zone }) => [id, zone]));
  const standings = await Promise.all(
    [...owners, ...elders, ...others].map(async (node): Promise<Standing> => {
      const role = owners.includes(node) ? 'owner' : elders.includes(node) ? 'earlier owner' : 'other';
      return { node, role, zone: zones.get(node), holds: await heldBy(nodes.get(node), key) };
    }),
  );
  // Omits other nodes that hold nothing, as expected.
  const worthSaying = standings.filter(({ role, holds }) => role !== 'other' || holds.kind !== 'nothing');
  const isNowhere = !standings.some(({ holds }) => holds.kind === 'record' || holds.kind === 'out of reach');
  const missing = isNowhere ? await client.whyMissing(key, { ttlSeconds }) : undefined;
  return { ...explanation, signature, standings: worthSaying, missing };
}

async function heldBy(node: NodeTransport | undefined, key: string): Promise<Standing['holds']> {
  try {
    const item = await node?.get(key);
    return item === undefined ? { kind: 'nothing' } : describeItem(item);
  } catch (error) {
    return { kind: 'out of reach', reason: error instanceof Error ? error.message : String(error) };
  }
}

const MODES: Readonly<Record<Explanation['mode'], string>> = {
  settled: 'Its owners are asked, and nobody else.',
  overlap: 'Other clients may still act on other nodes: its owners and earlier owners are asked, and the newest wins.',
  handover: 'Its owners are asked, and its earlier owners for what the owners do not have.',
};

function explainText(explained: ExplainedKey, output: Output): string {
  const { key, mode, standings, signature } = explained;
  return [
    `Stored under ${key}`,
    ...(signature === undefined ? [] : [SIGNATURES[signature]]),
    MODES[mode],
    '',
    table(columns(standings), standings, output.width),
    ...sharedZone(standings),
    ...conclusion(explained),
  ].join('\n');
}

const SIGNATURES: Readonly<Record<CookieReading['signature'], string>> = {
  good: 'The cookie is well signed.',
  bad: 'The cookie is NOT signed with SESS_SECRET for a cookie of this name: the application takes no notice of it.',
  unchecked: 'Whether the cookie is well signed was not checked: set SESS_SECRET for that.',
};

function columns(standings: readonly Standing[]): readonly Column<Standing>[] {
  const hasZones = standings.some(({ zone }) => zone !== undefined);
  return [
    { title: 'node', cell: ({ node }) => node },
    ...(hasZones ? [{ title: 'zone', cell: ({ zone }: Standing) => zone ?? '–' }] : []),
    { title: 'is', cell: ({ role }) => role },
    { title: 'holds', cell: ({ holds }) => holdsText(holds) },
    { title: 'written', cell: ({ holds }) => ('writtenAt' in holds ? `${ago(holds.writtenAt)} ago` : '') },
    { title: 'lives for', align: 'right', cell: ({ holds }) => lifeText(holds) },
  ];
}

/** Whether all copies are in one zone, although there are several zones. */
function sharedZone(standings: readonly Standing[]): readonly string[] {
  const owners = standings.filter(({ role }) => role === 'owner');
  const [zone, ...others] = new Set(owners.map((owner) => owner.zone));
  if (owners.length < 2 || zone === undefined || others.length > 0) return [];
  return ['', `All its copies are in zone ${zone}: it is lost with that zone.`];
}

function holdsText(holds: Standing['holds']): string {
  switch (holds.kind) {
    case 'record':
      return `a session, ${bytes(holds.bytes)}`;
    case 'tombstone':
      return 'a mark that it was destroyed';
    case 'moved':
      return 'a mark that it was moved to its owners';
    case 'foreign':
      return `${count(holds.bytes)} bytes of another program`;
    case 'nothing':
      return 'nothing';
    case 'out of reach':
      return `? ${holds.reason}`;
  }
}

function lifeText(holds: Standing['holds']): string {
  if (holds.kind === 'tombstone') return duration((holds.endsAt - Date.now()) / 1_000);
  if (holds.kind !== 'record') return '';
  return holds.secondsLeft === undefined ? 'not told' : duration(holds.secondsLeft);
}

function ago(moment: number): string {
  return duration((Date.now() - moment) / 1_000);
}

/** The summary, printed first. */
function conclusion({ standings, missing }: ExplainedKey): readonly string[] {
  if (missing !== undefined) {
    const { cause, certainty, node } = missing;
    const reservation = certainty === 'certain' ? '' : ` (${certainty}${node === undefined ? '' : `: ${node}`})`;
    return ['', `It is nowhere${reservation}: ${CAUSES[cause]}.`];
  }
  const isFound = standings.some(({ holds }) => holds.kind === 'record');
  return isFound ? [] : ['', 'It may be on a node that is out of reach.'];
}

const CAUSES: Readonly<Record<MissCause, string>> = {
  destroyed: 'it was destroyed, by a logout, a new login or a revocation',
  expired: 'it expired, or never was',
  evicted: 'the node evicts for lack of memory',
  'node-lost': 'the node that held it left the list and does not answer',
  'node-restarted': 'the node started since a session of this age may have been written',
  flushed: 'the node was told to forget everything',
  'other-cluster': 'it was never in this cluster',
  foreign: 'another program wrote under its key',
  unknown: 'it expired, was evicted, was lost with a node, or never was',
};
