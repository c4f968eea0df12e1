export { SessStore, type KoaSessionStore, type StoreContext } from './sess-store.ts';
export { StoreError, type ExternalStoreOptions, type StoreErrorCode } from '@sess/external-store';
