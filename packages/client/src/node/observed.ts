/** Publishes the outcome of a request to a node. Call it only if the channel has subscribers: it allocates closures. */
import type { Clock } from '../clock.ts';
import { requestChannel, type RequestMessage } from '../diagnostics.ts';

export function observed<T>(
  { node, request, clock }: Pick<RequestMessage, 'node' | 'request'> & { readonly clock: Clock },
  answer: Promise<T>,
  outcomeOf: (answer: T) => RequestMessage['outcome'],
): Promise<T> {
  const startedAt = clock.elapsed();
  const publish = (outcome: RequestMessage['outcome'], error: unknown): void => {
    requestChannel.publish({ node, request, durationMs: clock.elapsed() - startedAt, outcome, error });
  };
  return answer.then(
    (value) => {
      publish(outcomeOf(value), undefined);
      return value;
    },
    (error: unknown) => {
      publish('error', error);
      throw error;
    },
  );
}

export function hitOrMiss(answer: unknown): 'hit' | 'miss' {
  return answer === undefined ? 'miss' : 'hit';
}
