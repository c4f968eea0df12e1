/**
 * `sess-postgres sql [--table NAME]` prints the SQL that creates the tables; `sess-postgres migrate [--table NAME]`
 * runs it on `DATABASE_URL`.
 */
import { parseArgs } from 'node:util';
import { migrationSql, postgresBacking, PostgresBackingError } from '../index.ts';

const USAGE = `usage: sess-postgres sql [--table NAME]       prints the SQL that makes the tables
       sess-postgres migrate [--table NAME]   makes them in the database that DATABASE_URL names
`;

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader has gone (`sess-postgres sql | head`).
  if (error.code !== 'EPIPE') failed(`Standard output can't be written: ${error.message}`);
});

function failed(message: string): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}

function words(): {
  readonly command?: string | undefined;
  readonly table?: string | undefined;
  readonly help?: boolean;
} {
  try {
    const { values, positionals } = parseArgs({
      options: { table: { type: 'string' }, help: { type: 'boolean' } },
      allowPositionals: true,
    });
    return { ...values, command: positionals[0] };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return {};
  }
}

async function main(): Promise<void> {
  const { command, table, help = false } = words();
  if (command === 'sql') {
    process.stdout.write(migrationSql(table));
  } else if (command === 'migrate') {
    const connectionString = process.env['DATABASE_URL'] ?? '';
    if (connectionString === '')
      return failed('Which database? Set DATABASE_URL, such as postgres://user:password@host:5432/database.');
    const backing = postgresBacking({ connectionString, table, statementTimeoutMs: 60_000, cleanUpIntervalMs: 0 });
    try {
      await backing.migrate();
    } finally {
      await backing.close();
    }
    process.stdout.write('the tables are there\n');
  } else {
    (help ? process.stdout : process.stderr).write(USAGE);
    if (!help) process.exitCode = 2;
  }
}

try {
  await main();
} catch (error) {
  failed(PostgresBackingError.is(error) ? `${error.code}: ${error.message}` : String(error));
}
