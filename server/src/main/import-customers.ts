import { createReadStream, existsSync } from 'node:fs';
import { type Format, formatOf, type Problem, recordsOf } from '#platform/imports';
import { sha256 } from '#platform/kernel';
import { openReport, printLine } from './import-report.ts';
import { type ImportRow, sendRows } from './send-rows.ts';
import { callerOf, isServerWord, type SignedCaller } from './server-caller.ts';
import { stripeRows } from './stripe-rows.ts';
import { type Invocation, printUsage } from './verb.ts';

const USAGE = `Usage: plinth import customers FILE [--dry-run] [--strict] [--report FILE] [--format csv|jsonl] [url=…] [key=…]
       plinth import customers --stripe [--id id|email|metadata.NAME] [--dry-run] [--strict] [--report FILE] [url=…] [key=…]
       plinth import balances FILE [--dry-run] [--strict] [--report FILE] [--format csv|jsonl] [url=…] [key=…]

They go to the server that url= and key= name, else to the one of this DATA_DIR with the key of its owner.json. --stripe reads the customers of
Stripe with STRIPE_KEY, a restricted key (rk_…) that may read customers. --strict: nothing is changed where one line is not taken.
See docs/import.md.
`;

type Kind = 'customers' | 'balances';

interface Order {
  readonly kind: Kind;
  /** Undefined: the customers come from Stripe. */
  readonly source: { readonly file: string; readonly format: Format } | undefined;
  /** The field of a customer of Stripe's that is their external id. */
  readonly idFrom: string;
  readonly isTrying: boolean;
  readonly isStrict: boolean;
  readonly report: string | undefined;
  readonly server: readonly string[];
}

/** `import customers|balances`: through the API of a server that runs. Ends with 1 where a line was not taken. */
export async function importCustomers(
  { config, words }: Invocation,
  kind: Kind,
  print = printLine,
): Promise<number> {
  const order = orderOf(kind, words.slice(1));
  if ('wrong' in order) return printUsage(order.wrong, USAGE);
  if (order.source !== undefined && !existsSync(order.source.file)) {
    process.stderr.write(`There is no file ${order.source.file}.\n`);
    return 2;
  }
  const to = { caller: callerOf(config, order.server), print };
  const rows = () =>
    order.source === undefined
      ? stripeRows(config, order.idFrom)
      : fileRows(kind, recordsOf(createReadStream(order.source.file), order.source.format));
  if (order.isTrying || order.isStrict) {
    const tried = await run(to, order, { rows: rows(), isTrying: true });
    if (order.isTrying || tried.problems > 0) {
      print(`Nothing was changed. It would be: ${tried.says}`);
      return tried.problems > 0 ? 1 : 0;
    }
  }
  const { says, problems } = await run(to, order, { rows: rows(), isTrying: false });
  print(says);
  return problems > 0 ? 1 : 0;
}

async function run(
  { caller, print }: { readonly caller: SignedCaller; readonly print: (line: string) => void },
  { kind, report: path }: Order,
  { rows, isTrying }: { readonly rows: ReturnType<typeof fileRows>; readonly isTrying: boolean },
): Promise<{ readonly says: string; readonly problems: number }> {
  const report = openReport(path, print);
  try {
    const counts = await sendRows({ caller, kind, isTrying, report: report.write }, rows);
    const problems = counts.get('refused') ?? 0;
    const all = WORDS[kind].map((word) => `${counts.get(word) ?? 0} ${word}`);
    const linked = counts.get('linked') ?? 0;
    if (linked > 0) all.push(`${linked} linked to Stripe`);
    return { says: [...all, `${problems} not taken`].join(', '), problems };
  } finally {
    report.close();
  }
}

const WORDS = { customers: ['created', 'changed', 'unchanged'], balances: ['given', 'known'] } as const;

const VALUED = new Set(['--report', '--format', '--id']);
const FLAGS = new Set(['--dry-run', '--strict', '--stripe']);

/** The order, or the word that does not fit it: undefined when one is missing. */
function orderOf(kind: Kind, words: readonly string[]): Order | { readonly wrong: string | undefined } {
  const files: string[] = [];
  const flags = new Set<string>();
  const values = new Map<string, string>();
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    const next = words[index + 1];
    if (FLAGS.has(word)) flags.add(word);
    else if (VALUED.has(word) && next !== undefined) values.set(word, words[++index] ?? '');
    else if (word.startsWith('-')) return { wrong: word };
    else if (!isServerWord(word)) files.push(word);
  }
  const [file, more] = files;
  const isStripe = flags.has('--stripe');
  if (more !== undefined) return { wrong: more };
  if (isStripe && (kind === 'balances' || file !== undefined)) return { wrong: file ?? '--stripe' };
  if (!isStripe && (file === undefined || values.has('--id'))) return { wrong: file && '--id' };
  const format = values.get('--format') ?? formatOf(file ?? '.csv');
  if (format !== 'csv' && format !== 'jsonl') return { wrong: values.get('--format') ?? file };
  const idFrom = values.get('--id') ?? 'id';
  if (!/^(id|email|metadata\..+)$/.test(idFrom)) return { wrong: idFrom };
  return {
    kind,
    source: file === undefined ? undefined : { file, format },
    idFrom,
    isTrying: flags.has('--dry-run'),
    isStrict: flags.has('--strict'),
    report: values.get('--report'),
    server: words.filter(isServerWord),
  };
}

const COLUMNS: Readonly<Record<Kind, readonly string[]>> = {
  customers: ['external_id', 'name', 'email', 'time_zone', 'locale', 'kind', 'metadata'],
  balances: ['id', 'external_id', 'product', 'limit', 'amount', 'expires_at'],
};

async function* fileRows(
  kind: Kind,
  records: ReturnType<typeof recordsOf>,
): AsyncGenerator<ImportRow | Problem<string>> {
  /** Counts of equal rows without an id: each is credits of its own. */
  const counts = new Map<string, number>();
  for await (const record of records) {
    if ('code' in record) {
      yield record;
      continue;
    }
    const { line, fields } = record;
    const stranger = Object.keys(fields).find(
      (name) => !COLUMNS[kind].includes(name) && !(kind === 'customers' && name.startsWith('metadata.')),
    );
    if (stranger !== undefined) yield { line, code: 'field_unknown', field: stranger.slice(0, 40) };
    else if (kind === 'customers') yield { line, key: fields['external_id'], item: customerItem(fields) };
    else {
      const item = creditsItem(fields, counts);
      yield { line, key: [item.customer, item.id], item };
    }
  }
}

function customerItem(fields: Readonly<Record<string, unknown>>) {
  const all = Object.entries(fields);
  const metadata = all.filter(([name]) => name.startsWith('metadata.'));
  const item = Object.fromEntries(all.filter(([name]) => !name.startsWith('metadata.')));
  if (metadata.length === 0) return item;
  return { ...item, metadata: Object.fromEntries(metadata.map(([name, value]) => [name.slice(9), value])) };
}

/** Without an id of its own a row is known by its contents, and by how many equal ones stand before it. */
function creditsItem(fields: Readonly<Record<string, unknown>>, counts: Map<string, number>) {
  const { external_id: customer, id, amount, ...more } = fields;
  const { product, limit, expires_at: until } = fields;
  const contents = JSON.stringify([customer, product, limit, amount, until].map((one) => one ?? null));
  const count = (counts.get(contents) ?? 0) + 1;
  if (id === undefined) counts.set(contents, count);
  const number = typeof amount === 'string' && /^\d{1,15}$/.test(amount) ? Number(amount) : amount;
  return { customer, id: id ?? `row:${sha256(`${contents} ${count}`)}`, amount: number, ...more };
}
