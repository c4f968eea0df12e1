import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { createClient } from '@sess/client';
import { startLocalCluster, type LocalCluster, type LocalClusterOptions } from '@sess/local-cluster';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { createSessions } from '../src/create-sessions.ts';
import type { SessionError } from '../src/errors.ts';
import type { SessionsOptions } from '../src/options/options.ts';
import type { Sessions } from '../src/session.ts';
import { Browser, SECRET } from './visit.ts';

async function start(
  options: LocalClusterOptions,
  policy: Pick<SessionsOptions, 'onUnavailable'> = {},
): Promise<{ cluster: LocalCluster; sessions: Sessions }> {
  const cluster = await startLocalCluster({ nodes: 1, ...options });
  onTestFinished(() => cluster.close());
  const client = createClient({
    servers: `memcached://${cluster.nodes.map(({ id }) => id).join(',')}`,
    timeoutMs: 200,
    connectTimeoutMs: 200,
  });
  onTestFinished(() => client.close());
  await client.ready();
  return { cluster, sessions: createSessions({ client, secret: SECRET, secure: true, ...policy }) };
}

/** A script that starts memcached with `-M`: a full memcached then refuses to store instead of evicting. */
async function memcachedThatRefuses(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sess-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const path = join(directory, 'memcached');
  await writeFile(path, '#!/bin/sh\nexec memcached -M "$@"\n');
  await chmod(path, 0o755);
  return path;
}

async function failure(work: Promise<unknown>): Promise<SessionError> {
  return work.then(
    () => expect.unreachable(),
    (error: SessionError) => error,
  );
}

/** Begins sessions until one is refused, and returns the error; `undefined` if none is refused. */
async function fill(sessions: Sessions): Promise<unknown> {
  for (let visitor = 0; visitor < 2_000; visitor++) {
    try {
      await new Browser({ sessions }).visit((session) => void (session.data.note = 'x'.repeat(60_000)));
    } catch (error) {
      return error;
    }
  }
  return undefined;
}

describe.runIf(inject('runtimes').includes('memcached'))('a memcached that is full', () => {
  // memcached may delete the old item of a key when it has no room for the new one.
  it('fails what can not be stored with 503, and never shows half of it', async () => {
    const { sessions } = await start(
      { runtime: 'memcached', memoryMegabytes: 2, memcachedPath: await memcachedThatRefuses() },
      { onUnavailable: 'error' },
    );
    const browser = new Browser({ sessions });
    await browser.visit((session) => void (session.data.user = 'USER_123'));
    const refused = await fill(sessions);
    expect(refused).toMatchObject({ code: 'SESS_UNAVAILABLE', statusCode: 503, headers: { 'retry-after': '5' } });
    const growing = await failure(browser.visit((session) => void (session.data.note = 'x'.repeat(60_000))));
    expect(growing).toMatchObject({ code: 'SESS_UNAVAILABLE', statusCode: 503 });
    // So many failures in a row eject the node; it is back once it answers probes.
    const before = { isNew: false, user: 'USER_123' };
    const deleted = { isNew: true, user: undefined };
    const look = (): Promise<object> =>
      browser.visit(({ isNew, data }) => ({ isNew, user: data.user, note: data.note }));
    await expect
      .poll(look)
      .toSatisfy((seen) =>
        [before, deleted].some((allowed) => isDeepStrictEqual(seen, { ...allowed, note: undefined })),
      );
  });
});

describe.each(inject('mainRuntimes'))('a memcached (%s) that', (runtime) => {
  it.each<
    [
      string,
      (cluster: LocalCluster, id: string) => Promise<unknown>,
      (cluster: LocalCluster, id: string) => Promise<unknown>,
    ]
  >([
    ['does not answer', (cluster, id) => cluster.pauseNode(id), (cluster, id) => cluster.resumeNode(id)],
    ['is gone', (cluster, id) => cluster.crashNode(id), (cluster, id) => cluster.restartNode(id)],
  ])(
    '%s answers 503 to who has a session, and to saves, in bounded time, until it is back; cookies stay',
    async (_, fail, heal) => {
      const { cluster, sessions } = await start({ runtime });
      const id = cluster.nodes[0]?.id ?? '';
      const browser = new Browser({ sessions });
      await browser.visit((session) => void (session.data.user = 'USER_123'));
      const cookies = [...browser.cookies];
      await fail(cluster, id);
      const began = performance.now();
      expect(await failure(browser.visit((session) => session.data))).toMatchObject({
        code: 'SESS_UNAVAILABLE',
        statusCode: 503,
      });
      expect([...browser.cookies]).toEqual(cookies);
      expect(await failure(browser.visit((session) => void (session.data.user = 'USER_456')))).toMatchObject({
        code: 'SESS_UNAVAILABLE',
        statusCode: 503,
      });
      expect(await new Browser({ sessions }).visit((session) => session.data)).toEqual({});
      // Two loads and a save that tries several ids, each of at most one timeout of 200 ms; the rest is a busy machine.
      expect(performance.now() - began).toBeLessThan(10_000);
      await heal(cluster, id);
      await expect
        .poll(
          () =>
            new Browser({ sessions })
              .visit((session) => void (session.data.user = 'USER_789'))
              .then(
                () => 'saved',
                () => 'refused',
              ),
          { timeout: 15_000 },
        )
        .toBe('saved');
    },
  );
});
