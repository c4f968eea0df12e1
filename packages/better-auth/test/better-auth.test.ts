import { startLocalCluster, type LocalCluster } from '@sess/local-cluster';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { secondaryStorage, type SessSecondaryStorage } from '../src/index.ts';
import { Shop, type Server } from './shop.ts';

class Gate {
  open = (): void => undefined;
  readonly opened = new Promise<void>((resolve) => {
    this.open = resolve;
  });
}

describe.each(inject('mainRuntimes'))('Better Auth on two application servers (%s)', (runtime) => {
  describe.each([1, 2])('with copies: %d', (copies) => {
    const shop = new Shop();
    let cluster: LocalCluster;
    let storages: readonly [SessSecondaryStorage, SessSecondaryStorage];
    let one: Server;
    let other: Server;
    beforeAll(async () => {
      cluster = await startLocalCluster({ nodes: 3, runtime });
      const open = (): SessSecondaryStorage =>
        secondaryStorage({ servers: cluster.url, client: { timeoutMs: 5_000, copies } });
      storages = [open(), open()];
      await Promise.all(storages.map((storage) => storage.ready()));
      one = shop.server(storages[0]);
      other = shop.server(storages[1]);
    });
    afterAll(async () => {
      await Promise.all(storages.map((storage) => storage.close()));
      await cluster.close();
    });

    it('keeps a user logged in on both, and logged out on both', async () => {
      const cookie = await one.signUp('ann@shop.test');
      expect([await one.whoIs(cookie), await other.whoIs(cookie)]).toEqual(['ann@shop.test', 'ann@shop.test']);
      expect((await other.signOut(cookie)).status).toBe(200);
      expect([await one.whoIs(cookie), await other.whoIs(cookie)]).toEqual([null, null]);
      // The logout emptied the list of the user's sessions; a login fills it again.
      const again = await one.signIn('ann@shop.test');
      expect(await other.whoIs(again.cookie)).toBe('ann@shop.test');
      expect(await other.sessionsOf(again.cookie)).toBe(1);
    });

    it('keeps a session dead that a late request stores once more', async () => {
      const cookie = await one.signUp('late@shop.test');
      const late = new Gate();
      const arrived = new Gate();
      const slow = shop.server({
        ...storages[0],
        set: async (key, value, ttl) => {
          arrived.open();
          await late.opened;
          await storages[0].set(key, value, ttl);
        },
      });
      // This server has read the session, and stores it only after the logout.
      const look = slow.whoIs(cookie);
      await arrived.opened;
      await other.signOut(cookie);
      late.open();
      await look;
      expect([await one.whoIs(cookie), await other.whoIs(cookie)]).toEqual([null, null]);
    });

    it('ends all other sessions of a user', async () => {
      const first = await one.signUp('many@shop.test');
      const { cookie: second } = await other.signIn('many@shop.test');
      expect(await one.sessionsOf(first)).toBe(2);
      await one.post('/revoke-other-sessions', {}, second);
      expect([await other.whoIs(first), await other.whoIs(second)]).toEqual([null, 'many@shop.test']);
    });

    it('takes a link to reset a password once, however many click it at once', async () => {
      await one.signUp('reset@shop.test');
      await one.post('/request-password-reset', { email: 'reset@shop.test' });
      const token = shop.mailed.at(-1) ?? '';
      const statuses = await Promise.all(
        [one, other, one, other].map(
          async (server, index) =>
            (await server.post('/reset-password', { token, newPassword: `a new password ${index}` })).status,
        ),
      );
      expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 400, 400, 400]);
    });

    it('limits the rate of logins over all servers together', async () => {
      const limited = storages.map((storage) => shop.server(storage, { limitsRates: true }));
      await one.signUp('limited@shop.test');
      const statuses = await Promise.all(
        Array.from({ length: 12 }, async (_, index) => {
          const server = limited[index % 2] ?? one;
          return (await server.signIn('limited@shop.test', 'a wrong password')).status;
        }),
      );
      expect(statuses.filter((status) => status === 401)).toHaveLength(3);
      expect(statuses.filter((status) => status === 429)).toHaveLength(9);
    });

    it('keeps who is logged in, and who is not, while a node joins', { timeout: 120_000 }, async () => {
      const emails = Array.from({ length: 16 }, (_, index) => `user-${copies}-${index}@shop.test`);
      const cookies = await Promise.all(emails.map((email) => one.signUp(email)));
      const gone = cookies.filter((_, index) => index % 2 === 0);
      for (const cookie of gone.slice(0, 4)) await one.signOut(cookie);
      await cluster.addNode();
      for (const cookie of gone.slice(4)) await other.signOut(cookie);
      const expected = emails.map((email, index) => (index % 2 === 0 ? null : email));
      for (const server of [one, other])
        expect(await Promise.all(cookies.map((cookie) => server.whoIs(cookie)))).toEqual(expected);
    });

    it('answers with an error, and leaves the cookie alone, while the cluster is out of reach', async () => {
      const cookie = await one.signUp('outage@shop.test');
      for (const { id } of cluster.nodes) await cluster.pauseNode(id);
      const { status, cookies } = await one.look(cookie);
      for (const { id } of cluster.nodes) await cluster.resumeNode(id);
      expect(status).toBeGreaterThanOrEqual(500);
      expect(cookies).toEqual([]);
      await expect.poll(() => one.whoIs(cookie)).toBe('outage@shop.test');
    });
  });
});

it('two copies keep everybody logged in, and logged out, when a node crashes', { timeout: 120_000 }, async () => {
  const [runtime = 'embedded'] = inject('mainRuntimes');
  const cluster = await startLocalCluster({ nodes: 3, runtime });
  const storage = secondaryStorage({ servers: cluster.url, client: { timeoutMs: 5_000, copies: 2 } });
  try {
    const server = new Shop().server(storage);
    const emails = Array.from({ length: 12 }, (_, index) => `user-${index}@shop.test`);
    const cookies = await Promise.all(emails.map((email) => server.signUp(email)));
    const everybody = (): Promise<unknown> => Promise.all(cookies.map((cookie) => server.whoIs(cookie)));
    await everybody();
    await Promise.all(cookies.slice(0, 6).map((cookie) => server.signOut(cookie)));
    await cluster.crashNode(cluster.nodes[0]?.id ?? '');
    await expect.poll(everybody).toEqual(emails.map((email, index) => (index < 6 ? null : email)));
  } finally {
    await storage.close();
    await cluster.close();
  }
});
