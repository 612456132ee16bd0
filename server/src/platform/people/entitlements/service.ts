import type { Audit } from '#platform/audit';
import type { Database, Transaction } from '#platform/db';
import type { AccountId, Ids } from '#platform/kernel';
import type { Webhooks } from '#platform/webhooks';
import type { Catalogue, Grants, Overage, Price } from './catalogue.ts';
import { heldBy, METERED } from './effective.ts';
import { cheapestPack } from './upgrade.ts';
import { moveTermsIn, type TermsMove } from './moves.ts';
import { createGrantWriter, type GrantWriter } from './grants.ts';
import { createLiveCatalogues, type LiveCatalogues } from './live-catalogues.ts';
import { createRewriter, type OnEntitlementChanged, type SyncResult } from './snapshots.ts';
import { addOnsOf, boughtBy, type Grant, grantOf, grantsPage, presentPlan, timelinesOf } from './store.ts';
import {
  addOnTimes,
  isProvider,
  lastsUntil,
  runningAt,
  type Segment,
  segmentAt,
  type ProviderSource,
} from './timeline.ts';

/** An account's rights in a product now, why, and until when. */
export interface Entitlement {
  readonly product: string;
  readonly name: string;
  /** `reel.pro`, or null without a plan. */
  readonly plan: string | null;
  readonly planName: string | null;
  readonly source: Segment['source'];
  readonly addOns: readonly { readonly id: string; readonly expiresAt: string | null }[];
  readonly grants: Grants;
  /** How many of a plan that is sold by the seat; else null. */
  readonly quantity: number | null;
  /** How many units past a limit the account allows, and the plan sells: they are in `grants`. */
  readonly overage: Readonly<Record<string, number>>;
  /** Each purchase through a payment provider that runs now: two providers may be paid for the same. */
  readonly paid: readonly Paid[];
  /** Units past limits that it sells, at the terms of its purchase: none in a trial, nor where its payment provider has no meters. */
  readonly sellsPast: readonly Overage[];
  /** When the plan in effect gives way to another, or to none; null: nothing ends it. */
  readonly until: string | null;
  /** When anything of it becomes another by time alone, such as by an add-on that ends; null: nothing does. */
  readonly changesAt: string | null;
}

/** A purchase that runs: of a plan or an add-on, by its id. */
export interface Paid {
  readonly source: ProviderSource;
  readonly id: string;
  readonly until: string | null;
}

/** The cheapest plan that would admit what the present one does not. */
export interface Upgrade {
  readonly plan: string;
  readonly name: string;
  readonly price: Price;
}

export interface Entitlements extends GrantWriter {
  /** By product, live (`LiveCatalogues`). */
  readonly catalogues: ReadonlyMap<string, Catalogue>;
  readonly liveCatalogues: LiveCatalogues;
  /** Tells all processes that an account's grants changed; called once the transaction that did it is over. */
  announce(accountId: AccountId): void;
  /** Registers what a product does in each transaction that writes an account's entitlement in it anew; once for a product. */
  onChanged(product: string, hook: OnEntitlementChanged): void;
  current(accountId: AccountId): Promise<Entitlement[]>;
  /** The product whose plans are the tiers of accounts; undefined: there is none. */
  readonly tiers: Catalogue | undefined;
  /** The plan that the account has in it now, by its name within the product: `pro`. null: none. */
  tierOf(accountId: AccountId): Promise<string | null>;
  grantsOf(
    accountId: AccountId,
    page: { readonly limit: number; readonly before?: string | undefined },
  ): Promise<Grant[]>;
  /** All add-ons that an account ever had, the newest first, each with the time that it is had. */
  addOnsOf(accountId: AccountId): Promise<ReturnType<typeof addOnTimes<Grant>>>;
  /** Called at each start and after `liveCatalogues.replace`: puts defaults and snapshots in step with the plans. Two processes may do so at once. */
  syncCatalogues(): Promise<SyncResult>;
  /** Moves the purchases of some accounts to other terms, in a transaction of `entitlements.rewrite`. Answers the accounts whose timeline changed. */
  moveTermsIn(
    tx: Transaction,
    moved: { readonly accountIds: readonly AccountId[]; readonly move: TermsMove },
  ): Promise<AccountId[]>;
  upgradeFor(product: string, present: string | null, admits: (grants: Grants) => boolean): Upgrade | null;
  /** The id of the cheapest pack that adds so many credits of a limit, or more; null: none is sold. */
  packFor(product: string, limit: string, atLeast: number): string | null;
}

export interface EntitlementsParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly catalogues: readonly Catalogue[];
  readonly audit: Audit;
  /** In how many accounts of one maker a product's default plan is in effect; 1 when not said. */
  readonly freeAccountsPerUser?: number | undefined;
  /** Told of changed plans, in their transactions. */
  readonly webhooks?: Pick<Webhooks, 'emitting' | 'wake'> | undefined;
}

/** Plans, grants and what they amount to. `grantIn` and `revokeIn` need a transaction of the system role. */
export function createEntitlements(parts: EntitlementsParts): Entitlements {
  const { db, ids, audit } = parts;
  const liveCatalogues = createLiveCatalogues(parts.catalogues);
  const { byProduct: catalogues } = liveCatalogues;
  // A product in code has them, and never another one.
  const tiers = parts.catalogues.find((catalogue) => catalogue.tiers);
  const rewriter = createRewriter(
    { db, emitting: parts.webhooks?.emitting, accountsPerUser: parts.freeAccountsPerUser ?? 1 },
    catalogues,
  );
  return {
    catalogues,
    liveCatalogues,
    ...createGrantWriter({ ids, rewriter, catalogues, audit }),
    syncCatalogues: () => rewriter.syncCatalogues(),
    moveTermsIn: (tx, moved) => moveTermsIn({ rewriter }, tx, moved),
    onChanged: (product, hook) => rewriter.onChanged(product, hook),
    announce(accountId) {
      db.signal('entitlements', accountId);
      parts.webhooks?.wake();
    },
    async current(accountId) {
      const [rows, bought] = await db.tenant(accountId, [timelinesOf(accountId), boughtBy(accountId)]);
      return rows.flatMap(({ product, timeline, now }) => {
        const catalogue = catalogues.get(product);
        if (catalogue === undefined) return [];
        const running = runningIn(catalogue, bought.map(grantOf), now);
        const present = entitlementAt(catalogue, timeline, now);
        return [
          { ...present, paid: paidIn(running), sellsPast: soldPast(catalogue, running, { ...present, now }) },
        ];
      });
    },
    tiers,
    async tierOf(accountId) {
      if (tiers === undefined) return null;
      const [[present]] = await db.tenant(accountId, [presentPlan(accountId, tiers.product)]);
      const plan = present?.plan ?? null;
      return plan === null ? null : localName(tiers.product, plan);
    },
    async grantsOf(accountId, page) {
      const [rows] = await db.system('admin.grants', [grantsPage(accountId, page)]);
      return rows.map(grantOf);
    },
    async addOnsOf(accountId) {
      const [rows] = await db.tenant(accountId, [addOnsOf(accountId)]);
      return addOnTimes(rows.map(grantOf));
    },
    upgradeFor(product, present, admits) {
      const catalogue = catalogues.get(product);
      return catalogue === undefined ? null : cheapestUpgrade(catalogue, present, admits);
    },
    packFor(product, limit, atLeast) {
      const catalogue = catalogues.get(product);
      return catalogue === undefined ? null : cheapestPack(catalogue, limit, atLeast);
    },
  };
}

/** The plan's name within its product: `pro` of `reel.pro`, and of `pro`. */
export function localName(product: string, id: string): string {
  return id.startsWith(`${product}.`) ? id.slice(product.length + 1) : id;
}

/** The plan of the highest rank, hidden or not: what the local owner gets. */
export function bestPlan(catalogue: Catalogue): string {
  const [best] = Object.entries(catalogue.plans).sort(([, a], [, b]) => b.rank - a.rank);
  if (best === undefined) throw new Error(`${catalogue.product} has no plan`);
  return best[0];
}

function runningIn({ product }: Catalogue, bought: readonly Grant[], now: Date) {
  return runningAt(
    bought.filter((grant) => grant.product === product),
    now,
  );
}

type Running = ReturnType<typeof runningIn>;

function paidIn(running: Running): Paid[] {
  return running.flatMap(({ grant: { product, source, plan, addOn }, until }) =>
    isProvider(source)
      ? [{ source, id: `${product}.${plan ?? addOn}`, until: until?.toISOString() ?? null }]
      : [],
  );
}

function soldPast(
  catalogue: Catalogue,
  running: Running,
  { plan, source, now }: Pick<Segment, 'plan' | 'source'> & { readonly now: Date },
): readonly Overage[] {
  const found = running.find(
    ({ grant }) =>
      METERED.has(grant.source) &&
      grant.source === source &&
      `${grant.product}.${grant.plan}` === plan &&
      (grant.meteredFrom ?? grant.startsAt) <= now,
  );
  if (found === undefined) return [];
  const [held] = heldBy(catalogue, { ...found.grant, billsPast: true });
  return held?.plan.overage ?? [];
}

function entitlementAt(
  catalogue: Catalogue,
  timeline: readonly Segment[],
  now: Date,
): Omit<Entitlement, 'paid' | 'sellsPast'> {
  const { plan, source, add_ons: addOns, grants, quantity, overage, until } = segmentAt(timeline, now);
  return {
    product: catalogue.product,
    name: catalogue.name,
    plan,
    planName: plan === null ? null : (catalogue.plans[localName(catalogue.product, plan)]?.name ?? null),
    source,
    addOns: addOns.map((id) => ({
      id,
      expiresAt: lastsUntil(timeline, now, (segment) => segment.add_ons.includes(id)),
    })),
    grants,
    quantity: quantity ?? null,
    overage: overage ?? {},
    until: lastsUntil(timeline, now, (segment) => segment.plan === plan),
    changesAt: until,
  };
}

function cheapestUpgrade(
  catalogue: Catalogue,
  present: string | null,
  admits: (grants: Grants) => boolean,
): Upgrade | null {
  const rank = present === null ? undefined : catalogue.plans[localName(catalogue.product, present)]?.rank;
  const [cheapest] = Object.entries(catalogue.plans)
    .filter(
      // An account without the default plan can't get it, nor one that is free: they are not sold.
      ([name, plan]) =>
        name !== catalogue.defaultPlan &&
        plan.hidden !== true &&
        plan.price.monthly > 0 &&
        plan.rank > (rank ?? Number.NEGATIVE_INFINITY) &&
        admits(plan.grants),
    )
    .sort(([, a], [, b]) => a.price.monthly - b.price.monthly);
  if (cheapest === undefined) return null;
  const [name, plan] = cheapest;
  return { plan: `${catalogue.product}.${name}`, name: plan.name, price: plan.price };
}
