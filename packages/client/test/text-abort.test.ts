import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { opaque, outcomes, ScriptedServer } from './text-scripted-server.ts';

const ATTRIBUTES = { ttlSeconds: 60, flags: 0 };

describe('an AbortSignal', () => {
  it('that has fired already sends nothing, whatever the operation', async () => {
    const server = await ScriptedServer.start();
    const peer = await server.serve();
    const { transport } = server;
    const options = { signal: AbortSignal.abort(new Error('too late')) };
    const promises = [
      transport.get('key', options),
      transport.store('set', 'key', Buffer.from('v'), ATTRIBUTES, options),
      transport.store({ cas: { unique: 1, epoch: -1 } }, 'key', Buffer.from('v'), ATTRIBUTES, options),
      transport.touch('key', 1, options),
      transport.probe(options),
    ];
    expect(await outcomes(promises)).toEqual(Array.from({ length: 5 }, () => 'SESS_ABORTED'));
    const last = transport.touch('last', 1);
    expect(await peer.lines(1)).toEqual(['mg last f T1 O2']);
    peer.say('EN\r\n');
    await last;
  });

  it('settles at once, with its reason, and does not disturb the requests behind', async () => {
    const server = await ScriptedServer.start();
    const peer = await server.serve();
    const controller = new AbortController();
    const aborted = server.transport.get('aborted', { signal: controller.signal });
    const behind = server.transport.get('behind');
    const [abortedLine, behindLine] = await peer.lines(2);
    const reason = new Error('the visitor left');
    controller.abort(reason);
    await expect(aborted).rejects.toMatchObject({
      code: 'SESS_ABORTED',
      retryable: false,
      cause: reason,
      message: expect.stringContaining('after it was sent'),
    });

    peer.say(`VA 7 f0 c1 t1 ${opaque(abortedLine)}\r\naborted\r\nVA 6 f0 c2 t1 ${opaque(behindLine)}\r\nbehind\r\n`);
    expect((await behind)?.value.toString()).toBe('behind');
    expect(server.losses).toEqual([]);
  });

  it('takes a request that was not sent out of the queue', async () => {
    const server = await ScriptedServer.start();
    const peer = await server.serve();
    const controller = new AbortController();
    const aborted = server.transport.get('aborted', { signal: controller.signal });
    const next = server.transport.get('next');
    controller.abort();
    await expect(aborted).rejects.toMatchObject({
      code: 'SESS_ABORTED',
      message: expect.stringContaining('before it was sent'),
    });
    expect(await peer.lines(1)).toEqual(['mg next f c t v O2']);
    peer.say('EN\r\n');
    await next;
  });

  it('is let go of when the request is settled, however it is', async () => {
    const server = await ScriptedServer.start({ timeoutMs: 200 });
    const peer = await server.serve();
    const { signal } = new AbortController();
    const warnings: Error[] = [];
    const note = (warning: Error): unknown => warnings.push(warning);
    process.on('warning', note);
    const answered = Array.from({ length: 30 }, (_, index) => server.transport.get(`key-${index}`, { signal }));
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await peer.lines(30);
    peer.say('EN\r\n'.repeat(29));
    expect(await outcomes(answered)).toEqual([...Array.from({ length: 29 }), 'SESS_TIMEOUT']);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    process.off('warning', note);
    expect(warnings).toEqual([]);
  });

  it('that fires after the answer changes nothing', async () => {
    const server = await ScriptedServer.start();
    const peer = await server.serve();
    const controller = new AbortController();
    const answer = server.transport.get('key', { signal: controller.signal });
    await peer.lines(1);
    peer.say('EN\r\n');
    expect(await answer).toBeUndefined();
    controller.abort();
    const next = server.transport.get('key');
    await peer.lines(1);
    peer.say('EN\r\n');
    expect(await next).toBeUndefined();
  });
});
