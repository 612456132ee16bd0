import { createReadStream, statSync } from 'node:fs';
import { openBlobHomeAlone } from '#app';
import type { Database } from '#platform/db';
import { formatOf } from '#platform/imports';
import {
  type ArchiveProblem,
  type BillDifference,
  type BillRow,
  type CallSums,
  compareBill,
  createRollup,
  type Difference,
  readBill,
  verifyArchives,
} from '#platform/reports';
import type { Config } from '#platform/config';
import { withTables } from './migrate.ts';
import { printUsage, say, type Verb } from './verb.ts';

const USAGE = `Usage: plinth usage verify [from=2026-11-01] [until=2026-12-01] [--repair]
       plinth usage verify provider=openai bill=FILE [from=…] [until=…]

Compares the sums of the reports with the rows of the ledger, whole UTC days, and names the cells that differ. Of months that were archived it
reads the files, and compares them and the sums with their digests.
bill= compares the ledger with what a provider says it served, too: CSV or JSON lines with day, model, and calls or tokens or both; with
request_id, call by call (docs/reports.md).
It ends with 1 when some do; --repair makes the sums say what the rows say.
`;

/** More lines are not read. */
const SHOWN = 50;
/** So many calls, so that each call of a bill is found. */
const SHOWN_CALLS = 10_000;

/** `usage verify`: whether the sums of the reports equal the rows of the ledger, and the ledger a provider's bill. Calls may be settled meanwhile. */
export const usage: Verb = async ({ config, words: [what, ...words] }) => {
  const asked = readWords(words);
  if (
    what !== 'verify' ||
    asked === undefined ||
    (asked.bill === undefined) !== (asked.provider === undefined)
  ) {
    const wrong = what === 'verify' ? words.find((word) => readWords([word]) === undefined) : what;
    return printUsage(wrong, USAGE);
  }
  const bill = asked.bill === undefined ? [] : await openBill(asked.bill);
  if (bill === undefined) return 2;
  return withTables(config, async (db) => {
    const sums = await verifySums(db, config, asked);
    return asked.provider === undefined
      ? sums
      : Math.max(sums, await verifyBill(db, bill, { ...asked, provider: asked.provider }));
  });
};

async function verifySums(db: Database, config: Config, asked: UsageRequest): Promise<number> {
  const rollup = createRollup(db);
  const differences = await rollup.verify(asked);
  const broken = await verifyArchives({ db, home: openBlobHomeAlone(config) }, asked);
  for (const one of broken) process.stdout.write(problemLine(one));
  if (differences.length === 0 && broken.length > 0) return 1;
  if (differences.length === 0) {
    process.stdout.write('The sums equal the rows.\n');
    return 0;
  }
  const lines = differences.slice(0, SHOWN).map(line);
  if (differences.length > SHOWN) lines.push(`… and ${differences.length - SHOWN} more`);
  process.stdout.write(`${differences.length} cells differ; what the rows say more:\n${lines.join('\n')}\n`);
  if (!asked.repair) return 1;
  const changed = await rollup.repair(asked);
  process.stdout.write(`${changed} cells were made to say what the rows say.\n`);
  return broken.length === 0 ? 0 : 1;
}

/** The rows of a bill. Undefined: what is wrong with it was said. */
async function openBill(file: string): Promise<readonly BillRow[] | undefined> {
  const format = formatOf(file);
  const isThere = statSync(file, { throwIfNoEntry: false })?.isFile() === true;
  if (!isThere || format === undefined) {
    process.stderr.write(isThere ? `${file} is neither .csv nor .jsonl.\n` : `There is no file ${file}.\n`);
    return undefined;
  }
  const { rows, problems } = await readBill(createReadStream(file), format);
  if (problems.length === 0) return rows;
  process.stderr.write(`${file} can't be compared:\n${problems.join('\n')}\n`);
  return undefined;
}

async function verifyBill(
  db: Database,
  bill: readonly BillRow[],
  asked: UsageRequest & { readonly provider: string },
): Promise<number> {
  const { days, calls, isArchived, unnamed } = await compareBill(db, bill, asked);
  if (isArchived) say('Rows of these days are archived: they are compared by day and model alone.');
  if (days.length + calls.length === 0) {
    say(`The ledger equals the bill of ${asked.provider}.`);
    return 0;
  }
  say(`The ledger and the bill of ${asked.provider} differ:`);
  if (days.length > 0 && days.every(({ ledger }) => ledger?.calls === 0))
    say(
      'Of these the ledger has no calls. Is that its name for the provider (GET /v1/admin/usage?group=provider)?',
    );
  for (const day of days) say(billLine(day));
  for (const call of calls.slice(0, SHOWN_CALLS)) say(billLine(call));
  if (calls.length > SHOWN_CALLS) say(`… and ${calls.length - SHOWN_CALLS} more`);
  if (unnamed > 0)
    say(`${unnamed} calls of the ledger have no request_id: they may be any of those that it lacks.`);
  return 1;
}

/** `2026-11-20 gpt-4o: bill 3 calls, 90 + 30 tokens; ledger 2 calls, 60 + 20 tokens` */
function billLine({ day, model, request_id: id, bill, ledger }: BillDifference): string {
  return `${[day, model, ...(id === undefined ? [] : [id])].join(' ')}: bill ${sumsOf(bill, id)}; ledger ${sumsOf(ledger, id)}`;
}

function sumsOf(sums: CallSums | undefined, id: string | undefined): string {
  if (sums === undefined) return 'lacks it';
  const calls = id !== undefined || sums.calls === undefined ? '' : `${sums.calls} calls, `;
  return `${calls}${sums.prompt_tokens ?? '?'} + ${sums.completion_tokens ?? '?'} tokens`;
}

const PROBLEMS: Readonly<Record<ArchiveProblem['problem'], string>> = {
  missing: 'its file is gone',
  changed: 'its file is not what was written',
  sums: 'its sums were changed',
};

const problemLine = ({ account_id, month, problem }: ArchiveProblem): string =>
  `The archive of ${month} of account ${account_id}: ${PROBLEMS[problem]} (docs/tuning.md).\n`;

interface UsageRequest {
  readonly from?: Date;
  readonly until?: Date;
  readonly bill?: string;
  readonly provider?: string;
  readonly repair: boolean;
}

function readWords(words: readonly string[]): UsageRequest | undefined {
  const given = words.filter((word) => word !== '--repair');
  const pairs = given.flatMap((word) => {
    const [, name = '', text = ''] =
      /^(from|until)=(\d{4}-\d{2}-\d{2})$/.exec(word) ?? /^(bill|provider)=(.+)$/s.exec(word) ?? [];
    const value = name === 'from' || name === 'until' ? new Date(`${text}T00:00:00Z`) : text;
    return name === '' || (value instanceof Date && Number.isNaN(value.getTime())) ? [] : [[name, value]];
  });
  if (pairs.length < given.length) return undefined;
  return { ...Object.fromEntries(pairs), repair: words.includes('--repair') };
}

/** `2026-11-20T10:15:00.000Z account … reel generation …: calls 1, posted 246` */
function line(cell: Difference): string {
  const { slot, account_id, user_id, key_id, plan, product, feature, provider, model, own, ...figures } =
    cell;
  const by = [`account ${account_id}`, `user ${user_id}`, ...(key_id === null ? [] : [`key ${key_id}`])];
  const what = [plan ?? product, feature, `${provider}/${model}`, ...(own ? ['of its own'] : [])];
  const differing = Object.entries(figures).filter(([, amount]) => amount !== 0);
  const amounts = differing.map(([name, amount]) => `${name} ${amount}`);
  return `${slot.toISOString()} ${[...by, ...what].join(' ')}: ${amounts.join(', ')}`;
}
