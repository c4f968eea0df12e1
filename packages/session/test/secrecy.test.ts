import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import { createClient } from '@sess/client';
import { startLocalCluster } from '@sess/local-cluster';
import { afterEach, expect, it, vi } from 'vitest';
import { createSessions } from '../src/create-sessions.ts';
import type { SessionsOptions } from '../src/options/options.ts';
import { storageKey } from '../src/cookie/session-id.ts';
import { Browser } from './visit.ts';

const COOKIE_SECRET = 'COOKIE-SECRET-that-nobody-may-see';
const DATA_SECRET = 'DATA-SECRET-that-nobody-may-see-!';
const OTHER_SECRET = 'OTHER-SECRET-that-nobody-may-see!';
const VALUE = 'VALUE_OF_A_VISITOR';

const CHANNELS = [
  ...['load', 'save', 'conflict', 'destroy', 'new-id'].map((name) => `sess:session:${name}`),
  ...[
    'node',
    'topology',
    'discovery-error',
    'view',
    'views-disagree',
    'tombstone-dropped',
    'refill',
    'foreign-item',
    'request',
  ].map((name) => `sess:client:${name}`),
  ...['client:get', 'client:set', 'client:touch', 'client:delete'].map((name) => `tracing:@sess/${name}:asyncEnd`),
  ...['session:load', 'session:save', 'session:touch', 'session:destroy'].map(
    (name) => `tracing:@sess/${name}:asyncEnd`,
  ),
];

/** Everything that a person or a log could see: events, errors, warnings, printed objects. */
const shown: string[] = [];
const show = (what: unknown): void =>
  void shown.push(inspect(what, { depth: Infinity, showHidden: true, maxStringLength: null, maxArrayLength: null }));
afterEach(() => {
  for (const name of CHANNELS) unsubscribe(name, show);
});

it('no id, key, value or secret is in a diagnostics event, an error, a warning or what util.inspect prints', async () => {
  vi.spyOn(process, 'emitWarning').mockImplementation((...warning: unknown[]) => show(warning));
  for (const name of CHANNELS) subscribe(name, show);
  await using cluster = await startLocalCluster({ nodes: 2, runtime: 'embedded' });
  await using client = createClient({
    servers: `memcached://${cluster.nodes.map(({ id }) => id).join(',')}`,
    timeoutMs: 500,
  });
  await client.ready();
  const open = (options: Partial<SessionsOptions> = {}) =>
    createSessions({
      client,
      secret: [COOKIE_SECRET],
      secure: true,
      encrypt: { secret: DATA_SECRET },
      compress: { aboveBytes: 0 },
      maxBytes: 5_000,
      ...options,
    });
  const sessions = open();
  const hidden = new Set([COOKIE_SECRET, DATA_SECRET, OTHER_SECRET, VALUE, Buffer.from(VALUE).toString('base64url')]);
  const browser = new Browser({ sessions });
  const noteCookie = (): void => {
    for (const value of browser.cookies.values()) {
      const [id = '', signature = ''] = value.split('.');
      hidden.add(id).add(signature).add(storageKey('', id));
    }
  };
  const visit = async (handler: Parameters<Browser['visit']>[0], visitor = browser): Promise<void> => {
    await visitor.visit(handler).catch(show);
    noteCookie();
  };

  // From the first visit to the logout, with every failure in between.
  await visit((session) => void (session.data = { user: VALUE, note: { [VALUE]: VALUE } }));
  await visit(show);
  await visit((session) => session.regenerate({ keep: true }));
  await visit((session) => void (session.data.note = 12_345n));
  await visit((session) => void (session.data.note = { [VALUE]: new Map([[VALUE, VALUE]]) }));
  await visit((session) => void (session.data.note = VALUE.repeat(1_000)));
  const codec = {
    name: 'quoting',
    encode: (data: object) => refuse(data),
    decode: (bytes: Uint8Array) => refuse(Buffer.from(bytes).toString()),
  };
  await visit((session) => session.data, new Browser({ sessions: open({ codec: ['json', codec] }) }, browser.cookies));
  await visit(
    (session) => void (session.data.user = VALUE),
    new Browser({ sessions: open({ codec: [codec] }) }, browser.cookies),
  );
  await visit(
    (session) => session.data,
    new Browser({ sessions: open({ encrypt: { secret: OTHER_SECRET } }) }, browser.cookies),
  );
  const slow = await browser.open();
  slow.data.note = VALUE;
  await visit((session) => void (session.data.cart = [VALUE]));
  await browser.close(slow).catch(show);
  await client.set(storageKey('s/', await browser.visit((session) => session.id)), `{"user":"${VALUE}"`, {
    ttlSeconds: 60,
  });
  await visit((session) => session.data);
  await visit((session) => void (session.data.user = VALUE));
  const late = await browser.open();
  late.data.note = VALUE;
  await visit((session) => session.destroy());
  await late.save().catch(show);
  for (const options of [
    { secret: [COOKIE_SECRET, 'short'] },
    { encrypt: DATA_SECRET },
    { encrypt: { secret: [DATA_SECRET, 7] } },
    { encrypt: { key: DATA_SECRET } },
  ]) {
    try {
      open(options as Partial<SessionsOptions>);
    } catch (error) {
      show(error);
    }
  }
  await visit((session) => void (session.data.user = VALUE));
  for (const { id } of cluster.nodes) await cluster.crashNode(id);
  await visit((session) => void (session.data.user = VALUE));
  const failing = new Browser({ sessions: open({ onUnavailable: 'error' }) }, browser.cookies);
  await visit((session) => session.data, failing);
  for (const printed of [sessions, client, client.topology, late, codec]) show(printed);

  const all = shown.join('\n');
  for (const expected of [
    'SESS_BAD_DATA',
    'SESS_TOO_LARGE',
    'SESS_UNDECODABLE',
    'SESS_UNAVAILABLE',
    'SESS_DESTROYED',
    'SESS_BAD_OPTION',
    'SESS_WRONG_KEY',
  ]) {
    expect(all, 'the scenario must reach it').toContain(expected);
  }
  expect(hidden.size).toBeGreaterThan(10);
  for (const secret of hidden) expect(all.includes(secret), `found: ${secret}`).toBe(false);
});

/** Throws an error that quotes the data, as an application's codec may do. */
function refuse(data: unknown): Uint8Array {
  if (JSON.stringify(data) === '{}') return Buffer.from('{}');
  throw new TypeError(`cannot take ${JSON.stringify(data)}`);
}
