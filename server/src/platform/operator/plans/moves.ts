import { type Audit, actorOf, type RequestOrigin } from '#platform/audit';
import type { Mode } from '#platform/billing';
import { commitPoint, type Database, type Transaction } from '#platform/db';
import {
  atTerms,
  type Catalogue,
  type Entitlements,
  localName,
  stayAtTerms,
  termsOf,
} from '#platform/entitlements';
import { AppError, type Ids, invalidInput } from '#platform/kernel';
import { managersOf } from '#platform/limits';
import { answer, type Caller, type Once } from '#platform/http';
import type { Mail } from '#platform/mail';
import type { Queue } from '#platform/queue';
import { comparePlans, type PlanChange } from './compare.ts';
import { changesInWords } from './moves-words.ts';
import * as store from './moves-store.ts';
import { lockPlans } from './store.ts';

const ORDER = commitPoint(
  'plans.move',
  'that customers pass to other terms, or no longer do, and its line of the audit',
);
const TELL = commitPoint(
  'plans.move-told',
  'mails to some of the accounts of a move, and how far it has come',
);
const PASS = commitPoint('plans.move-passed', 'some of the accounts of a move, at their new terms');
const JOB = 'plans.moves';
/** Accounts of one transaction. */
const BATCH = 200;

export interface MovesParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly audit: Audit;
  readonly entitlements: Pick<Entitlements, 'catalogues' | 'moveTermsIn' | 'announce'>;
  readonly mail: Pick<Mail, 'sending'>;
  readonly jobs: Pick<Queue, 'handle' | 'schedule'>;
  /** The mode of purchases that count as revenue. */
  readonly mode: Mode;
}

interface Ordered {
  readonly caller: Caller;
  readonly origin: RequestOrigin;
}

export interface MoveOrder extends Ordered {
  readonly once: Once;
  /** `notes.pro` */
  readonly plan: string;
  /** Versions; all that accounts have, when not said. */
  readonly from?: readonly number[] | undefined;
  /** With the first period that begins after the notice, or all of them at its end. */
  readonly at: store.MoveRow['at'];
  readonly noticeDays: number;
}

/** A version of a plan that accounts have, beside the plan as it is now. */
export interface SoldPlan extends Omit<store.SoldVersion, 'terms'> {
  /** Whether a purchase gets these terms now. */
  readonly isSold: boolean;
  /** The difference to the plan as it is now. */
  readonly changes: readonly PlanChange[];
}

export type PlanMoves = ReturnType<typeof createMoves>;

/** Terms at which plans were sold, and customers who are moved from some of them to the present ones (docs/plans-file.md). */
export function createMoves(parts: MovesParts) {
  const { db, audit, entitlements, jobs } = parts;

  async function sold(): Promise<SoldPlan[]> {
    const [rows] = await db.system('plans.read', [store.soldVersions([...entitlements.catalogues.keys()])]);
    return rows.flatMap((row) => {
      const catalogue = entitlements.catalogues.get(row.product);
      return catalogue === undefined || !Object.hasOwn(catalogue.plans, row.plan)
        ? []
        : [soldPlan(catalogue, row)];
    });
  }

  async function order(wanted: MoveOrder) {
    const { at, noticeDays, caller, once } = wanted;
    // All that may be refused is looked at in here: a repeat of an order that was carried out is answered as it was.
    const write = async (tx: Transaction) => {
      const found = planOf(entitlements.catalogues, wanted.plan);
      const of = { product: found.catalogue.product, plan: found.plan };
      await tx.run(lockPlans);
      const from = await passingIn(tx, wanted, found);
      for (const former of await tx.run(store.revokeMovesOf(of))) await endIn(tx, former, wanted);
      const row = { ...of, id: parts.ids.next(), from, at, noticeDays };
      const [made] = await tx.run(
        store.insertMove({ ...row, terms: termsOf(found.present), by: caller.userId }),
      );
      if (made === undefined) throw new Error('a move was not stored');
      await audit.recordIn(tx, eventOf('plans.move_ordered', made, wanted));
      return answer(201, store.moveView(made));
    };
    return once(ORDER, write, { use: 'plans.change' });
  }

  async function endIn(tx: Transaction, move: store.MoveRow, by: Ordered): Promise<void> {
    await tx.run(stayAtTerms(moveOf(move)));
    await audit.recordIn(tx, eventOf('plans.move_revoked', move, by));
  }

  async function revoke({ id, ...by }: Ordered & { readonly id: string }) {
    return db.system('plans.change', ORDER, async (tx) => {
      const [ended] = await tx.run(store.revokeMove(id));
      if (ended === undefined) {
        const [known] = await tx.run(store.moveById(id));
        if (known === undefined) throw new AppError('not_found');
        if (known.state === 'revoked') return known;
        throw new AppError('conflict', { message: 'All have passed: there is nothing left to end.' });
      }
      await endIn(tx, ended, by);
      return ended;
    });
  }

  /** Each answers whether there may be more to do. */
  const tell = (id: string) => db.system('plans.change', TELL, (tx) => tellIn(parts, tx, id));
  async function pass(id: string): Promise<boolean> {
    const { accounts, isDone } = await db.system('entitlements.rewrite', PASS, (tx) => passIn(parts, tx, id));
    for (const accountId of accounts) entitlements.announce(accountId);
    return !isDone;
  }

  async function run(): Promise<void> {
    const [rows] = await db.system('plans.read', [store.movesUnderWay]);
    for (const { move_id } of rows) {
      while (await tell(move_id));
      while (await pass(move_id));
    }
  }

  jobs.handle({ kind: JOB, attempts: 1, run, giveUp: () => Promise.resolve() });
  jobs.schedule({ name: JOB, cron: '* * * * *', kind: JOB });
  return {
    sold,
    async recurring(): Promise<store.VersionRevenue[]> {
      const [rows] = await db.system('plans.read', [store.recurringByVersion(parts.mode)]);
      return rows;
    },
    order,
    revoke,
    run,
    async list(): Promise<store.MoveRow[]> {
      const [rows] = await db.system('plans.read', [store.listMoves]);
      return rows;
    },
  };
}

/** The versions that pass by an order: those that accounts have, and that differ from the plan as it is sold. */
async function passingIn(
  tx: Transaction,
  { plan: id, from }: MoveOrder,
  { catalogue, plan }: Pick<ReturnType<typeof planOf>, 'catalogue' | 'plan'>,
) {
  const rows = await tx.run(store.soldVersions([catalogue.product]));
  const all = rows.filter((row) => row.plan === plan).map((row) => soldPlan(catalogue, row));
  const unknown = from?.find((version) => !all.some((one) => one.version === version));
  if (unknown !== undefined) throw invalidInput('body.from', `${id} was never sold as version ${unknown}.`);
  const left = all.filter(
    ({ isSold, accounts, version }) => !isSold && accounts > 0 && from?.includes(version) !== false,
  );
  if (left.length > 0) return left.map(({ version }) => version);
  const message = `No account has ${id} at other terms than those that it is sold at now.`;
  throw new AppError('conflict', { message });
}

/** Tells some of the accounts. False: all were told, or another process does it. */
async function tellIn({ mail, entitlements }: MovesParts, tx: Transaction, id: string): Promise<boolean> {
  const [move] = await tx.run(store.lockMove(id));
  if (move?.state !== 'telling') return false;
  const [accounts, terms] = await tx.runAll([
    store.accountsToTell(move, BATCH),
    store.soldVersions([move.product]),
  ]);
  const catalogue = entitlements.catalogues.get(move.product);
  const present = terms.find(({ plan, version }) => plan === move.plan && version === move.to_version);
  for (const { account_id: accountId, version } of accounts) {
    const former = terms.find((one) => one.plan === move.plan && one.version === version);
    const plan = catalogue?.plans[move.plan];
    if (catalogue === undefined || plan === undefined || former === undefined || present === undefined)
      continue;
    const changes = changesInWords(catalogue, atTerms(plan, former.terms), atTerms(plan, present.terms));
    const day = move.starts_at.toISOString().slice(0, 10);
    const people = await tx.run(managersOf(accountId));
    await tx.runAll(
      people.flatMap(({ user_id: userId, email: to, account }) =>
        mail.sending({
          to,
          accountId,
          userId,
          product: move.product,
          once: `plan_terms ${id} ${userId} ${accountId}`,
          template: 'plan_terms',
          facts: {
            account,
            product: catalogue.name,
            plan: plan.name,
            changes,
            from: move.at === 'now' ? `from ${day} on` : `with the first period that begins after ${day}`,
          },
        }),
      ),
    );
  }
  await tx.run(store.noteTold(id, accounts.at(-1)?.account_id));
  return true;
}

async function passIn({ entitlements }: MovesParts, tx: Transaction, id: string) {
  const [move] = await tx.run(store.lockMove(id));
  if (move?.state !== 'waiting' || !move.is_due) return { accounts: [], isDone: true };
  const rows = await tx.run(store.accountsToMove(move, BATCH));
  const accounts = rows.map(({ account_id }) => account_id);
  await entitlements.moveTermsIn(tx, { accountIds: accounts, move: moveOf(move) });
  const isDone = accounts.length < BATCH;
  await tx.run(store.noteMoved(id, accounts.length, isDone));
  return { accounts, isDone };
}

const moveOf = ({ product, plan, from_versions: from, to_version: to, at }: store.MoveRow) => ({
  product,
  plan,
  from,
  to,
  at,
});

function planOf(catalogues: ReadonlyMap<string, Catalogue>, id: string) {
  const product = id.split('.', 1)[0] ?? '';
  const catalogue = catalogues.get(product);
  const plan = localName(product, id);
  const present =
    catalogue !== undefined && Object.hasOwn(catalogue.plans, plan) ? catalogue.plans[plan] : undefined;
  if (catalogue === undefined || present === undefined)
    throw invalidInput('body.plan', 'There is no such plan.');
  return { catalogue, plan, present };
}

function soldPlan(catalogue: Catalogue, { terms, ...row }: store.SoldVersion): SoldPlan {
  const present = catalogue.plans[row.plan];
  if (present === undefined) return { ...row, isSold: false, changes: [] };
  const former = { ...atTerms(present, terms), price: terms.price };
  const of = (plan: typeof present): Catalogue => ({ ...catalogue, plans: { [row.plan]: plan } });
  const changes = comparePlans([of(former)], [of(present)]);
  return { ...row, isSold: changes.length === 0, changes };
}

function eventOf(action: string, move: store.MoveRow, { caller, origin }: Ordered) {
  const { move_id, product, plan, from_versions, to_version, at, starts_at } = move;
  return {
    action,
    actor: actorOf(caller),
    target: { kind: 'plans', id: move_id },
    changes: { plan: `${product}.${plan}`, from: [...from_versions], to: to_version, at, starts_at },
    origin,
  };
}
