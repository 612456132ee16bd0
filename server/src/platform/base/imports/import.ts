import type { Transaction } from '#platform/db';
import type { z } from 'zod';
import type { Problem } from './problems.ts';
import type { ImportRecord } from './records.ts';

/** Result of a row: put in, there already, or not taken. */
export type Outcome = 'added' | 'known' | Omit<Problem<string>, 'line'>;

/** How rows of one kind are put in. */
export interface Importer<Row> {
  readonly row: z.ZodType<Row>;
  /** Opens a transaction of the system role, commits it, and answers what the work answered. */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  put(tx: Transaction, row: Row): Promise<Outcome>;
  /** Called when rows are in. */
  committed?(): void;
}

interface Numbered<Row> {
  readonly line: number;
  readonly row: Row;
}

export interface ImportOptions {
  /** Nothing is put in; the answer is what would be. */
  readonly trying: boolean;
  /** Told of each line that was not taken. Within a batch those that can't be read come first. */
  readonly report: (problem: Problem<string>) => void;
}

export interface Imported {
  readonly added: number;
  readonly known: number;
  readonly problems: number;
}

/** Rows of one commit: enough that its cost is small beside theirs, few enough that their locks hold no call up. */
const BATCH = 50;

/**
 * Puts the good records in, batch by batch, and reports the others. It may be ended at any instant and begun again: what
 * is in is known.
 */
export async function importRecords<Row>(
  records: AsyncIterable<ImportRecord | Problem>,
  importer: Importer<Row>,
  { trying, report }: ImportOptions,
): Promise<Imported> {
  const counts = { added: 0, known: 0, problems: 0 };
  const tell = (problem: Problem<string>) => {
    counts.problems += 1;
    report(problem);
  };
  let batch: Numbered<Row>[] = [];
  const flush = async () => {
    const outcomes = await applyBatch(importer, batch, trying);
    batch.forEach(({ line }, at) => {
      const outcome = outcomes[at];
      if (outcome === 'added' || outcome === 'known') counts[outcome] += 1;
      else tell({ line, code: 'refused', ...outcome });
    });
    batch = [];
  };
  for await (const record of records) {
    const read = 'code' in record ? record : rowOf(importer.row, record);
    if ('code' in read) tell(read);
    else batch.push(read);
    if (batch.length >= BATCH) await flush();
  }
  await flush();
  return counts;
}

/** A batch that fails is gone through row by row: one that the database refuses costs no other its place. */
async function applyBatch<Row>(
  importer: Importer<Row>,
  batch: readonly Numbered<Row>[],
  trying: boolean,
): Promise<readonly Outcome[]> {
  if (batch.length === 0) return [];
  try {
    return await inOneCommit(importer, batch, trying);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    if (batch.length === 1) return [{ code: 'refused' }];
  }
  const outcomes: Outcome[] = [];
  for (const one of batch) outcomes.push(...(await applyBatch(importer, [one], trying)));
  return outcomes;
}

/** Thrown to undo what was only tried. */
class RollbackError extends Error {}

/** Works in a transaction and answers what the work answered; `trying`: the transaction is undone. */
export async function commitUnless<T>(
  trying: boolean,
  transaction: (work: (tx: Transaction) => Promise<T>) => Promise<T>,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  if (!trying) return transaction(work);
  let answer: { readonly value: T } | undefined;
  try {
    return await transaction(async (tx) => {
      answer = { value: await work(tx) };
      throw new RollbackError('undone');
    });
  } catch (error) {
    if (error instanceof RollbackError && answer !== undefined) return answer.value;
    throw error;
  }
}

async function inOneCommit<Row>(
  importer: Importer<Row>,
  batch: readonly Numbered<Row>[],
  trying: boolean,
): Promise<readonly Outcome[]> {
  const outcomes = await commitUnless<readonly Outcome[]>(trying, importer.transaction, async (tx) => {
    const all: Outcome[] = [];
    for (const { row } of batch) all.push(await importer.put(tx, row));
    return all;
  });
  if (!trying) importer.committed?.();
  return outcomes;
}

/** Bad data (22), a constraint (23), or a conflict with another transaction (40): not an end of the database. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    /^(22|23|40)/.test(error.code)
  );
}

function rowOf<Row>(schema: z.ZodType<Row>, { line, fields }: ImportRecord): Numbered<Row> | Problem {
  const read = schema.safeParse(fields);
  if (read.success) return { line, row: read.data };
  const [issue] = read.error.issues;
  if (issue?.code === 'unrecognized_keys') return { line, code: 'field_unknown' };
  const field = issue?.path.map(String).join('.');
  const isMissing = field !== undefined && field !== '' && fields[field] === undefined;
  return { line, code: isMissing ? 'field_missing' : 'field_invalid', field, message: issue?.message };
}
