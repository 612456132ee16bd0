import { moneyOf } from '#platform/billing';
import type { Config } from '#platform/config';
import { z } from 'zod';
import { callerOf, isServerWord, type SignedCaller } from './server-caller.ts';
import { printUsage, say } from './verb.ts';

export const MOVES_USAGE = `       plinth plans sold                list the terms at which plans were sold, and how many accounts keep them
       plinth plans move PLAN at=renewal|now [notice=DAYS] [from=1,2] [--yes]
                                        move customers to the present terms of a plan (notes.pro); without --yes, show whom
       plinth plans moves               list the newest moves
       plinth plans end ID              end a move: who has not passed keeps their terms
`;

const changes = z.array(z.object({ path: z.string(), text: z.string() }));
const soldReply = z.object({
  versions: z.array(
    z.object({
      plan: z.string(),
      version: z.number(),
      accounts: z.number(),
      recurring: z.array(z.object({ currency: z.string(), mrr_minor: z.number() })),
      is_sold: z.boolean(),
      first_sold_at: z.string(),
      changes,
    }),
  ),
});
const move = z.object({
  id: z.string(),
  plan: z.string(),
  from: z.array(z.number()),
  at: z.string(),
  starts_at: z.string(),
  state: z.string(),
  accounts: z.number(),
});

export const accountsOf = (count: number) => (count === 1 ? '1 account' : `${count} accounts`);

/** `2 accounts, 59.80 USD a month` */
function whoPays({ accounts, recurring }: z.infer<typeof soldReply>['versions'][number]): string {
  const sums = recurring.map((one) => moneyOf(one.mrr_minor, one.currency));
  return sums.length === 0 ? accountsOf(accounts) : `${accountsOf(accounts)}, ${sums.join(' and ')} a month`;
}

/** `plans sold|move|moves|end`. Ends with 1 where nothing was changed that should be. */
export async function planMoves(config: Config, what: string, words: readonly string[]): Promise<number> {
  const named = words.filter(isServerWord);
  const rest = words.filter((word) => !named.includes(word) && word !== '--yes');
  const at = callerOf(config, named);
  if (what === 'sold' && rest.length === 0) return listSold(at);
  if (what === 'moves' && rest.length === 0) return listMoves(at);
  const [first, ...options] = rest;
  if (what === 'end' && first !== undefined && options.length === 0) return endMove(at, first);
  const wanted = optionsOf(options);
  if (what !== 'move' || first === undefined || wanted === undefined)
    return printUsage(rest.at(-1), `Usage: ${MOVES_USAGE.trimStart()}`);
  return moveCustomers(at, { plan: first, ...wanted }, words.includes('--yes'));
}

interface Options {
  readonly at: 'renewal' | 'now';
  readonly notice_days: number;
  readonly from?: readonly number[];
}

/** undefined: one of them is not known, or `at` is missing. */
function optionsOf(words: readonly string[]): Options | undefined {
  const found = Object.fromEntries(words.map((word) => word.split('=', 2) as [string, string]));
  const isKnown = Object.keys(found).every((name) => ['at', 'notice', 'from'].includes(name));
  const { at, notice = '0', from } = found;
  if (!isKnown || (at !== 'renewal' && at !== 'now') || !/^\d{1,3}$/.test(notice)) return undefined;
  if (from === undefined) return { at, notice_days: Number(notice) };
  if (!/^\d{1,9}(,\d{1,9})*$/.test(from)) return undefined;
  return { at, notice_days: Number(notice), from: from.split(',').map(Number) };
}

async function listSold(at: SignedCaller): Promise<number> {
  const { versions } = soldReply.parse(await at.call('GET /v1/admin/plans/sold'));
  if (versions.length === 0) say('No plan was sold yet.');
  for (const one of versions) {
    const since = one.first_sold_at.slice(0, 10);
    say(
      `${one.plan} version ${one.version}, since ${since}: ${whoPays(one)}${one.is_sold ? ', sold now' : ''}`,
    );
    for (const { path, text } of one.changes) say(`  ${path}: ${text}`);
  }
  return 0;
}

async function moveCustomers(
  at: SignedCaller,
  order: Options & { readonly plan: string },
  isConfirmed: boolean,
): Promise<number> {
  const { plan, from: versions } = order;
  const { versions: all } = soldReply.parse(await at.call('GET /v1/admin/plans/sold'));
  const from = all.filter(
    (one) =>
      one.plan === plan && !one.is_sold && one.accounts > 0 && versions?.includes(one.version) !== false,
  );
  if (from.length === 0) {
    say(`No account has ${plan} at other terms than those that it is sold at now.`);
    return 1;
  }
  for (const one of from) {
    say(`${plan} version ${one.version}: ${whoPays(one)}`);
    for (const { path, text } of one.changes) say(`  ${path}: ${text}`);
  }
  if (!isConfirmed) {
    say('Nothing was changed: add --yes to tell and move them.');
    return 1;
  }
  const made = move.parse(await at.call('POST /v1/admin/plans/moves', order));
  const count = from.reduce((sum, { accounts }) => sum + accounts, 0);
  const [tells, passes] = count === 1 ? ['is', 'passes'] : ['are', 'pass'];
  const day = made.starts_at.slice(0, 10);
  const when = made.at === 'now' ? `on ${day}` : `with the first period that begins after ${day}`;
  say(`${accountsOf(count)} ${tells} told, and ${passes} ${when}. Move ${made.id}.`);
  return 0;
}

async function listMoves(at: SignedCaller): Promise<number> {
  const { moves } = z.object({ moves: z.array(move) }).parse(await at.call('GET /v1/admin/plans/moves'));
  if (moves.length === 0) say('No customers were moved yet.');
  for (const one of moves)
    say(
      `${one.id} ${one.plan} from ${one.from.join(', ')}, ${one.at} from ${one.starts_at.slice(0, 10)}: ${one.state}, ${accountsOf(one.accounts)}`,
    );
  return 0;
}

async function endMove(at: SignedCaller, id: string): Promise<number> {
  const ended = move.parse(await at.call(`DELETE /v1/admin/plans/moves/${encodeURIComponent(id)}`));
  say(
    `The move of ${ended.plan} is ended. ${accountsOf(ended.accounts)} had passed, or wait no more for their next period.`,
  );
  return 0;
}
