/**
 * `sess drain --self`: a node's own machine or pod runs it before it stops. It never returns the node to rotation,
 * because the node stops anyway.
 */
import { setTimeout as pause } from 'node:timers/promises';

import { createClient, SessClientError, type Client } from '@sess/client';

import { listsKeys } from '../cluster/lists-keys.ts';
import { clientOptions, type ObservedCluster } from '../cluster/observed-cluster.ts';
import { observeToChange } from '../cluster/observe-to-change.ts';
import { itemsOn } from '../cluster/node-report.ts';
import type { ClusterSettings } from '../cluster/settings.ts';
import { untilUnused } from '../cluster/until-unused.ts';
import { DONE, NO } from '../exit-codes.ts';
import { count } from '../output/format.ts';
import type { CommandContext } from './command-context.ts';
import { mayPass } from './may-pass.ts';
import { selfAmong } from './own-node.ts';

export interface DrainSelfOptions {
  readonly keysPerSecond?: number | undefined;
  /** For nodes that list no keys: sessions in use migrate until the deadline. */
  readonly untilExpired?: boolean | undefined;
  /** `host:port` or a host, if this machine can't find out by itself. */
  readonly node?: string | undefined;
  /** Seconds until the node will be killed. */
  readonly deadline?: number | undefined;
}

const AGAIN_MS = 500;
/** Time left for printing the result. */
const SPARE_MS = 1_000;

export async function drainSelf(context: CommandContext, options: DrainSelfOptions): Promise<number> {
  const { output, streams } = context;
  const { deadline } = options;
  const limits = [
    streams.signal,
    ...(deadline === undefined ? [] : [AbortSignal.timeout(Math.max(1, 1_000 * deadline - SPARE_MS))]),
  ];
  const over = AbortSignal.any(limits);
  const departure = new Departure(context, options, over);
  try {
    const state = await departure.prepare();
    output.data({ node: departure.node ?? null, state, ...(state === 'not-drained' && { left: departure.left }) }, () =>
      textOf(state, departure),
    );
    return state === 'drained' || state === 'unknown' ? DONE : NO;
  } finally {
    departure.end();
  }
}

type DepartureState = 'drained' | 'unknown' | 'lists-no-keys' | 'not-drained';

function textOf(state: DepartureState, { node, left, items, failure }: Departure): string {
  switch (state) {
    case 'drained':
      return `${node} is drained: nothing is lost when it stops.`;
    case 'unknown':
      return 'This machine is no node of the cluster, and no handover names it: nothing to do.';
    case 'lists-no-keys':
      return `${node} does not list its keys, so they can't be copied: sessions that are only there are lost when it stops. With --until-expired, sessions that are used move until time is over.`;
    case 'not-drained':
  }
  const rest =
    left === undefined ? '' : `about ${count(left)} of its ${count(items ?? left)} keys were not copied, and `;
  return [
    `${node} is not empty yet, and time is over: ${rest}sessions that are only there are lost when it stops.`,
    'Give it more time (terminationGracePeriodSeconds, TimeoutStopSec), or keep two copies.',
    ...(failure === undefined ? [] : [`The last failure: ${failure.message}`]),
  ].join(' ');
}

/** Takes one node out of the cluster. */
class Departure {
  readonly #context: CommandContext;
  readonly #options: DrainSelfOptions;
  readonly #over: AbortSignal;
  #client: Client | undefined;
  /** Keys processed so far. */
  #copied: number | undefined;
  #isEmpty = false;
  node: string | undefined;
  /** Keys on it, at the start. */
  items: number | undefined;
  /** The last failure that was retried. */
  failure: Error | undefined;

  constructor(context: CommandContext, options: DrainSelfOptions, over: AbortSignal) {
    this.#context = context;
    this.#options = options;
    this.#over = over;
  }

  /** About how many keys were not copied; `undefined` if unknown. */
  get left(): number | undefined {
    return this.items === undefined || this.#copied === undefined ? undefined : Math.max(0, this.items - this.#copied);
  }

  /** @throws the last failure, if the deadline passes before this machine's node is known */
  async prepare(): Promise<DepartureState> {
    const over = this.#over;
    const state = await Promise.race([this.#prepare(), whenOver(over)]).catch((error: unknown) => {
      if (!over.aborted) throw error;
      return undefined;
    });
    if (state !== undefined) return state;
    if (this.#isEmpty) return 'drained';
    if (this.node !== undefined) return 'not-drained';
    throw this.failure ?? new SessClientError('SESS_TIMEOUT', 'The cluster did not answer before time was over.');
  }

  async #prepare(): Promise<DepartureState> {
    const asked = this.#context.settings();
    const found = await this.#withRetries(() => this.#find(asked));
    if (found === undefined) return 'unknown';
    const { settings, copies } = found;
    if (!found.canBeCopied && this.#options.untilExpired !== true) return 'lists-no-keys';
    const client = createClient(clientOptions(settings, copies));
    this.#client = client;
    await this.#withRetries(() => client.ready());
    await this.#empty(client, found.node);
    this.#isEmpty = true;
    await this.#untilUnused(client, found.node, asked);
    return 'drained';
  }

  /** Not `close()`: a drain that is aborted returns the node to rotation. */
  end(): void {
    this.#client?.destroy();
  }

  async #find(asked: ClusterSettings): Promise<(Sought & { readonly node: string }) | undefined> {
    const observed = await observeToChange(asked);
    try {
      const node = selfAmong(
        observed.client,
        [...observed.nodes.keys()],
        this.#options.node,
        this.#context.streams.env,
      );
      if (node === undefined) return undefined;
      this.node = node;
      this.items = await itemsOn(observed.nodes.get(node));
      const { settings, copies } = observed;
      const { nodes, drains } = observed.client.topology;
      const isToBeListed = nodes.some(({ id }) => id === node) && drains.get(node) !== 'drained';
      return { node, settings, copies, canBeCopied: !isToBeListed || (await listsKeys(observed.nodes.get(node))) };
    } finally {
      await observed.close();
    }
  }

  /**
   * Drains the node if it is listed. If it has already left the list, as when DNS drops a terminating pod, waits for
   * the handover, which migrates its sessions.
   */
  async #empty(client: Client, node: string): Promise<void> {
    for (;;) {
      const { nodes, drains } = client.topology;
      const isListed = nodes.some(({ id }) => id === node);
      try {
        if (isListed && drains.get(node) !== 'drained') await this.#drain(client, node);
        if ((await client.safeToRemove(node)).safe) return;
      } catch (error) {
        // Not listed and not used any more: its sessions have moved.
        if (isCode(error, 'SESS_BAD_VALUE') && !isNamed(client, node)) return;
        if (isCode(error, 'SESS_BAD_VALUE') && isAlone(client, node)) throw error;
        this.#failed(error);
      }
      await pause(AGAIN_MS, undefined, { signal: this.#over });
    }
  }

  async #drain(client: Client, node: string): Promise<void> {
    const { keysPerSecond, untilExpired } = this.#options;
    await client.drain(node, {
      ...(keysPerSecond !== undefined && { keysPerSecond }),
      untilExpired,
      onProgress: ({ keys, phase }) => {
        if (phase !== 'expiring') this.#copied = keys;
      },
    });
  }

  /**
   * Waits until no request would fail when the node stops, or until the deadline: no session is lost in either case.
   */
  async #untilUnused(client: Client, node: string, { historyIntervalMs }: ClusterSettings): Promise<void> {
    const limits = { timeoutMs: Infinity, signal: this.#over, onProgress: () => undefined };
    await untilUnused(client, [node], { historyIntervalMs, ...limits }).catch(() => undefined);
  }

  /** With a deadline, retries until then: a name server that fails for a moment must not cost sessions. */
  async #withRetries<T>(attempt: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (this.#options.deadline === undefined) throw error;
        this.#failed(error);
      }
      await pause(AGAIN_MS, undefined, { signal: this.#over });
    }
  }

  /** Notes the failure for a retry. @throws `error` if a retry can't resolve it */
  #failed(error: unknown): void {
    if (!mayPass(error)) throw error;
    this.failure = error;
  }
}

type Sought = Pick<ObservedCluster, 'settings' | 'copies'> & { readonly canBeCopied: boolean };

function isCode(error: unknown, code: SessClientError['code']): boolean {
  return SessClientError.is(error) && error.code === code;
}

function isNamed({ topology, handovers }: Client, node: string): boolean {
  return topology.nodes.some(({ id }) => id === node) || handovers.some(({ nodes }) => nodes.includes(node));
}

function isAlone({ topology: { rotation } }: Client, node: string): boolean {
  return rotation.every((id) => id === node);
}

function whenOver(over: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (over.aborted) resolve(undefined);
    over.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
