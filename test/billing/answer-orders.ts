import { commitPoint, type Database, statement, type Transaction } from '#platform/db';
import { advanceTo } from '#test/factories';
import { tellIn } from '../../src/platform/billing/inbox/objects/apply-object.ts';
import { type Chance, chanceOf } from '../faults/chance.ts';
import { endOf, within } from './account-state.ts';
import type { Node } from './node.ts';
import { everyOrder, shuffled, type Tried } from './every-order.ts';
import type { Answer, Played } from './run-scenarios.ts';

const NEVER = commitPoint('test.orders', 'an order that was tried, which is always taken back');

/** The hints of which every order is tried; what came before them is there already. */
const MOST = 6;
/** What gives, takes and tells nothing by itself. */
const SMALL: ReadonlySet<Answer['kind']> = new Set(['customer', 'checkout']);
/** Of a number that no fetch had yet. */
const LATER = 1_000_000_000;

/** Forgets all that stores have told, and what was made of it. */
export async function forgetEverything(db: Database): Promise<void> {
  await db.script(`
    truncate billing.inbox, billing.wants, billing.objects, billing.bodies, billing.customers, billing.subscriptions,
      billing.invoices, billing.payments, billing.refunds, billing.disputes, billing.notices, webhooks.events cascade;
    truncate entitlements.snapshots, entitlements.grants;`);
}

/** Applies what was fetched last of each object in every order, at the instant at which the history ended. */
export async function inEveryOrder(node: Node, played: Played): Promise<Tried> {
  const newest = newestOf(played.answers);
  const things = newest.filter(({ kind }) => !SMALL.has(kind));
  const [before, tried] = [things.slice(0, -MOST), things.slice(-MOST)];
  const small = newest.filter(({ kind }) => SMALL.has(kind));
  return takenBack(node, played, async (tx) => {
    for (const answer of [...small, ...before]) await tell(node, tx, answer);
    return everyOrder({
      tx,
      many: tried.length,
      apply: async (thing) => {
        const answer = tried[thing];
        if (answer !== undefined) await tell(node, tx, answer);
      },
      read: async () => {
        const rows = await node.reader.read(within(tx), played.accountId);
        return { state: JSON.stringify(rows), end: comparable(played, rows) };
      },
    });
  });
}

/** Applies every answer that there ever was, each twice, in a random order: those that are stale by then change nothing. */
export async function inSomeOrder(node: Node, played: Played, seed: string): Promise<string> {
  const chance: Chance = chanceOf(`${played.history.name} ${seed}`);
  const answers = shuffled([...played.answers, ...played.answers], chance);
  return takenBack(node, played, async (tx) => {
    for (const answer of answers) await tell(node, tx, answer);
    // Whoever becomes a customer of ours has what was waiting for them fetched again.
    const waiting = new Set((await tx.run(nobodysObjects())).map(({ id }) => id));
    for (const answer of newestOf(played.answers))
      if (waiting.has(answer.id)) await tell(node, tx, { ...answer, number: answer.number + LATER });
    return comparable(played, await node.reader.read(within(tx), played.accountId));
  });
}

/** The end of a history as texts are compared. */
export function comparable({ endedAt }: Pick<Played, 'endedAt'>, rows: Parameters<typeof endOf>[0]): string {
  return JSON.stringify(endOf(rows, endedAt), undefined, 1);
}

async function takenBack<T>(
  node: Node,
  { endedAt }: Played,
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

async function tell(
  { folding, store }: Node,
  tx: Transaction,
  { kind, id, number, body }: Answer,
): Promise<void> {
  const ref = { kind, id };
  await tellIn({ folding }, tx, { store, ref, number, body, facts: store.read(ref, body) });
}

function newestOf(answers: readonly Answer[]): Answer[] {
  const newest = new Map(answers.map((answer) => [`${answer.kind} ${answer.id}`, answer]));
  return [...newest.values()].sort((a, b) => a.number - b.number);
}

const nobodysObjects = () =>
  statement<{ id: string }>('select object_id as id from billing.objects where account_id is null');
