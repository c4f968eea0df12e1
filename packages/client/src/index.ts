import './supported-node.ts';

export { addressesOf, addressesTried, sharedLookup } from '@sess/discovery';
export { createClient } from './client.ts';
export type { CancelTimer, Clock } from './clock.ts';
export type * from './contract.ts';
export type {
  ClientChannels,
  CollectMessage,
  DiscoveryErrorMessage,
  ForeignItemMessage,
  HandoverMessage,
  HistoryRefusedMessage,
  NodeMessage,
  NodeState,
  RereplicationMessage,
  RereplicationReason,
  RequestMessage,
  TombstoneDroppedMessage,
  TopologyMessage,
  UnlistedNodesMessage,
  ViewMessage,
  HistoryTruncatedMessage,
  ViewsDisagreeMessage,
} from './diagnostics.ts';
export type { ClientOperation, OperationContext, OperationResult } from './tracing.ts';
export { SessClientError, type SessClientErrorCode } from './errors.ts';
export type { ClientFigures, NodeCounts, NodeFigures } from './figures.ts';
export type { HistoryFault } from './membership/history-checks.ts';
export { describeItem, type ItemDescription } from './item-description.ts';
export { deriveHistorySecret } from './membership/history-seal.ts';
export type { ViewCause } from './membership/history.ts';
export { nearestName } from './nearest-name.ts';
export { isPlainObject, openedSocket, reasonOf, tlsAdvice, tlsIdentity } from '@sess/discovery';
export {
  OPTION_NAMES as clientOptionNames,
  type ClientOptions,
  type Credentials,
  type HandoverOptions,
} from './options.ts';
export type { ForeignReason } from './record.ts';
export { MAX_RELATIVE_EXPTIME_SECONDS, toExptime } from './transport/exptime.ts';
export { itemBoundsIn, overBounds, type ItemBounds } from './transport/item-bounds.ts';
export { checkKey, isValidKey, MAX_KEY_BYTES } from './transport/key-check.ts';
export { textTransport, type TextTransportOptions } from './transport/text/index.ts';
export type * from './transport/transport.ts';
export type { DistributionFactory } from './membership/view.ts';
