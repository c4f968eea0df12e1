export { secondaryStorage, type SessSecondaryStorage, type SecondaryStorageOptions } from './secondary-storage.ts';
export { StoreError, type StoreErrorCode } from '@sess/external-store';
