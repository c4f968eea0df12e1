import { channel } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import type { ExternalStore } from '@sess/external-store';
import { expect, it, onTestFinished } from 'vitest';
import { OutageSignal } from './outage-signal.ts';

it('an outage ends when a node answers, not when one is listed that has not answered yet', () => {
  let states: readonly string[] = ['up', 'up'];
  const client = {
    get topology() {
      return { states: new Map(states.map((health, index) => [`10.0.0.${index}:11211`, health])) };
    },
  } as unknown as ExternalStore['client'];
  const events: string[] = [];
  const emitter = new EventEmitter();
  emitter.on('disconnect', () => events.push('disconnect')).on('connect', () => events.push('connect'));
  const signal = new OutageSignal(client, emitter);
  onTestFinished(() => signal.stop());
  const become = (...health: readonly string[]): readonly string[] => {
    states = health;
    channel('sess:client:node').publish({});
    return events;
  };
  expect(become('down', 'unknown')).toEqual([]);
  expect(become('down', 'down')).toEqual(['disconnect']);
  expect(become('down', 'down', 'unknown')).toEqual(['disconnect']);
  expect(become('down', 'down', 'up')).toEqual(['disconnect', 'connect']);
});
