import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { addressesTried } from './addresses-tried.ts';

const CHECK = ' Check the address, and that the network lets this machine reach it.';

describe('addressesTried', () => {
  it.each([
    [0, ' cache.test was not resolved in that time: check that the DNS servers of this machine answer.'],
    [1, ` Tried cache.test at 10.0.0.0.${CHECK}`],
    [2, ` Tried cache.test at 10.0.0.0 and 10.0.0.1.${CHECK}`],
    [300, ` Tried cache.test at 10.0.0.0 and 10.0.0.1 and 10.0.0.2 and 10.0.0.3 and 10.0.0.4, and 295 more.${CHECK}`],
  ])('names the first of %d addresses, and counts the others', (count, sentence) => {
    const socket = new Socket();
    const tried = addressesTried(socket, { host: 'cache.test' });
    for (let index = 0; index < count; index += 1) socket.emit('connectionAttempt', `10.0.0.${index}`, 11_211, 4);
    expect(tried()).toBe(sentence);
  });

  it.each([{ host: '10.0.0.1' }, { host: 'cache.test', address: '10.0.0.1' }])(
    'does not repeat the only address: %j',
    (node) => {
      expect(addressesTried(new Socket(), node)()).toBe(CHECK);
    },
  );

  it('says nothing of a path, nor of a socket that has connected', () => {
    expect(addressesTried(new Socket(), { host: 'x', path: '/run/x' })()).toBe('');
    const socket = new Socket();
    const tried = addressesTried(socket, { host: 'cache.test' });
    socket.emit('connect');
    expect(tried()).toBe('');
  });
});
