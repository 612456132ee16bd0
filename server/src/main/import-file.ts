import { createReadStream, existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createSubscriptionImporter } from '#platform/billing';
import { createUserImporter } from '#platform/identity';
import {
  type Format,
  formatOf,
  type Imported,
  type Importer,
  importRecords,
  recordsOf,
} from '#platform/imports';
import { openReport } from './import-report.ts';
import { type Invocation, printUsage, type Verb } from './verb.ts';
import { withApp } from './with-app.ts';

const USAGE = `Usage: plinth import users FILE [--dry-run] [--format csv|jsonl] [--report FILE]
       plinth import subscriptions FILE [--dry-run] [--format csv|jsonl] [--report FILE]
       plinth import customers FILE|--stripe | balances FILE    to a server that runs
       plinth import litellm CONFIG.YAML [FOLDER]

CSV with a header line, or JSON lines. See docs/import.md, and docs/moving.md.
`;

interface Order {
  readonly kind: 'users' | 'subscriptions';
  readonly file: string;
  readonly format: Format;
  readonly trying: boolean;
  /** Where lines that were not taken are listed, as JSON lines; they are printed when not said. */
  readonly report: string | undefined;
}

/** `import users|subscriptions FILE`: people and what they bought, from another system. Ends with 1 when a line was not taken. */
export const importFile: Verb = async (invocation) => {
  const [what] = invocation.words;
  if (what === 'litellm') return (await import('./litellm/import-litellm.ts')).importLiteLlm(invocation);
  if (what === 'customers' || what === 'balances')
    return (await import('./import-customers.ts')).importCustomers(invocation, what);
  const order = orderOf(invocation.words);
  if ('wrong' in order) return printUsage(order.wrong, USAGE);
  if (!existsSync(order.file)) {
    process.stderr.write(`There is no file ${order.file}.\n`);
    return 2;
  }
  const { added, known, problems } = await run(invocation, order);
  const count = `${added} added, ${known} known, ${problems} not taken`;
  process.stdout.write(order.trying ? `Nothing was changed. It would be: ${count}\n` : `${count}\n`);
  return problems > 0 ? 1 : 0;
};

const OPTIONS = {
  'dry-run': { type: 'boolean', default: false },
  format: { type: 'string' },
  report: { type: 'string' },
} as const;

/** The order, or the word that does not fit it: undefined when one is missing. */
function orderOf(words: readonly string[]): Order | { readonly wrong: string | undefined } {
  const args = [...words];
  const { tokens } = parseArgs({
    args,
    strict: false,
    tokens: true,
    allowPositionals: true,
    options: OPTIONS,
  });
  const stranger = tokens.find((token) => token.kind === 'option' && !Object.hasOwn(OPTIONS, token.name));
  if (stranger !== undefined) return { wrong: words[stranger.index] };
  try {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
    const [kind, file = '', ...more] = positionals;
    if (kind !== 'users' && kind !== 'subscriptions') return { wrong: kind };
    if (more[0] !== undefined) return { wrong: more[0] };
    const format = values.format ?? formatOf(file);
    if (format !== 'csv' && format !== 'jsonl') return { wrong: values.format ?? file };
    return { kind, file, format, trying: values['dry-run'], report: values.report };
  } catch {
    // A known option with a value too many, or without one.
    const option = tokens.findLast((token) => token.kind === 'option');
    return { wrong: option === undefined ? undefined : words[option.index] };
  }
}

async function run(invocation: Invocation, order: Order): Promise<Imported> {
  return withApp(invocation, 'import', async ({ modules }) => {
    const report = openReport(order.report);
    const importing = <Row>(importer: Importer<Row>) =>
      importRecords(recordsOf(createReadStream(order.file), order.format), importer, {
        trying: order.trying,
        report: report.write,
      });
    try {
      return order.kind === 'users'
        ? await importing(createUserImporter({ ...modules, ...modules.accounts }))
        : await importing(createSubscriptionImporter(modules));
    } finally {
      report.close();
    }
  });
}
