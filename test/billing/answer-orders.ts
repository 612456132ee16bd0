import { commitPoint, type Database, statement, type Transaction } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { advanceTo } from '@plinth/testkit/factories';
import { applyBodyIn } from '../../server/src/platform/billing/inbox/objects/apply-object.ts';
import { type Chance, chanceOf } from '../faults/chance.ts';
import { endOf, runIn } from './account-state.ts';
import type { Node } from './node.ts';
import { everyOrder, pairwiseOrders, shuffle, type OrdersTried } from './every-order.ts';
import type { Answer, FinishedScenario } from './run-scenarios.ts';

const NEVER = commitPoint('test.orders', 'an order that was tried, which is always taken back');

/** The events to try in every order; earlier ones are applied already. */
const MOST = 6;
/** What gives, takes and tells nothing by itself. */
const SMALL: ReadonlySet<Answer['kind']> = new Set(['customer', 'checkout']);
/** Above every number that a fetch had yet. */
const LATER = 1_000_000_000;

/**
 * Forgets all that stores have told, and what was made of it. What was told of failures stays, as it does when bodies are told again:
 * all but what was told when a history was over, while longer ones went on.
 */
export async function forgetEverything(db: Database, finished: readonly FinishedScenario[]): Promise<void> {
  await db.script(`
    truncate billing.inbox, billing.wants, billing.objects, billing.bodies, billing.customers, billing.subscriptions,
      billing.invoices, billing.payments, billing.refunds, billing.disputes, billing.gone_credits, billing.former_subscriptions, billing.former_invoices,
      billing.notices, webhooks.events cascade;
    truncate entitlements.snapshots, entitlements.grants, limits.credits;`);
  for (const { accountId, endedAt } of finished) await db.asMigrator(forgetToldAfter(accountId, endedAt));
}

/** Applies what was fetched last of each object in every order, or by pairs, at the instant at which the history ended. */
export async function inEveryOrder(
  node: Node,
  finished: FinishedScenario,
  { byPairs }: { readonly byPairs: boolean },
): Promise<OrdersTried> {
  const newest = newestOf(finished.answers);
  const things = newest.filter(({ kind }) => !SMALL.has(kind));
  const [before, tried] = [things.slice(0, -MOST), things.slice(-MOST)];
  const small = newest.filter(({ kind }) => SMALL.has(kind));
  return rolledBack(node, finished, async (tx) => {
    for (const answer of [...small, ...before]) await applyAnswer(node, tx, answer);
    return (byPairs ? pairwiseOrders : everyOrder)({
      tx,
      many: tried.length,
      apply: async (thing) => {
        const answer = tried[thing];
        if (answer !== undefined) await applyAnswer(node, tx, answer);
      },
      read: async () => {
        const rows = await node.reader.read(runIn(tx), finished.accountId);
        return { state: JSON.stringify(rows), end: endText(finished, rows) };
      },
    });
  });
}

/** Applies every answer that there ever was, each twice, in a random order: those that are stale by then change nothing. */
export async function inSomeOrder(node: Node, finished: FinishedScenario, seed: string): Promise<string> {
  const chance: Chance = chanceOf(`${finished.scenario.name} ${seed}`);
  const answers = shuffle([...finished.answers, ...finished.answers], chance);
  return rolledBack(node, finished, async (tx) => {
    for (const answer of answers) await applyAnswer(node, tx, answer);
    // A new customer's waiting objects are fetched again.
    const waiting = new Set((await tx.run(nobodysObjects())).map(({ id }) => id));
    for (const answer of newestOf(finished.answers))
      if (waiting.has(answer.id)) await applyAnswer(node, tx, { ...answer, number: answer.number + LATER });
    return endText(finished, await node.reader.read(runIn(tx), finished.accountId));
  });
}

/** The end of a history as texts are compared. */
export function endText(
  { endedAt }: Pick<FinishedScenario, 'endedAt'>,
  rows: Parameters<typeof endOf>[0],
): string {
  return JSON.stringify(endOf(rows, endedAt), undefined, 1);
}

async function rolledBack<T>(
  node: Node,
  { endedAt }: FinishedScenario,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  await advanceTo(node.db, endedAt.toISOString());
  let answer: { readonly value: T } | undefined;
  const taken = new Error('taken back');
  await node.db
    .system('billing.inbox', NEVER, async (tx) => {
      answer = { value: await work(tx) };
      throw taken;
    })
    .catch((error: unknown) => {
      if (error !== taken) throw error;
    });
  if (answer === undefined) throw new Error('nothing was tried');
  return answer.value;
}

async function applyAnswer(
  { projection, provider }: Node,
  tx: Transaction,
  { kind, id, number, body }: Answer,
): Promise<void> {
  const ref = { kind, id };
  await applyBodyIn({ projection }, tx, { provider, ref, number, body, facts: provider.read(ref, body) });
}

function newestOf(answers: readonly Answer[]): Answer[] {
  const newest = new Map(answers.map((answer) => [`${answer.kind} ${answer.id}`, answer]));
  return [...newest.values()].sort((a, b) => a.number - b.number);
}

const forgetToldAfter = (accountId: AccountId, at: Date) =>
  statement('delete from billing.told_failures where account_id = $1 and told_at > $2', [accountId, at]);

const nobodysObjects = () =>
  statement<{ id: string }>('select object_id as id from billing.objects where account_id is null');
