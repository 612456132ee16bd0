import { commitPoint, type Database, type Transaction } from '#platform/db';
import { type AccountId, sha256 } from '#platform/kernel';
import type { Emitting, NewEvent } from '#platform/webhooks';
import { allowancesIn } from './allowances.ts';
import { type Catalogue, isPack } from './catalogue.ts';
import { withoutDefault } from './effective.ts';
import {
  accountsWithDefault,
  accountsWithGrants,
  beginSync,
  type Change,
  endSync,
  type Grant,
  grantOf,
  grantsIn,
  insertSnapshots,
  keepPresentTerms,
  lockAccounts,
  noteOtherPlans,
  presentTime,
  productsWithoutTerms,
  syncedTo,
  type WrittenSnapshot,
} from './store.ts';
import { type Segment, segmentAt, timelineOf } from './timeline.ts';

const BEGIN = commitPoint(
  'entitlements.sync-begun',
  "a product's changed plans are known, and its default timeline is in effect",
);
const REWRITE = commitPoint(
  'entitlements.sync-rewritten',
  'one batch of accounts has the timelines of the changed plans',
);
const KEEP = commitPoint(
  'entitlements.terms-kept',
  'purchases from before there were terms keep those that their plans have now',
);
const END = commitPoint('entitlements.sync-ended', 'all accounts have, and the next start has nothing to do');

/** A transaction of this many accounts takes some 20 ms, for which a grant to one of them waits. */
const BATCH = 200;
const NO_ID = '00000000-0000-0000-0000-000000000000';

export interface SyncResult {
  /** How many accounts have a new timeline. */
  readonly rewritten: number;
  /** Granted plans and add-ons that the code no longer has, `product.name`: those who hold them hold nothing. */
  readonly unknown: readonly string[];
}

/** A change of an account's entitlement in a product, or of what pays for it: then it holds what it held. */
export interface EntitlementChange {
  readonly accountId: AccountId;
  readonly product: string;
  readonly cause: Change['cause'];
  /** The entitlement until now: plan, add-ons, grants. Null: nothing was ever written of it. */
  readonly former: Segment | null;
  /** The entitlement from now on, at this moment. */
  readonly present: Segment;
}

/** Work on a change in its own transaction, which has the system's scope. An error undoes the change too. */
export type OnEntitlementChanged = (tx: Transaction, change: EntitlementChange) => Promise<void>;

export interface Rewriter {
  /** Registers what a product does whenever an account's timeline in it is written anew, and whenever a store tells of what pays for it. */
  onChanged(product: string, hook: OnEntitlementChanged): void;
  /** Writes the timelines that the accounts' grants amount to, where they changed. Answers the accounts with a new one. */
  rewriteIn(tx: Transaction, accountIds: readonly AccountId[], change: Change): Promise<AccountId[]>;
  syncCatalogues(): Promise<SyncResult>;
}

export interface RewriterParts {
  readonly db: Database;
  readonly emitting?: Emitting | undefined;
  /** In how many accounts of one maker a product's default plan is in effect. */
  readonly accountsPerUser: number;
}

export function createRewriter(
  { db, emitting = () => [], accountsPerUser }: RewriterParts,
  catalogues: ReadonlyMap<string, Catalogue>,
): Rewriter {
  const hooks = new Map<string, OnEntitlementChanged>();
  const digests = new WeakMap<Catalogue, string>();
  const stateOf = (catalogue: Catalogue) => {
    const digest = digests.get(catalogue) ?? digestOf(catalogue, accountsPerUser);
    digests.set(catalogue, digest);
    return digest;
  };

  async function rewrite(tx: Transaction, accountIds: readonly AccountId[], change: Change) {
    const catalogue = catalogues.get(change.product);
    if (catalogue === undefined) return { changed: [], unknown: [] };
    const [, rows, allowed, first] = await tx.runAll([
      lockAccounts(accountIds),
      grantsIn(change.product, accountIds),
      allowancesIn(change.product, accountIds),
      accountsWithDefault({ ...catalogue, accountsPerUser }, accountIds),
    ]);
    const withDefault = new Set(first.map(({ account_id }) => account_id));
    const allowances = new Map(allowed.map(({ account_id, limits }) => [account_id, limits]));
    const grants = Map.groupBy(rows.map(grantOf), ({ accountId }) => accountId);
    const timelines = accountIds.map((account_id) => ({
      account_id,
      timeline: timelineOf(
        withDefault.has(account_id) ? catalogue : withoutDefault(catalogue),
        grants.get(account_id) ?? [],
        allowances.get(account_id),
      ),
    }));
    const [changed] = await tx.runAll([
      insertSnapshots(change, timelines),
      noteOtherPlans(change.product, stateOf(catalogue)),
    ]);
    await tx.runAll(planEvents(change, changed).flatMap(emitting));
    const hook = hooks.get(change.product);
    if (hook !== undefined) {
      for (const written of changed) await hook(tx, changeOf(change, written));
      if (change.cause === 'store_changed') await tellUnchanged(tx, change, { hook, timelines, changed });
    }
    return {
      changed: changed.map(({ account_id }) => account_id),
      unknown: rows.map(grantOf).flatMap((grant) => unknownIn(catalogue, grant)),
    };
  }

  async function sync(product: string, catalogue: Catalogue): Promise<SyncResult> {
    const digest = stateOf(catalogue);
    const [[known]] = await db.system('entitlements.rewrite', [syncedTo(product)]);
    if (known?.digest === digest && known.complete) return { rewritten: 0, unknown: [] };
    const given = { ...catalogue, timeline: timelineOf(catalogue, []), accountsPerUser };
    await db.system('entitlements.rewrite', BEGIN, [beginSync(given, digest)]);
    const unknown = new Set<string>();
    let rewritten = 0;
    let after: string = NO_ID;
    for (;;) {
      const [rows] = await db.system('entitlements.rewrite', [accountsWithGrants(product, after, BATCH)]);
      const accounts = rows.map(({ account_id }) => account_id);
      const last = accounts.at(-1);
      if (last === undefined) break;
      after = last;
      // Plans that were pushed meanwhile have a sync of their own, which begins anew.
      if (catalogues.get(product) !== catalogue) return { rewritten, unknown: [] };
      const done = await db.system('entitlements.rewrite', REWRITE, (tx) =>
        rewrite(tx, accounts, { product, cause: 'catalogue_changed' }),
      );
      for (const name of done.unknown) unknown.add(name);
      rewritten += done.changed.length;
      for (const accountId of done.changed) db.signal('entitlements', accountId);
    }
    await db.system('entitlements.rewrite', END, [endSync(product, digest)]);
    return { rewritten, unknown: [...unknown].sort() };
  }

  return {
    onChanged(product, hook) {
      if (!catalogues.has(product) || hooks.has(product))
        throw new Error(`"${product}" is no product, or has said already what it does`);
      hooks.set(product, hook);
    },
    rewriteIn: async (tx, accountIds, change) => (await rewrite(tx, accountIds, change)).changed,
    async syncCatalogues() {
      const all: SyncResult[] = [];
      for (const [product, catalogue] of catalogues) all.push(await sync(product, catalogue));
      const [rows] = await db.system('entitlements.rewrite', [productsWithoutTerms()]);
      for (const catalogue of rows.flatMap(({ product }) => catalogues.get(product) ?? []))
        await db.system('entitlements.rewrite', KEEP, [keepPresentTerms(catalogue)]);
      return {
        rewritten: all.reduce((sum, one) => sum + one.rewritten, 0),
        unknown: all.flatMap((one) => one.unknown),
      };
    },
  };
}

/**
 * The events of accounts whose plan or add-ons are now others than before: those that a new snapshot changed at this moment.
 * What a snapshot says of later (`until`) comes by time alone, and is told here, when it is written.
 */
function planEvents(
  { product, cause }: Pick<Change, 'product' | 'cause'>,
  written: readonly WrittenSnapshot[],
): NewEvent[] {
  return written.flatMap(({ account_id: accountId, version, timeline, former, now }) => {
    const present = segmentAt(timeline, now);
    const before = former === null ? undefined : segmentAt(former, now);
    if (before !== undefined && heldIn(before) === heldIn(present)) return [];
    const { plan, add_ons, source, until } = present;
    const data = {
      product,
      plan,
      former_plan: before?.plan ?? null,
      add_ons: [...add_ons],
      source,
      until,
      cause,
    };
    return [{ type: 'plan.changed' as const, accountId, id: `${product} ${version}`, data }];
  });
}

const heldIn = ({ plan, add_ons }: Segment) => JSON.stringify([plan, [...add_ons].sort()]);

interface UnchangedInput {
  readonly hook: OnEntitlementChanged;
  readonly timelines: Parameters<typeof insertSnapshots>[1];
  readonly changed: readonly WrittenSnapshot[];
}

/** A store begins a period before it is paid: that it is by now changes what an account pays for, and nothing that it holds. */
async function tellUnchanged(tx: Transaction, change: Change, { hook, timelines, changed }: UnchangedInput) {
  const told = new Set(changed.map(({ account_id }) => account_id));
  const rest = timelines.filter(({ account_id }) => !told.has(account_id));
  if (rest.length === 0) return;
  const [{ now } = { now: new Date(0) }] = await tx.run(presentTime());
  for (const { account_id, timeline } of rest)
    await hook(tx, changeOf(change, { account_id, timeline, former: timeline, now }));
}

function changeOf({ product, cause }: Change, written: Omit<WrittenSnapshot, 'version'>): EntitlementChange {
  const { account_id: accountId, timeline, former, now } = written;
  return {
    accountId,
    product,
    cause,
    former: former === null ? null : segmentAt(former, now),
    present: segmentAt(timeline, now),
  };
}

/** Changes whenever a timeline might: with plans, add-ons, the default and whom it is for, not with prices of the same plans' names. */
function digestOf({ plans, addOns, defaultPlan, holds }: Catalogue, accountsPerUser: number): string {
  const granting = Object.entries(plans).map(([name, { rank, grants, perSeat, overage }]) => [
    name,
    rank,
    grants,
    perSeat,
    overage?.map(({ limit }) => limit),
  ]);
  const lifting = Object.entries(addOns).flatMap(([name, one]) => (isPack(one) ? [] : [[name, one.lifts]]));
  return sha256(JSON.stringify([granting, lifting, defaultPlan, holds, accountsPerUser]));
}

function unknownIn(catalogue: Catalogue, grant: Grant): string[] {
  const isKnown = Object.hasOwn(
    grant.addOn === null ? catalogue.plans : catalogue.addOns,
    grant.addOn ?? grant.plan ?? '',
  );
  return isKnown || grant.revokedAt !== null ? [] : [`${grant.product}.${grant.plan ?? grant.addOn}`];
}
