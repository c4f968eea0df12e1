import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { connect, type NetConnectOpts } from 'node:net';
import { freePort } from '@sess/loopback';
import { expect, it } from 'vitest';

import { SessClientError } from '../src/errors.ts';
import { isRefusal } from '../src/node/refusal.ts';

async function failureOf(options: NetConnectOpts): Promise<unknown> {
  const [error] = (await once(connect(options), 'error')) as [unknown];
  return error;
}

function failed(code: string, more: object = {}): Error {
  return Object.assign(new Error(code), { code, ...more });
}

function allFailed(...codes: readonly string[]): Error {
  return new AggregateError(
    codes.map((code) => failed(code)),
    'all failed',
  );
}

it('is an address where nothing listens, however deep the error is wrapped', async () => {
  const error = await failureOf({ host: '127.0.0.1', port: await freePort() });
  expect(isRefusal(error)).toBe(true);
  const wrapped = new SessClientError('SESS_CONNECTION', 'failed', { node: 'a', cause: error });
  expect(isRefusal(new SessClientError('SESS_CONNECTION', 'not sent', { node: 'a', cause: wrapped }))).toBe(true);
});

it('is a Unix socket that does not exist', async () => {
  expect(isRefusal(await failureOf({ path: '/nowhere/memcached.sock' }))).toBe(true);
});

it('is no name that does not resolve', async () => {
  const error = await lookup('memcached.invalid').catch((failure: unknown) => failure);
  expect(error).toBeInstanceOf(Error);
  expect(isRefusal(error)).toBe(false);
});

it.each(['ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'ECONNRESET', 'CERT_HAS_EXPIRED'])(
  'is not %s',
  (code) => {
    const error = new SessClientError('SESS_CONNECTION', 'failed', { node: 'a', cause: failed(code) });
    expect(isRefusal(error)).toBe(false);
  },
);

it('is no missing file but that of a socket', () => {
  expect(isRefusal(failed('ENOENT', { syscall: 'open' }))).toBe(false);
});

it('needs every address of a name that this machine has a route to', () => {
  expect(isRefusal(allFailed('ECONNREFUSED', 'ECONNREFUSED'))).toBe(true);
  expect(isRefusal(allFailed('ENETUNREACH', 'ECONNREFUSED'))).toBe(true);
  expect(isRefusal(Object.assign(allFailed('ECONNREFUSED', 'ETIMEDOUT'), { code: 'ECONNREFUSED' }))).toBe(false);
  expect(isRefusal(allFailed('ENETUNREACH'))).toBe(false);
});

it('is nothing that causes itself', () => {
  const error = new Error('round');
  error.cause = error;
  expect(isRefusal(error)).toBe(false);
});
