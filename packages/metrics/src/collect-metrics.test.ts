import { channel, tracingChannel } from 'node:diagnostics_channel';

import type { ClientFigures, CollectMessage, NodeFigures } from '@sess/client';
import { describe, expect, it, onTestFinished } from 'vitest';

import { collectMetrics, type Collection } from './collect-metrics.ts';
import { serverOf } from './server.ts';
import type { Attributes } from './sink.ts';

const A = { 'server.address': '10.0.0.1', 'server.port': 11_211 };

interface Told {
  readonly name: string;
  readonly attributes: Attributes;
  readonly value: number;
}

function collecting(): { readonly collection: Collection; readonly told: Told[] } {
  const told: Told[] = [];
  const note = (name: string, attributes: Attributes, value: number): void =>
    void told.push({ name, attributes, value });
  const collection = collectMetrics({ count: note, record: note });
  onTestFinished(() => collection.stop());
  return { collection, told };
}

function node(id: string, figures: Partial<NodeFigures> = {}): NodeFigures {
  const [serverAddress = '', port] = id.split(':');
  const rest = { peerAddress: undefined, state: 'up', drain: undefined, pending: 0 } as const;
  return { id, serverAddress, serverPort: Number(port), ...rest, ...figures };
}

const counters = (): ReturnType<ClientFigures['counters']> => Promise.resolve(new Map());

/** Clients that answer, as open ones do. */
function answering(...clients: Partial<ClientFigures>[]): void {
  for (const client of clients) {
    const figures = { nodes: [], handovers: [], ring: undefined, hints: 0, counters, ...client };
    const listener = (message: unknown): void => (message as CollectMessage).add(figures);
    channel('sess:client:collect').subscribe(listener);
    onTestFinished(() => {
      channel('sess:client:collect').unsubscribe(listener);
    });
  }
}

const includes = (all: Attributes, some: Attributes): boolean =>
  Object.entries(some).every(([key, value]) => all[key] === value);

async function valueOf(name: string, attributes: Attributes = {}): Promise<number | undefined> {
  const readings = await collecting().collection.read();
  return readings.find((reading) => reading.name === name && includes(reading.attributes, attributes))?.value;
}

describe('what happens', () => {
  it.each([
    [
      'sess:client:node',
      { node: '10.0.0.1:11211', to: 'down' },
      'sess.node.state_changes',
      { ...A, 'sess.node.state': 'down' },
    ],
    ['sess:client:view', { cause: 'drain' }, 'sess.view.changes', { 'sess.view.cause': 'drain' }],
    ['sess:client:views-disagree', {}, 'sess.view.disagreements', {}],
    ['sess:client:tombstone-dropped', { node: '10.0.0.1:11211' }, 'sess.hints.dropped', A],
    [
      'sess:session:conflict',
      { store: 'memcached', attempt: 1 },
      'sess.session.conflicts',
      { 'sess.store': 'memcached' },
    ],
  ])('%s counts %j as %s', (name, message, metric, attributes) => {
    const { told } = collecting();
    channel(name).publish(message);
    expect(told).toEqual([{ name: metric, attributes, value: 1 }]);
  });

  it('carried items are counted once, when the handover ends', () => {
    const { told } = collecting();
    for (const [phase, carried] of [
      ['begun', 0],
      ['passed', 5],
      ['passed', 7],
      ['done', 7],
    ])
      channel('sess:client:handover').publish({ phase, carried });
    const carried = told.filter(({ name }) => name === 'sess.handover.carried');
    expect(carried).toEqual([{ name: 'sess.handover.carried', attributes: {}, value: 7 }]);
  });

  it('an operation has its duration, and an error its code', async () => {
    const { told } = collecting();
    const failure = Object.assign(new Error('a message that may name a key'), { code: 'SESS_TIMEOUT' });
    const context = { system: 'memcached', operation: 'get', serverAddress: '10.0.0.1', serverPort: 11_211 };
    await tracingChannel('@sess/client:get')
      .tracePromise(() => Promise.reject(failure), context)
      .catch(() => {});
    expect(told).toEqual([
      {
        name: 'db.client.operation.duration',
        attributes: { 'db.system.name': 'memcached', 'db.operation.name': 'get', ...A, 'error.type': 'SESS_TIMEOUT' },
        value: expect.any(Number) as number,
      },
    ]);
  });

  it('nothing is told after stop', () => {
    const { collection, told } = collecting();
    collection.stop();
    collection.stop();
    channel('sess:client:views-disagree').publish({});
    expect(told).toEqual([]);
  });
});

describe('states', () => {
  it('of a node that two clients see, the worse one counts, and their requests add up', async () => {
    answering(
      { nodes: [node('10.0.0.1:11211', { state: 'down', pending: 2 })] },
      { nodes: [node('10.0.0.1:11211', { pending: 3 })] },
    );
    expect(await valueOf('sess.node.state', { ...A, 'sess.node.state': 'down' })).toBe(1);
    expect(await valueOf('sess.node.state', { ...A, 'sess.node.state': 'up' })).toBe(0);
    expect(await valueOf('db.client.connection.pending_requests')).toBe(5);
    expect(await valueOf('db.client.connection.count')).toBe(1);
  });

  it('clients of one ring have its fingerprint, and clients of two rings another one', async () => {
    answering({ ring: '00000000000a' }, { ring: '00000000000a' });
    expect(await valueOf('sess.ring.fingerprint')).toBe(10);
    answering({ ring: '00000000000b' });
    expect(await valueOf('sess.ring.fingerprint')).not.toBe(10);
  });

  it('a node whose counters fail is left out', async () => {
    answering({ nodes: [node('10.0.0.1:11211')], counters: () => Promise.reject(new Error('no')) });
    expect(await valueOf('sess.node.memory.used', A)).toBeUndefined();
    expect(await valueOf('sess.node.state', { ...A, 'sess.node.state': 'up' })).toBe(1);
  });
});

describe('where a node is', () => {
  it.each([
    ['10.0.0.1:11211', { 'server.address': '10.0.0.1', 'server.port': 11_211 }],
    ['cache.example.com:11212', { 'server.address': 'cache.example.com', 'server.port': 11_212 }],
    ['[2001:db8::1]:11211', { 'server.address': '2001:db8::1', 'server.port': 11_211 }],
    ['/run/memcached.sock', { 'server.address': '/run/memcached.sock' }],
  ])('%s', (id, attributes) => {
    expect(serverOf(id)).toEqual(attributes);
  });
});
