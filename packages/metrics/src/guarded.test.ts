import { channel, tracingChannel } from 'node:diagnostics_channel';
import { setImmediate as turn } from 'node:timers/promises';

import { expect, it, onTestFinished } from 'vitest';

import { collectMetrics } from './collect-metrics.ts';
import { EVENTS } from './events.ts';

const OPERATIONS = ['client:get', 'client:set', 'client:touch', 'client:delete'].concat(
  ['load', 'save', 'touch', 'destroy'].map((operation) => `session:${operation}`),
);

it('a sink that throws harms nobody: no operation fails, no process ends, and it is told once', async () => {
  let thrown = 0;
  const fail = (): never => {
    thrown += 1;
    throw new Error('the sink is full');
  };
  const collection = collectMetrics({ count: fail, record: fail });
  onTestFinished(() => collection.stop());
  const ended: unknown[] = [];
  const warnings: Error[] = [];
  const noteEnd = (error: unknown): void => void ended.push(error);
  const noteWarning = (warning: Error): void => void warnings.push(warning);
  process.on('uncaughtExceptionMonitor', noteEnd).on('warning', noteWarning);
  onTestFinished(() => void process.off('uncaughtExceptionMonitor', noteEnd).off('warning', noteWarning));

  for (const name of Object.keys(EVENTS)) channel(name).publish({ node: 'a:1', phase: 'done' });
  for (const operation of OPERATIONS)
    expect(await tracingChannel(`@sess/${operation}`).tracePromise(() => Promise.resolve('well'), {})).toBe('well');
  // Node.js ends a process for a subscriber that throws, but not at once.
  await turn();

  expect(thrown).toBe(Object.keys(EVENTS).length + OPERATIONS.length);
  expect(ended).toEqual([]);
  expect(warnings).toMatchObject([{ code: 'SESS_OBSERVER_FAILED', message: expect.stringContaining('sink is full') }]);
});
