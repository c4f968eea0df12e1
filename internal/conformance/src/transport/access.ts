import { mkdtemp, rm } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Bench, type OpenedTransport } from './bench.ts';
import { Relay } from './relay.ts';
import type { TransportSubject } from './subject.ts';

const ATTRIBUTES = { ttlSeconds: 600, flags: 0 };
const CREDENTIALS = { username: 'application', password: 'correct-horse' };

export function credentialSection(subject: TransportSubject): void {
  describe('a node that asks for credentials', () => {
    it('lets the right ones in', async () => {
      await using bench = await Bench.start(subject, { credentials: CREDENTIALS });
      using opened = bench.open({ credentials: CREDENTIALS });
      await expectUsable(opened);
      await bench.restart();
      await opened.disconnections(1);
      await expectUsable(bench.open({ credentials: CREDENTIALS }));
    });

    it.each([
      ['wrong', { ...CREDENTIALS, password: 'wrong-horse' }],
      ['missing', undefined],
    ])('refuses %s ones with SESS_AUTH, again and again, and names neither', async (_what, credentials) => {
      await using bench = await Bench.start(subject, { credentials: CREDENTIALS });
      using opened = bench.open({ credentials });
      for (let round = 0; round < 3; round += 1) {
        const error: unknown = await opened.transport.get('key').catch((reason: unknown) => reason);
        expect(error).toMatchObject({ name: 'SessClientError', code: 'SESS_AUTH', retryable: false });
        expect(String(error)).not.toContain('horse');
      }
      await expect(opened.transport.store('set', 'key', Buffer.from('v'), ATTRIBUTES)).rejects.toMatchObject({
        code: 'SESS_AUTH',
      });
    });
  });
}

export function tlsSection(subject: TransportSubject, tls: NonNullable<TransportSubject['tls']>): void {
  describe('a node that speaks TLS', () => {
    it('is spoken to when its certificate is right', async () => {
      await using bench = await Bench.start(subject, { tls });
      using opened = bench.open({ tls: { ca: tls.cert } });
      await expectUsable(opened);
    });

    it('gets nothing when its authority is unknown or its name is another', async () => {
      await using bench = await Bench.start(subject, { tls });
      using untrusting = bench.open({ tls: {} });
      await expect(untrusting.transport.get('key')).rejects.toMatchObject({ code: 'SESS_CONNECTION' });
      using misnamed = bench.open({ tls: { ca: tls.cert } }, { host: 'another-name.test', address: '127.0.0.1' });
      await expect(misnamed.transport.get('key')).rejects.toMatchObject({ code: 'SESS_CONNECTION' });
      expect([...untrusting.epochs, ...misnamed.epochs]).toEqual([]);
    });

    it('fails requests that come without TLS, and is not waited for without end', async () => {
      await using bench = await Bench.start(subject, { tls });
      using opened = bench.open({ timeoutMs: 500, connectTimeoutMs: 500 });
      const error: unknown = await opened.transport.get('key').catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: expect.stringMatching(/^SESS_(CONNECTION|PROTOCOL|TIMEOUT)$/) });
    });
  });
}

export function addressSection(subject: TransportSubject): void {
  describe('a node by its address', () => {
    it('can be looked up without a connection', async () => {
      const found = (await subject.transport.addressesOf?.('localhost'))?.map(({ address }) => address) ?? [];
      expect(found.length).toBeGreaterThan(0);
      expect(['127.0.0.1', '::1']).toEqual(expect.arrayContaining(found));
    });

    it('is connected to there, whatever its name', async () => {
      await using bench = await Bench.start(subject);
      using opened = bench.open({}, { host: 'a-name-that-does-not-resolve.test', address: '127.0.0.1' });
      await expectUsable(opened);
    });

    it.runIf(hasIPv6())('may be one of IPv6', async () => {
      await using bench = await Bench.start(subject);
      await using relay = await new Relay(bench.node.port).listen({ host: '::1' });
      using byHost = bench.open({}, { host: '::1', port: relay.port });
      await expectUsable(byHost);
      using byAddress = bench.open({}, { host: 'node.test', address: '::1', port: relay.port });
      await expectUsable(byAddress);
      expect(relay.connections).toBe(2);
    });

    it.runIf(process.platform !== 'win32')('may be a Unix socket', async () => {
      const directory = await mkdtemp(join(tmpdir(), 'sess-conformance-'));
      try {
        await using bench = await Bench.start(subject);
        await using relay = await new Relay(bench.node.port).listen({ path: join(directory, 'memcached.sock') });
        using opened = bench.open({}, { path: join(directory, 'memcached.sock') });
        await expectUsable(opened);
        expect(relay.connections).toBe(1);
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    });
  });
}

async function expectUsable({ transport }: OpenedTransport): Promise<void> {
  expect(await transport.store('set', 'key', Buffer.from('v'), ATTRIBUTES)).toBe('stored');
  expect((await transport.get('key'))?.value.toString()).toBe('v');
  expect(await transport.probe()).toMatch(/^\d+\.\d+/);
}

function hasIPv6(): boolean {
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === '::1'));
}
