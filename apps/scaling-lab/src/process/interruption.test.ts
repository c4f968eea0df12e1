import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Interruption, type InterruptionCause } from './interruption.ts';

describe('Interruption', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])('turns %s into an abort with exit code %d', (signal, exitCode) => {
    const host = new EventEmitter();
    const interruption = new Interruption(host, () => undefined);
    expect(interruption.signal.aborted).toBe(false);
    host.emit(signal);
    expect(interruption.signal.aborted).toBe(true);
    expect(interruption.cause).toEqual({ text: `stopped by ${signal}`, exitCode });
  });

  it('turns an error that nobody caught into exit code 1, with the error', () => {
    const host = new EventEmitter();
    const interruption = new Interruption(host, () => undefined);
    host.emit('uncaughtException', new Error('a mistake'));
    expect(interruption.cause?.exitCode).toBe(1);
    expect(interruption.cause?.text).toContain('a mistake');
  });

  it('counts the first only: who is impatient changes nothing', () => {
    const host = new EventEmitter();
    const heard: InterruptionCause[] = [];
    const interruption = new Interruption(host, (cause) => heard.push(cause));
    host.emit('SIGINT');
    host.emit('SIGINT');
    host.emit('SIGTERM');
    expect(heard).toHaveLength(1);
    expect(interruption.cause?.exitCode).toBe(130);
  });

  it('leaves no listener behind', () => {
    const host = new EventEmitter();
    new Interruption(host, () => undefined).release();
    expect(host.eventNames()).toEqual([]);
  });
});
