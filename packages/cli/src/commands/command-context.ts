import type { ClusterSettings } from '../cluster/settings.ts';
import type { Output } from '../output/output.ts';
import type { CommandStreams } from '../streams.ts';

/** The context of every command. */
export interface CommandContext {
  readonly output: Output;
  readonly streams: CommandStreams;
  /** @throws {UsageError} if no cluster is given */
  readonly settings: () => ClusterSettings;
}
