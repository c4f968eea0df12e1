import { expect, test } from 'vitest';
import { LocalClusterError } from '../errors.ts';
import { onFreePort } from './node-port.ts';

const taken = (): Promise<never> => Promise.reject(new LocalClusterError('SESS_PORT_IN_USE', 'taken'));

test('takes another port for as long as the one that was tried is in use', async () => {
  const ports = [20_001, 20_002, 20_003];
  const tried: number[] = [];
  const result = await onFreePort(
    (port) => {
      tried.push(port);
      return port === 20_003 ? Promise.resolve('started') : taken();
    },
    () => ports.shift() ?? 0,
  );
  expect([result, tried]).toEqual(['started', [20_001, 20_002, 20_003]]);
});

test('any other failure is final', async () => {
  let tried = 0;
  const start = (): Promise<never> => Promise.reject(new LocalClusterError('SESS_START_FAILED', `attempt ${++tried}`));
  await expect(onFreePort(start)).rejects.toThrow('attempt 1');
});

test('gives up in the end, and says between which ports it looked', async () => {
  await expect(onFreePort(taken)).rejects.toMatchObject({
    code: 'SESS_START_FAILED',
    message: expect.stringMatching(/50 attempts between 15000 and 32767/),
  });
});

test('stays below the ports that systems hand out to outgoing connections', async () => {
  const ports = await Promise.all(Array.from({ length: 500 }, () => onFreePort((port) => Promise.resolve(port))));
  expect(ports.every((port) => port >= 15_000 && port < 32_768)).toBe(true);
});
