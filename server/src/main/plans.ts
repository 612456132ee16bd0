import { readFile } from 'node:fs/promises';
import type { Config } from '#platform/config';
import { describeProblem, misnamedFile, plansFileOf, readPlans } from '#platform/plans';
import { z } from 'zod';
import { codeOf, OperatorError } from './operator-error.ts';
import { accountsOf, MOVES_USAGE, planMoves } from './plan-moves.ts';
import { callerOf, isServerWord, type SignedCaller } from './server-caller.ts';
import { printUsage, say, type Verb } from './verb.ts';

const USAGE = `Usage: plinth plans check [FILE]         look for mistakes in a plans file, without a server
       plinth plans diff FILE           show what it would change at a server that runs, and for how many accounts
       plinth plans push FILE [--yes]   the same, and with --yes put it into effect
${MOVES_USAGE}
All but check take url=https://api.example.com and key=pl_… of a platform admin; by themselves they call the server of this DATA_DIR with
the key of its owner.json. Without FILE, check reads PLANS_FILE, or plinth.plans.yaml here. See docs/plans-file.md.
`;

/** `plans check|diff|push`: products that are plans alone. Ends with 1 where a file has mistakes, or nothing was changed that should be. */
export const plans: Verb = async ({ config, words: [what, ...words] }) => {
  if (what !== undefined && ['sold', 'move', 'moves', 'end'].includes(what))
    return planMoves(config, what, words);
  const named = words.filter(isServerWord);
  const [file, more] = words.filter((word) => !named.includes(word) && word !== '--yes');
  const isKnown = ['check', 'diff', 'push'].includes(what ?? '');
  const isConfirmed = words.includes('--yes');
  if (!isKnown || more !== undefined || file?.startsWith('-') === true || (isConfirmed && what !== 'push'))
    return printUsage(isKnown ? (more ?? (isConfirmed ? '--yes' : file)) : what, USAGE);
  if (what === 'check') return check(config, file);
  if (file === undefined) return printUsage(undefined, USAGE);
  const document = await read(file);
  // The server knows which products it has in source; all other mistakes are told here, with a line each.
  if (printProblems(document, file, []) > 0) return 1;
  const at = callerOf(config, named);
  const preview = await previewAt(at, document);
  printPreview(preview);
  if (what === 'diff') return preview.problems.length > 0 ? 1 : 0;
  return push(at, document, { preview, isConfirmed });
};

async function check(config: Config, named: string | undefined): Promise<number> {
  const file = named ?? plansFileOf(config).path;
  const { products } = await import('#products');
  const document = await read(file);
  if (
    printProblems(
      document,
      file,
      products.map(({ key }) => key),
    ) > 0
  )
    return 1;
  for (const { product, plans: all } of readPlans(document).catalogues)
    process.stdout.write(`ok    ${product}: ${Object.keys(all).join(', ')}\n`);
  return 0;
}

async function read(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    const other = misnamedFile(file);
    const hint = other === undefined ? '' : ` ${other}`;
    throw new OperatorError(`${file} can not be read (${codeOf(cause)}).${hint}`, { cause });
  });
}

function printProblems(document: string, file: string, inSource: readonly string[]): number {
  const { problems } = readPlans(document, inSource);
  for (const problem of problems) process.stdout.write(`FAIL  ${file}, ${describeProblem(problem)}\n`);
  return problems.length;
}

const previewReply = z.object({
  version: z.number(),
  changes: z.array(z.object({ product: z.string(), path: z.string(), text: z.string() })),
  plans: z.array(
    z.object({
      plan: z.string(),
      accounts: z.number(),
      keep: z.number(),
      over: z.array(z.object({ limit: z.string(), accounts: z.number() })),
    }),
  ),
  problems: z.array(z.string()),
});
type Preview = z.infer<typeof previewReply>;

async function previewAt(at: SignedCaller, document: string): Promise<Preview> {
  return previewReply.parse(await at.call('POST /v1/admin/plans/preview', { document }));
}

function printPreview({ version, changes, plans: touched, problems }: Preview): void {
  if (changes.length === 0) say(`Nothing differs from version ${version}.`);
  for (const { product, path, text } of changes) say(`${product}${path === '' ? '' : ` ${path}`}: ${text}`);
  for (const { plan, accounts, keep, over } of touched) {
    const kept =
      keep === 0
        ? ''
        : `; ${accountsOf(keep)} that bought it ${keep === 1 ? 'keeps its' : 'keep their'} terms`;
    say(`${plan}: ${accountsOf(accounts)}${kept}`);
    for (const { limit, accounts: count } of over)
      say(
        `  ${count === 1 ? '1 of them has' : `${count} of them have`} used more ${limit} by now than they will have`,
      );
  }
  for (const problem of problems) say(`REFUSED  ${problem}`);
}

async function push(
  at: SignedCaller,
  document: string,
  { preview, isConfirmed }: { readonly preview: Preview; readonly isConfirmed: boolean },
): Promise<number> {
  if (preview.problems.length > 0) return 1;
  if (preview.changes.length === 0) return 0;
  if (!isConfirmed) {
    process.stdout.write('Nothing was changed: add --yes to put this into effect.\n');
    return 1;
  }
  // Another version that was pushed meanwhile is not overwritten.
  const ifMatch = { 'if-match': `"${preview.version}"` };
  const { version, complete } = await at.call('PUT /v1/admin/plans', { document }, ifMatch);
  const rest = complete === true ? '' : ' The last accounts get it within minutes.';
  process.stdout.write(`Version ${String(version)} is in effect.${rest}\n`);
  return 0;
}
