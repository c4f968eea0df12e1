import type { Runtime } from '@sess/local-cluster';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LibraryBench } from './session-library/bench.ts';
import { LIFETIME_SECONDS, type SessionLibrarySubject } from './session-library/subject.ts';
import { until } from './until.ts';

/**
 * Declares vitest tests of a session library of another project with a store over `@sess/client`, over real HTTP with
 * real cookies.
 *
 * Call it at the top of a test file, once per library and runtime.
 */
export function sessionLibraryConformance(subject: SessionLibrarySubject, runtime: Runtime): void {
  describe(`${subject.name} over ${runtime}`, () => {
    let opened: LibraryBench | undefined;
    beforeAll(async () => {
      opened = await LibraryBench.open(subject, runtime, 3);
    });
    afterAll(() => opened?.[Symbol.asyncDispose]());
    const bench = (): LibraryBench => {
      if (opened === undefined) throw new Error('the bench did not open');
      return opened;
    };
    lifeSection(bench, subject);
    raceSection(bench, subject);
    outageSection(subject, runtime);
  });
}

function lifeSection(bench: () => LibraryBench, subject: SessionLibrarySubject): void {
  it('keeps a session from login to logout', async () => {
    const browser = await bench().loggedIn();
    expect(await browser.json('/profile')).toEqual({ user: 'USER_123', cart: null });
    await browser.json('/put?key=cart&value=sku-1');
    expect(await browser.json('/profile')).toEqual({ user: 'USER_123', cart: 'sku-1' });
    const thief = browser.copy();
    await browser.json('/logout');
    expect(await browser.json('/profile')).toEqual({ user: null, cart: null });
    expect(await thief.json('/profile')).toEqual({ user: null, cart: null });
  });

  it('stores nothing for a visitor without data', async () => {
    const browser = bench().browser();
    await browser.json('/profile');
    expect([...browser.cookies]).toEqual([]);
  });

  it('gives a login a new id, and the old one is dead', async () => {
    const browser = bench().browser();
    await browser.json('/put?key=cart&value=sku-1');
    const before = browser.copy();
    await browser.json('/login');
    expect(bench().keyOf(browser)).not.toBe(bench().keyOf(before));
    expect(await before.json('/profile')).toEqual({ user: null, cart: null });
    expect(await browser.json('/profile')).toMatchObject({ user: 'USER_123' });
  });

  it('moves the expiry as the session is used', async () => {
    const browser = await bench().loggedIn();
    const { version } = await bench().stored(browser);
    await bench().client.touch(bench().keyOf(browser), 10);
    await browser.json('/profile');
    const after = await bench().stored(browser);
    expect(after.ttlSeconds).toBeGreaterThan(LIFETIME_SECONDS - 10);
    expect(after.version === version).toBe(subject.idle === 'touch');
  });

  it('stores no id that could be read from the cache, and no cookie that the library did not sign', async () => {
    const browser = await bench().loggedIn();
    const [[name, value] = ['', '']] = [...browser.cookies];
    const id = subject.sessionId(decodeURIComponent(value));
    expect(String((await bench().stored(browser)).value)).not.toContain(id);
    browser.cookies.set(
      name,
      value.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')).replace(id.slice(0, 4), 'AAAA'),
    );
    expect(await browser.json('/profile')).toEqual({ user: null, cart: null });
  });

  it('says so when a session is too large, and keeps what was stored', async () => {
    const browser = await bench().loggedIn();
    // express-session answers 200 before the save fails: only the application gets the error.
    await browser.copy().get('/big');
    await until('the application hears of it', () => bench().errors.at(-1));
    expect(bench().errors.at(-1)).toMatchObject({ name: 'StoreError', code: 'SESS_TOO_LARGE', statusCode: 500 });
    expect(await browser.json('/profile')).toEqual({ user: 'USER_123', cart: null });
  });
}

function raceSection(bench: () => LibraryBench, subject: SessionLibrarySubject): void {
  it.each(['/slow?key=cart&value=late', '/idle', '/twice?key=cart&value=late'])(
    'does not bring back a session that was destroyed while %s ran',
    async (path) => {
      const browser = await bench().loggedIn();
      const request = await bench().running(browser, path);
      const key = bench().keyOf(browser);
      await browser.copy().json('/logout');
      await request.finish();
      expect(await bench().client.get(key)).toBeUndefined();
    },
  );

  it('does not let a request that changed nothing undo what another one changed', async () => {
    const browser = await bench().loggedIn();
    const request = await bench().running(browser, '/idle');
    await browser.copy().json('/put?key=cart&value=sku-1');
    expect((await request.finish()).status).toBe(200);
    expect(await browser.json('/profile')).toEqual({ user: 'USER_123', cart: 'sku-1' });
  });

  it('stores what the later of two requests saved', async () => {
    const browser = await bench().loggedIn();
    const request = await bench().running(browser, '/slow?key=cart&value=later');
    await browser.copy().json('/put?key=cart&value=earlier');
    expect((await request.finish()).status).toBe(200);
    expect(await browser.json('/profile')).toMatchObject({ cart: 'later' });
  });

  it.runIf(subject.tellsBase)('keeps the changes of two requests at once to different keys', async () => {
    const browser = await bench().loggedIn();
    const request = await bench().running(browser, '/slow?key=cart&value=sku-1');
    await browser.copy().json('/put?key=user&value=USER_456');
    await request.finish();
    expect(await browser.json('/profile')).toEqual({ user: 'USER_456', cart: 'sku-1' });
  });

  it.runIf(subject.tellsBase)('keeps them when one of them saves twice', async () => {
    const browser = await bench().loggedIn();
    const first = await bench().running(browser, '/slow?key=user&value=USER_456');
    const twice = await bench().running(browser, '/twice?key=cart&value=sku-1');
    await first.finish();
    await twice.finish();
    expect(await browser.json('/profile')).toEqual({ user: 'USER_456', cart: 'sku-1' });
  });

  it.runIf(subject.tellsBase)('keeps the changes of twenty at once', async () => {
    const browser = await bench().loggedIn();
    const keys = Array.from({ length: 20 }, (_, index) => `key${index}`);
    await Promise.all(keys.map((key) => browser.copy().get(`/put?key=${key}&value=1`)));
    const stored = JSON.parse(String((await bench().stored(browser)).value)) as Record<string, unknown>;
    expect(Object.keys(stored)).toEqual(expect.arrayContaining(keys));
  });
}

function outageSection(subject: SessionLibrarySubject, runtime: Runtime): void {
  it('answers an outage with an error, not with a logout, and the session is there again afterwards', async () => {
    await using bench = await LibraryBench.open(subject, runtime, 1, 200);
    const browser = await bench.loggedIn();
    const [node = { id: '' }] = bench.cluster.nodes;
    await bench.cluster.pauseNode(node.id);
    const response = await browser.get('/profile');
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
    await bench.cluster.resumeNode(node.id);
    expect(await until('the node is back', () => browser.json('/profile'))).toEqual({ user: 'USER_123', cart: null });
  });

  it('logs nobody out when a node joins', async () => {
    await using bench = await LibraryBench.open(subject, runtime, 2);
    const browsers = await Promise.all(Array.from({ length: 40 }, () => bench.loggedIn()));
    const joined = await bench.cluster.addNode();
    await until('the client acts on the new node', () =>
      bench.client.topology.nodes.find(({ id }) => id === joined.id),
    );
    const moved = browsers.filter((browser) => bench.client.explain(bench.keyOf(browser)).owners[0] === joined.id);
    expect(moved.length).toBeGreaterThan(0);
    const profiles = await Promise.all(browsers.map((browser) => browser.json('/profile')));
    expect(profiles).toEqual(browsers.map(() => ({ user: 'USER_123', cart: null })));
  });

  it('lets people log in while a node is down', async () => {
    await using bench = await LibraryBench.open(subject, runtime, 2);
    const [down = { id: '' }] = bench.cluster.nodes;
    await bench.cluster.crashNode(down.id);
    await until('the client knows', () => bench.client.topology.states.get(down.id) === 'down' || undefined);
    const browsers = await Promise.all(Array.from({ length: 20 }, () => bench.loggedIn()));
    const profiles = await Promise.all(browsers.map((browser) => browser.json('/profile')));
    expect(profiles).toEqual(browsers.map(() => ({ user: 'USER_123', cart: null })));
  });
}
