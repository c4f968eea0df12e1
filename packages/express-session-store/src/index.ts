export { SessStore, type SessStoreOptions } from './sess-store.ts';
export { StoreError, type StoreErrorCode } from '@sess/external-store';
