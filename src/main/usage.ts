import { openBlobHomeAlone } from '#app';
import { type ArchiveProblem, createRollup, type Difference, verifyArchives } from '#platform/reports';
import { withDatabase } from './migrate.ts';
import { printUsage, type Verb } from './verb.ts';

const USAGE = `Usage: plinth usage verify [from=2026-11-01] [until=2026-12-01] [--repair]

Compares the sums of the reports with the rows of the ledger, whole UTC days, and names the cells that differ. Of months that were archived it
reads the files, and compares them and the sums with their digests.
It ends with 1 when some do; --repair makes them say what the rows say.
`;

/** More lines help nobody. */
const SHOWN = 50;

/** `usage verify`: whether the sums of the reports equal the rows of the ledger. Calls may be settled meanwhile. */
export const usage: Verb = async ({ config, words: [what, ...words] }) => {
  const asked = readWords(words);
  if (what !== 'verify' || asked === undefined) {
    const wrong = what === 'verify' ? words.find((word) => readWords([word]) === undefined) : what;
    return printUsage(wrong, USAGE);
  }
  return withDatabase(config, async (db) => {
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
    process.stdout.write(
      `${differences.length} cells differ; what the rows say more:\n${lines.join('\n')}\n`,
    );
    if (!asked.repair) return 1;
    const changed = await rollup.repair(asked);
    process.stdout.write(`${changed} cells were made to say what the rows say.\n`);
    return broken.length === 0 ? 0 : 1;
  });
};

const PROBLEMS: Readonly<Record<ArchiveProblem['problem'], string>> = {
  missing: 'its file is gone',
  changed: 'its file is not what was written',
  sums: 'its sums were changed',
};

const problemLine = ({ account_id, month, problem }: ArchiveProblem): string =>
  `The archive of ${month} of account ${account_id}: ${PROBLEMS[problem]} (docs/scale.md).\n`;

interface UsageRequest {
  readonly from?: Date;
  readonly until?: Date;
  readonly repair: boolean;
}

function readWords(words: readonly string[]): UsageRequest | undefined {
  const days = words
    .filter((word) => word !== '--repair')
    .map((word) => /^(from|until)=(\d{4}-\d{2}-\d{2})$/.exec(word));
  const pairs = days.flatMap((found) =>
    found === null ? [] : [[found[1] ?? '', new Date(`${found[2]}T00:00:00Z`)] as const],
  );
  const fits = pairs.length === days.length && pairs.every(([, day]) => !Number.isNaN(day.getTime()));
  return fits ? { ...Object.fromEntries(pairs), repair: words.includes('--repair') } : undefined;
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
