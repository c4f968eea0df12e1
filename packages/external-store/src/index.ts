export type { Document } from './document.ts';
export { StoreError, type StoreErrorCode } from './errors.ts';
export { ExternalStore } from './external-store.ts';
export type { Held, SaveBase, SaveRequest } from './held.ts';
export { ItemStore, type GetItemOptions, type SetItemOptions, type StoredItem } from './item-store.ts';
export { storeOptions, wordOption, type ExternalStoreOptions } from './options.ts';
export { secondsOf } from './time-to-live.ts';
