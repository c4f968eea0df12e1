/** The database interface that a backing uses: a part of a `pg` Pool. A Pool fits as it is. */
export interface Queryable {
  query(config: QueryConfig): Promise<QueryResult>;
  /** Several statements without values, as one transaction. */
  query(sql: string): Promise<unknown>;
}

export interface QueryConfig {
  /** A statement with a name is prepared once for each connection. */
  readonly name?: string;
  readonly text: string;
  readonly values: unknown[];
}

export interface QueryResult {
  // oxlint-disable-next-line typescript/no-explicit-any -- what pg declares; rows are checked where they are read
  readonly rows: any[];
  readonly rowCount: number | null;
}

/** The part of PGlite that this package uses. */
export interface PgliteDatabase {
  query(text: string, values?: unknown[]): Promise<{ readonly rows: unknown[]; readonly affectedRows?: number }>;
  exec(sql: string): Promise<unknown>;
}

/**
 * PostgreSQL embedded in this process (`@electric-sql/pglite`), for a first try and for tests: only one process can use
 * it.
 */
export function fromPglite(database: PgliteDatabase): Queryable {
  async function query(config: QueryConfig): Promise<QueryResult>;
  async function query(sql: string): Promise<unknown>;
  async function query(what: QueryConfig | string): Promise<unknown> {
    if (typeof what === 'string') return database.exec(what);
    const { rows, affectedRows } = await database.query(what.text, what.values);
    return { rows, rowCount: rows.length > 0 ? rows.length : (affectedRows ?? 0) } satisfies QueryResult;
  }
  return { query };
}
