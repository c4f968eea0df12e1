export { encodeJson, type JsonLoss, type EncodeJsonOptions } from './encode-json.ts';
export { kindOf } from './kinds.ts';
export { isDeeperThan, isTreeDeeperThan, MAX_DEPTH } from './depth.ts';
