/** How each channel's messages are counted. */
import type {
  ForeignItemMessage,
  HandoverMessage,
  HistoryRefusedMessage,
  NodeMessage,
  RereplicationMessage,
  TombstoneDroppedMessage,
  ViewMessage,
} from '@sess/client';
import type {
  BackingEvent,
  ConflictEvent,
  DestroyEvent,
  LoadEvent,
  MissEvent,
  NewIdEvent,
  SaveEvent,
} from '@sess/session';

import type { MetricsSink } from './sink.ts';
import { serverOf } from './server.ts';

/** A message of any channel. */
export type Message = object;

type Handle<M> = (message: M, sink: MetricsSink) => void;

function handling<M extends object>(handle: Handle<M>): Handle<Message> {
  return (message, sink) => handle(message as M, sink);
}

export const EVENTS: Readonly<Record<string, Handle<Message>>> = {
  'sess:session:load': handling<LoadEvent>(({ store, outcome }, sink) =>
    sink.count('sess.session.loads', { 'sess.store': store, 'sess.outcome': outcome }, 1),
  ),
  'sess:session:miss': handling<MissEvent>(({ store, cause, certainty, node }, sink) =>
    sink.count(
      'sess.session.misses',
      {
        'sess.store': store,
        'sess.miss.cause': cause,
        'sess.miss.certainty': certainty,
        ...(node !== undefined && serverOf(node)),
      },
      1,
    ),
  ),
  'sess:session:save': handling<SaveEvent>(({ store, reason, outcome }, sink) =>
    sink.count('sess.session.saves', { 'sess.store': store, 'sess.save.reason': reason, 'sess.outcome': outcome }, 1),
  ),
  'sess:session:conflict': handling<ConflictEvent>(({ store }, sink) =>
    sink.count('sess.session.conflicts', { 'sess.store': store }, 1),
  ),
  'sess:session:destroy': handling<DestroyEvent>(({ store, reason, outcome }, sink) =>
    sink.count(
      'sess.session.destroys',
      { 'sess.store': store, 'sess.destroy.reason': reason, 'sess.outcome': outcome },
      1,
    ),
  ),
  'sess:session:new-id': handling<NewIdEvent>(({ store }, sink) =>
    sink.count('sess.session.id_retries', { 'sess.store': store }, 1),
  ),
  'sess:session:backing': handling<BackingEvent>(({ backing, operation, outcome }, sink) =>
    sink.count(
      'sess.backing.operations',
      { 'sess.backing': backing, 'sess.operation': operation, 'sess.outcome': outcome },
      1,
    ),
  ),
  'sess:client:node': handling<NodeMessage>(({ node, to }, sink) =>
    sink.count('sess.node.state_changes', { ...serverOf(node), 'sess.node.state': to }, 1),
  ),
  'sess:client:view': handling<ViewMessage>(({ cause }, sink) =>
    sink.count('sess.view.changes', { 'sess.view.cause': cause }, 1),
  ),
  'sess:client:views-disagree': (_, sink) => sink.count('sess.view.disagreements', {}, 1),
  'sess:client:discovery-error': (_, sink) => sink.count('sess.discovery.errors', {}, 1),
  'sess:client:history-refused': handling<HistoryRefusedMessage>(({ node, fault }, sink) =>
    sink.count('sess.history.refused', { ...serverOf(node), 'sess.history.fault': fault }, 1),
  ),
  'sess:client:foreign-item': handling<ForeignItemMessage>(({ node, reason }, sink) =>
    sink.count('sess.foreign_items', { ...serverOf(node), 'sess.foreign.reason': reason }, 1),
  ),
  'sess:client:tombstone-dropped': handling<TombstoneDroppedMessage>(({ node }, sink) =>
    sink.count('sess.hints.dropped', serverOf(node), 1),
  ),
  'sess:client:handover': handling<HandoverMessage>(({ phase, carried }, sink) => {
    sink.count('sess.handover.passes', { 'sess.handover.step': phase }, 1);
    // The message counts all passes so far; the last one has one of these phases.
    if (phase === 'done' || phase === 'interrupted') sink.count('sess.handover.carried', {}, carried);
  }),
  'sess:client:rereplication': handling<RereplicationMessage>(({ node, reason, phase, carried }, sink) => {
    const attributes = { ...serverOf(node), 'sess.rereplication.reason': reason };
    sink.count('sess.rereplication.runs', { ...attributes, 'sess.rereplication.phase': phase }, 1);
    if (phase !== 'begun') sink.count('sess.rereplication.carried', attributes, carried);
  }),
};
