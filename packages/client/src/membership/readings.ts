/** Evaluates the nodes' answers of one round. */
import type { ClusterNode } from '../cluster.ts';
import { EMPTY_HISTORY, type Closing, type History, type ViewNode } from './history.ts';
import type { Reading } from './history-copies.ts';
import type { NodeIdentity } from './identity.ts';

/** A node and its readings, one per seal; `undefined` if it did not answer. */
export interface Answer {
  readonly node: ClusterNode;
  readonly readings: readonly Reading[] | undefined;
}

/** The nodes that answered, with their readings. */
export function answered(answers: readonly Answer[]): readonly (Answer & { readonly readings: readonly Reading[] })[] {
  return answers.flatMap(({ node, readings }) => (readings === undefined ? [] : { node, readings }));
}

/** The fence tokens by node id. */
export function tokensOf(answers: readonly Answer[]): ReadonlyMap<string, string> {
  return new Map(
    answers.flatMap(({ node, readings }) => {
      const token = readings?.[0]?.token;
      return token === undefined ? [] : [[node.id, token.toString('latin1')]];
    }),
  );
}

/** The nodes without a fence under some seal: they are new, or lost their memory. */
export function unfencedIn(answers: readonly Answer[]): readonly ClusterNode[] {
  return answered(answers).flatMap(({ node, readings }) =>
    readings.some(({ token }) => token === undefined) ? [node] : [],
  );
}

/** Whether all of these nodes answered with a history that has the view. */
export function isToldByAll(viewId: string, nodes: readonly ViewNode[], answers: readonly Answer[]): boolean {
  const telling = answered(answers).filter(({ readings }) => readings.some(({ history }) => history.views.has(viewId)));
  const ids = new Set(telling.map(({ node }) => node.id));
  return nodes.every(({ id }) => ids.has(id));
}

/** The closed handovers that all of these nodes have, each with its earliest confirmation. */
export function closedOnAll(answers: readonly Answer[]): ReadonlyMap<string, Closing> {
  const [first, ...others] = answers.flatMap(({ readings = [] }) => readings.map(({ history }) => history.closings));
  const closed = new Map<string, Closing>();
  for (const [name, closing] of first ?? []) {
    const all = [closing, ...others.flatMap((closings) => closings.get(name) ?? [])].filter(({ isClosed }) => isClosed);
    if (all.length <= others.length) continue;
    closed.set(name, { confirmedAt: Math.min(...all.map(({ confirmedAt }) => confirmedAt)), isClosed: true });
  }
  return closed;
}

/** What these nodes say about their cluster, by node id. */
export function identitiesOf(answers: readonly Answer[]): ReadonlyMap<string, NodeIdentity> {
  return new Map(answered(answers).map(({ node, readings }) => [node.id, identityIn(readings)]));
}

function identityIn(readings: readonly Reading[]): NodeIdentity {
  const named = readings.filter(({ history }) => history.cluster !== '');
  const history = (named[0] ?? readings[0])?.history ?? EMPTY_HISTORY;
  return {
    cluster: history.cluster,
    also: named.slice(1).map((other) => other.history.cluster),
    isBlank: readings.every(({ isBlank }) => isBlank),
    ...gathered(history),
  };
}

type Gathered = Pick<NodeIdentity, 'names' | 'confirmedAt'>;

/** Cached, because most nodes hold the same history. */
const ofHistories = new WeakMap<History, Gathered>();

function gathered(history: History): Gathered {
  const known = ofHistories.get(history);
  if (known !== undefined) return known;
  const names = new Set<string>();
  let last = 0;
  for (const { nodes, confirmedAt } of history.views.values()) {
    for (const { id } of nodes) names.add(id);
    last = Math.max(last, confirmedAt);
  }
  const found = { names, confirmedAt: last };
  ofHistories.set(history, found);
  return found;
}
