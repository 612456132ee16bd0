import { Readable } from 'node:stream';
import { createSubscriptionImporter } from '#platform/billing';
import { createUserImporter } from '#platform/identity';
import { type Imported, type Importer, importRecords, type Problem, recordsOf } from '#platform/imports';
import type { TestApp } from '@plinth/testkit/services/app';

export interface Import extends Imported {
  /** What was told of lines that were not taken. */
  readonly told: readonly Problem<string>[];
}

type Rows = readonly Readonly<Record<string, unknown>>[];

/** Imports rows as JSON lines into an app, as `plinth import` does. */
export function importInto({ app: { modules } }: TestApp, trying = false) {
  const run = async <Row>(importer: Importer<Row>, rows: Rows): Promise<Import> => {
    const told: Problem<string>[] = [];
    const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    const report = (problem: Problem<string>) => void told.push(problem);
    const records = recordsOf(Readable.from([Buffer.from(text)]), 'jsonl');
    return { ...(await importRecords(records, importer, { trying, report })), told };
  };
  return {
    users: (rows: Rows) => run(createUserImporter({ ...modules, ...modules.accounts }), rows),
    subscriptions: (rows: Rows) => run(createSubscriptionImporter(modules), rows),
  };
}
