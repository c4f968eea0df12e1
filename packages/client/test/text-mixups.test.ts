/**
 * No reply ever answers another request: many requests at once, through a proxy that cuts, delays and resets, with
 * timeouts shorter than the delays and callers that lose patience. Every value names its key and its writing; every
 * answer is held against what was asked. Five thousand operations, fifty thousand in its long form; a million, or the
 * same again:
 *
 *     SESS_TEXT_OPERATIONS=1000000 SESS_TEXT_SEED=7 npx pnpm@10 exec vitest run packages/client/test/text-mixups.test.ts
 */
import { startLocalCluster } from '@sess/local-cluster';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { SessClientError } from '../src/errors.ts';
import { textTransport } from '../src/transport/text/index.ts';
import type { NodeTransport, RequestOptions, StoredItem } from '../src/transport/transport.ts';
import { FaultyProxy, randomFrom } from './text-faulty-proxy.ts';

const OPERATIONS = Number(process.env['SESS_TEXT_OPERATIONS'] ?? (inject('long') ? 50_000 : 5_000));
const SEED = Number(process.env['SESS_TEXT_SEED'] ?? Date.now() % 1_000_000);
/** As many more at most, where that was no storm yet. */
const MOST_MORE: number = Math.max(9 * OPERATIONS, 300_000);
/** The transport leaves a node whose connections do not last alone, for longer and longer, and so do the callers. */
const AWAY_MS = 10;
const LANES = 64;
const WRITES_PER_KEY = 20;
/** A thousand operations a second, on a busy machine with all those delays. */
const TIMEOUT_MS = 60_000 + OPERATIONS;

const [runtime = 'embedded'] = inject('mainRuntimes');

/** One caller among many, with keys of its own, so that it knows what may be stored under them. */
class Lane {
  readonly counts: Record<string, number> = {};
  readonly #node: NodeTransport;
  readonly #name: string;
  readonly #random: () => number;
  #generation = 0;
  #written = 0;
  /** Writings of which it is not known whether they happened: any of them may be found, now or later. */
  #uncertain = new Set<string | undefined>();
  /** What was found or acknowledged last; `undefined` is nothing. */
  #certain: string | undefined;

  constructor(node: NodeTransport, name: string, random: () => number) {
    this.#node = node;
    this.#name = name;
    this.#random = random;
  }

  get #key(): string {
    return `${this.#name}-${this.#generation}`;
  }

  /** The flags that the items of this lane have. */
  get #flags(): number {
    return this.#name.charCodeAt(0) * 65_536 + this.#name.charCodeAt(1) * 256 + (this.#generation % 256);
  }

  /** Whether the node was there to answer. */
  async operate(): Promise<boolean> {
    const controller = this.#random() < 0.1 ? new AbortController() : undefined;
    const options: RequestOptions = controller === undefined ? {} : { signal: controller.signal };
    const operation = this.#choose(options);
    if (controller !== undefined) {
      if (this.#random() < 0.5) setImmediate(() => controller.abort());
      else setTimeout(() => controller.abort(), this.#random() * 10);
    }
    try {
      await operation;
      this.#count('answered');
    } catch (error) {
      if (!(error instanceof SessClientError)) throw error;
      this.#count(error.code);
      if (error.code !== 'SESS_CONNECTION') return true;
      await new Promise((resolve) => setTimeout(resolve, AWAY_MS));
      return false;
    }
    return true;
  }

  #choose(options: RequestOptions): Promise<void> {
    const choice = this.#random();
    if (choice < 0.45) return this.#read(this.#node.get(this.#key, options));
    if (choice < 0.6) return this.#touch(options);
    return this.#write(options);
  }

  async #read(reading: Promise<StoredItem | undefined>): Promise<void> {
    const item = await reading;
    const text = item?.value.toString('latin1');
    this.#expectPossible(text);
    if (item !== undefined && item.flags !== this.#flags)
      throw new Error(`flags of another item for ${this.#key}: ${item.flags}`);
    this.#certain = text;
  }

  async #touch(options: RequestOptions): Promise<void> {
    const touched = await this.#node.touch(this.#key, 600, options);
    if (touched === undefined) this.#expectPossible(undefined);
    else if (touched.flags !== this.#flags) throw new Error(`flags of another item for ${this.#key}: ${touched.flags}`);
    else if (this.#certain === undefined && ![...this.#uncertain].some((text) => text !== undefined))
      throw new Error(`${this.#key} was never written`);
  }

  async #write(options: RequestOptions): Promise<void> {
    this.#written += 1;
    if (this.#written % WRITES_PER_KEY === 0) {
      this.#generation += 1;
      this.#uncertain = new Set();
      this.#certain = undefined;
    }
    const length = Math.floor(this.#random() < 0.02 ? this.#random() * 100_000 : this.#random() * 1_500);
    const text = `${this.#key}#${this.#written}#`.padEnd(length, `${this.#key}.\r\nEND\r\n`);
    this.#uncertain.add(text);
    const mode = this.#random() < 0.3 ? 'add' : 'set';
    const outcome = await this.#node.store(
      mode,
      this.#key,
      Buffer.from(text, 'latin1'),
      { ttlSeconds: 600, flags: this.#flags },
      options,
    );
    if (outcome === 'stored') this.#certain = text;
    else if (mode === 'set' || outcome !== 'exists') throw new Error(`a ${mode} was answered with ${outcome}`);
    else if (this.#certain === undefined && this.#uncertain.size === 1)
      throw new Error(`${this.#key} exists, but nobody wrote it`);
  }

  #expectPossible(text: string | undefined): void {
    if (text === this.#certain || this.#uncertain.has(text)) return;
    throw new Error(`an impossible answer for ${this.#key}: ${text === undefined ? 'nothing' : text.slice(0, 60)}`);
  }

  #count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }
}

describe.each(['meta', 'classic'] as const)('the %s dialect', (dialect) => {
  it(`mixes nothing up in ${OPERATIONS} operations on ${runtime}, seed ${SEED}`, { timeout: TIMEOUT_MS }, async () => {
    await using cluster = await startLocalCluster({ nodes: 1, runtime });
    const random = randomFrom(SEED);
    const faults = { split: 0.1, delay: 0.004, longestDelayMs: 120, reset: 0.004 };
    await using proxy = await new FaultyProxy(cluster.nodes[0]?.port ?? 0, faults, random).listen();
    let losses = 0;
    const node = textTransport({ dialect }).open(
      { id: 'faulty:1', host: '127.0.0.1', port: proxy.port },
      {
        timeoutMs: 40,
        connectTimeoutMs: 500,
        tls: false,
        credentials: undefined,
        maxInFlight: 1_000,
        maxQueuedBytes: 16 * 1_048_576,
        maxValueBytes: 1_000_000,
      },
      { connected() {}, disconnected: () => (losses += 1) },
    );
    onTestFinished(() => node.destroy());

    const lanes = Array.from(
      { length: LANES },
      (_, index) => new Lane(node, String.fromCharCode(97 + (index & 7), 97 + (index >> 3)), random),
    );
    // Faults strike pieces of the stream, of which there are fewer the faster the machine is: it goes on until it was a
    // storm.
    const total = (what: string): number => lanes.reduce((sum, { counts }) => sum + (counts[what] ?? 0), 0);
    const stormy = (): boolean =>
      proxy.counts.splits > 100 &&
      proxy.counts.delays > 10 &&
      proxy.counts.resets > 3 &&
      losses > 3 &&
      total('SESS_TIMEOUT') > 100 &&
      total('SESS_ABORTED') > 100 &&
      total('SESS_CONNECTION') > 10;
    let left = OPERATIONS;
    await Promise.all(
      lanes.map(async (lane) => {
        while (left > 0 || (!stormy() && left > -MOST_MORE)) {
          if (await lane.operate()) left -= 1;
        }
      }),
    );
    await node.close();

    expect(stormy(), JSON.stringify({ ...proxy.counts, losses })).toBe(true);
    // Most requests were answered nevertheless.
    expect(total('answered')).toBeGreaterThan(OPERATIONS / 2);
    expect(total('SESS_PROTOCOL')).toBe(0);
  });
});
