import { createIds, systemClock, systemRandom, usd } from '#platform/kernel';
import { createOperatorBudgets, type OperatorBudget, type Selection } from '#platform/limits';
import { withTables } from './migrate.ts';
import { printUsage, type Verb } from './verb.ts';

const USAGE = `Usage: plinth budget list
       plinth budget set <dollars a day> [product=reel] [feature=generation] [provider=openai] [plan=reel.pro]
       plinth budget close|open [product=reel] [feature=generation] [provider=openai] [plan=reel.pro]
`;

const FIELDS = ['product', 'feature', 'provider', 'plan'] as const;

/** `budget list|set|close|open`: what model calls may cost the operator a day, over all accounts; and the switch. */
export const budget: Verb = async ({ config, words: [what = '', ...words] }) => {
  const [amount = '', ...rest] = words;
  const selection = selectionOf(what === 'set' ? rest : words);
  const isKnown = ['list', 'set', 'close', 'open'].includes(what);
  if (!isKnown || selection === undefined || (what === 'set' && !/^\d+(\.\d{1,2})?$/.test(amount))) {
    return printUsage(wrongWord(what, words), USAGE);
  }
  return withTables(config, async (db) => {
    const ids = createIds({ clock: systemClock, random: systemRandom });
    const budgets = createOperatorBudgets({ db, ids });
    if (what === 'set') await budgets.set(selection, { daily: usd(amount) });
    else if (what !== 'list') await budgets.set(selection, { closed: what === 'close' });
    const all = await budgets.list();
    process.stdout.write(all.length === 0 ? 'There are no budgets.\n' : `${all.map(line).join('\n')}\n`);
    return 0;
  });
};

/** `product=reel`, one word each; undefined when a word is none of them. */
function selectionOf(words: readonly string[]): Selection | undefined {
  const named = words.map((word) => word.split('='));
  const fits = named.every(([name, value, ...more]) => isField(name) && Boolean(value) && more.length === 0);
  return fits ? Object.fromEntries(named) : undefined;
}

/** The first word that does not fit its place. */
function wrongWord(what: string, words: readonly string[]): string | undefined {
  if (!['list', 'set', 'close', 'open'].includes(what)) return what;
  const [amount, ...rest] = words;
  if (what === 'set' && !/^\d+(\.\d{1,2})?$/.test(amount ?? '')) return amount;
  return (what === 'set' ? rest : words).find((word) => selectionOf([word]) === undefined);
}

function isField(name: string | undefined): boolean {
  return FIELDS.some((field) => field === name);
}

function line(of: OperatorBudget): string {
  const named = FIELDS.flatMap((field) => (of[field] === undefined ? [] : [`${field}=${of[field]}`]));
  const spent = `$${(of.spent / 1_000_000).toFixed(2)}`;
  const daily = of.daily === null ? 'no cap' : `$${(of.daily / 1_000_000).toFixed(2)} a day`;
  const isUsedUp = of.daily !== null && of.spent >= of.daily;
  const state = of.closed ? 'closed by hand' : isUsedUp ? 'closed: used up' : 'open';
  return `${named.join(' ') || 'everything'}: ${spent} of ${daily}, ${state}`;
}
