/** Whether nodes go that held sessions: on purpose, so that they can be drained before; or by accident, so that nobody could do anything before. */
export type NodesGo = 'never' | 'on-purpose' | 'by-accident';
