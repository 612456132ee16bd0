import pg from 'pg';

/** Plain SQL on a connection of its own: for tests that must not look through the program's eyes. */
export interface Sql {
  rows<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

export function openSql(url: string): Sql {
  const pool = new pg.Pool({
    connectionString: url,
    max: 4,
    application_name: 'plinth-faults',
  });
  pool.on('error', () => {});
  return {
    rows: async <Row>(text: string, values: readonly unknown[] = []) =>
      (await pool.query(text, [...values])).rows as Row[],
    close: () => pool.end(),
  };
}
