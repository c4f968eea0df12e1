export { decodeJson } from './decode-json.ts';
export { isDeeperThan, MAX_DEPTH } from './depth.ts';
export { dropPolluting } from './drop-polluting.ts';
export { encodeJson, type JsonLoss, type EncodeJsonOptions } from './encode-json.ts';
export { kindOf } from './kinds.ts';
