export { PostgresBackingError, type PostgresBackingErrorCode } from './errors.ts';
export { migrationSql } from './migration.ts';
export type { PostgresBackingOptions } from './options.ts';
export { postgresBacking, type CleanUpOptions, type PostgresBacking } from './postgres-backing.ts';
export { fromPglite, type PgliteDatabase, type QueryConfig, type QueryResult, type Queryable } from './queryable.ts';
