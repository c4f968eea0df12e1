/**
 * `sess-postgres sql [--table NAME]` prints the SQL that creates the tables; `sess-postgres migrate [--table NAME]`
 * runs it on `DATABASE_URL`.
 */
import { parseArgs } from 'node:util';
import { migrationSql, postgresBacking, PostgresBackingError } from '../index.ts';

const USAGE = `usage: sess-postgres sql [--table NAME]       prints the SQL that makes the tables
       sess-postgres migrate [--table NAME]   makes them in the database that DATABASE_URL names
`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { table: { type: 'string' }, help: { type: 'boolean' } },
    allowPositionals: true,
  });
  const [command] = positionals;
  if (command === 'sql') {
    process.stdout.write(migrationSql(values.table));
    return 0;
  }
  if (command === 'migrate') {
    const backing = postgresBacking({
      connectionString: process.env['DATABASE_URL'],
      table: values.table,
      statementTimeoutMs: 60_000,
      cleanUpIntervalMs: 0,
    });
    try {
      await backing.migrate();
    } finally {
      await backing.close();
    }
    process.stdout.write('the tables are there\n');
    return 0;
  }
  (values.help === true ? process.stdout : process.stderr).write(USAGE);
  return values.help === true ? 0 : 2;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${PostgresBackingError.is(error) ? `${error.code}: ${error.message}` : String(error)}\n`);
  process.exitCode = 1;
}
