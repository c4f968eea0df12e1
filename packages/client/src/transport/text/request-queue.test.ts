import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Request } from './request.ts';
import { RequestQueue } from './request-queue.ts';

/** A model of the queue: two arrays. */
interface Model {
  sent: Request[];
  unsent: Request[];
}

function expectSame(queue: RequestQueue, { sent, unsent }: Model): void {
  const listed: Request[] = [];
  for (let request = queue.head; request !== undefined; request = request.next) listed.push(request);
  expect(listed).toEqual([...sent, ...unsent]);
  expect(queue.awaiting).toBe(sent[0]);
  expect(queue.unsent).toBe(unsent[0]);
  expect(queue.size).toBe(sent.length + unsent.length);
  expect(queue.pending).toBe([...sent, ...unsent].filter(({ abandoned }) => !abandoned).length);
  expect(queue.unsentBytes).toBe(unsent.reduce((bytes, request) => bytes + request.bytes, 0));
}

describe('RequestQueue', () => {
  it('does what two arrays do, whatever is done to it', () => {
    const step = fc.record({
      action: fc.constantFrom('push', 'send', 'answer', 'abandon', 'remove', 'send-again', 'take-sent', 'take-all'),
      which: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queue = new RequestQueue();
        const model: Model = { sent: [], unsent: [] };
        let made = 0;
        for (const { action, which } of steps) {
          made += 1;
          apply(queue, model, action, which, new Request('get', `key-${made}`, 0));
          expectSame(queue, model);
        }
      }),
    );
  });

  it('does not keep what has left it', () => {
    const queue = new RequestQueue();
    const requests = Array.from({ length: 3 }, (_, index) => new Request('get', `key-${index}`, 0));
    for (const request of requests) queue.push(request);
    for (const request of requests) queue.markSent(request);
    for (const request of requests) queue.shift(request);
    expect(requests.map(({ next, previous }) => [next, previous])).toEqual(requests.map(() => [undefined, undefined]));
    expect(queue.head).toBeUndefined();
  });
});

function apply(queue: RequestQueue, model: Model, action: string, which: number, fresh: Request): void {
  const [first] = model.sent;
  const [unsent] = model.unsent;
  const all = [...model.sent, ...model.unsent];
  const some = all[which % Math.max(1, all.length)];
  if (action === 'push') {
    queue.push(fresh);
    model.unsent.push(fresh);
  } else if (action === 'send' && unsent !== undefined) {
    queue.markSent(unsent);
    model.sent.push(unsent);
    model.unsent.shift();
  } else if (action === 'answer' && first !== undefined) {
    queue.shift(first);
    model.sent.shift();
  } else if (action === 'abandon' && some !== undefined && !some.abandoned) {
    queue.abandon(some);
    model.unsent = model.unsent.filter((request) => request !== some);
  } else if (action === 'remove' && unsent !== undefined) {
    const removed = model.unsent[which % model.unsent.length] ?? unsent;
    queue.remove(removed);
    model.unsent = model.unsent.filter((request) => request !== removed);
  } else if (action === 'send-again' && first !== undefined && !first.abandoned) {
    queue.sendAgain(first);
    model.sent.shift();
    model.unsent.unshift(first);
  } else if (action === 'take-sent') {
    expect(queue.takeSent()).toEqual(model.sent);
    model.sent = [];
  } else if (action === 'take-all') {
    expect(queue.takeAll()).toEqual(all);
    model.sent = [];
    model.unsent = [];
  }
}
