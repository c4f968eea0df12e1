import type { ClusterSettings } from '../cluster/settings.ts';
import type { Output } from '../output/output.ts';
import type { CommandStreams } from '../streams.ts';

/** What every command is given. */
export interface CommandContext {
  readonly output: Output;
  readonly streams: CommandStreams;
  /** @throws {UsageError} when no cluster is named. */
  readonly settings: () => ClusterSettings;
}
