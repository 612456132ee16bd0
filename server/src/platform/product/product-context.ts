import type { Accounts } from '#platform/accounts';
import type { Ai } from '#platform/ai';
import type { Audit } from '#platform/audit';
import type { ItemOffer, Sharing, Subscriptions } from '#platform/billing';
import type { Blobs, BlobStorage } from '#platform/blobs';
import type { Settings } from '#platform/config';
import type { Database } from '#platform/db';
import type { Entitlements, PlanRates } from '#platform/entitlements';
import type { Jobs } from '#platform/jobs';
import type { Clock, Ids } from '#platform/kernel';
import type { Limits, Rates } from '#platform/limits';
import type { Mail } from '#platform/mail';
import type { Privacy, Release } from '#platform/privacy';
import type { DailyRecurring, Recurring, Report, Reports } from '#platform/reports';
import type { DataKeys, Secrets } from '#platform/secrets';
import type { Vectors, VectorStorage } from '#platform/vectors';
import type { Webhooks } from '#platform/webhooks';
import type { z } from 'zod';
import { type Activity, createActivity } from './activity.ts';
import type { Part } from './part.ts';
import { createPlanAccess, type PlanAccess } from './plan-access.ts';

/** Parts that the platform gives every product alike. */
export interface PlatformParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly entitlements: Entitlements;
  readonly limits: Limits;
  /** Rates of which only the call itself says how high they are; all others are the route's. */
  readonly rates: Pick<Rates, 'take'>;
  readonly jobs: Jobs;
  readonly ai: Ai;
  /** Mails of the templates that there are, stored in the transaction of what they tell of. */
  readonly mail: Pick<Mail, 'sending' | 'onlyWhile' | 'wake'>;
  /** The audit, for owners and admins. Events that members should see are `activity`. */
  readonly audit: Audit;
  /** Events for the operator's endpoints, stored in the transaction of what happened. */
  readonly webhooks: Pick<Webhooks, 'emitting' | 'wake'>;
  /** Seals texts so that a copy of the database does not reveal them. A column of sealed texts is declared with `sealedColumn`. */
  readonly secrets: Secrets;
  /** Keys of accounts, for what members write and the database must not tell; they go with their account. */
  readonly dataKeys: DataKeys;
  /** Where this server is reached, without a slash at its end. */
  readonly baseUrl: string;
  /** Where clamd listens; undefined: nothing that is uploaded is scanned. */
  readonly clamdUrl: string | undefined;
  /** The payment provider’s page for an order of the product. */
  readonly subscriptions: Pick<Subscriptions, 'checkout'>;
  /** Settings of accounts, and organizations with their members and invitations. */
  readonly accounts: Pick<
    Accounts,
    'authorizeMember' | 'invitations' | 'members' | 'organizations' | 'roleOf' | 'settings'
  >;
}

// oxlint-disable-next-line typescript/no-generated-empty-object-type -- a record without keys is what is meant
export type NoSettings = Readonly<Record<never, never>>;

/** What a product's service is made from. */
export interface ProductContext<Declared extends Settings = NoSettings> extends PlatformParts {
  /** The values of the settings that the product declares. */
  readonly settings: { readonly [Name in keyof Declared]: z.infer<Declared[Name]['schema']> };
  readonly activity: Activity;
  /** Files of accounts: uploads, downloads, and what they take of a gauge. */
  readonly blobs: Blobs;
  /** Embeddings of accounts, and what is near to one. */
  readonly vectors: Vectors;
  /** Grants of the account's plan, and permits for work that no call spends by its declaration. */
  readonly plan: PlanAccess;
  /** Items that the product sells for others, at prices of their own; `onSale` hears what becomes of each. */
  readonly items: {
    open(offer: Omit<ItemOffer, 'product'>): ReturnType<Sharing['open']>;
    close(item: string): Promise<void>;
  };
  readonly reports: ProductReports;
  readonly privacy: {
    /** Releases of the product to all customers, the newest first: no read computes or spends anything. */
    releases(): Promise<Release[]>;
    /** For whom something is that a member makes without a level (`POST /v1/privacy/settings`). */
    defaultAudience: Privacy['defaultAudience'];
  };
}

/** Days of UTC: the first one, the one after the last. */
interface DaysQuery {
  readonly from?: string | undefined;
  readonly until?: string | undefined;
  readonly currency: string;
}

/** The operator's reports about the product, over all accounts: for its calls for operators alone. */
interface ProductReports {
  /** Revenue of its subscriptions, by day: MRR, ARR, churn and who is new. A day without a payment has no row. */
  recurring(asked: DaysQuery): Promise<Report<DailyRecurring>>;
  /** The same of the present month of UTC until now; undefined: no customer paid in it. */
  monthUntilNow(currency: string): Promise<Recurring | undefined>;
}

/** The context of one part of a product. */
export function productContext(
  { product, auditActions, settings: declared }: Pick<Part, 'product' | 'auditActions' | 'settings'>,
  parts: PlatformParts & {
    readonly planRates: PlanRates;
    /** Of all settings, by their names. */
    readonly values: Readonly<Record<string, unknown>>;
    readonly blobs: Pick<BlobStorage, 'of'>;
    readonly vectors: Pick<VectorStorage, 'of'>;
    readonly reports: Pick<Reports, 'dailyRecurring' | 'recurring'>;
    readonly privacy: Pick<Privacy, 'readReleases' | 'defaultAudience'>;
    readonly sharing: Pick<Sharing, 'open' | 'close'>;
  },
): ProductContext<never> {
  const { db, ids, clock, entitlements, limits, jobs, ai, mail, webhooks, accounts } = parts;
  const { secrets, dataKeys, baseUrl, clamdUrl, subscriptions, rates } = parts;
  const audit = declaredAudit(parts.audit, Object.keys(auditActions));
  const activity = createActivity({ db, audit, product });
  const plan = createPlanAccess({ ...parts, product });
  const reports: ProductReports = {
    recurring: (asked) => parts.reports.dailyRecurring({ ...asked, product, zone: 'UTC', group: [] }),
    async monthUntilNow(currency) {
      const month = await parts.reports.recurring({ currency, product, zone: 'UTC', group: [] });
      return (await month.page({ limit: 1 }))[0];
    },
  };
  const blobs = parts.blobs.of(product);
  const vectors = parts.vectors.of(product);
  const privacy = {
    releases: () => parts.privacy.readReleases(product),
    defaultAudience: parts.privacy.defaultAudience,
  };
  const items: ProductContext['items'] = {
    open: (offer) => parts.sharing.open({ ...offer, product }),
    close: (item) => parts.sharing.close({ product, item }),
  };
  // `readConfig` has read each by its schema.
  const settings = Object.fromEntries(
    Object.keys(declared).map((name) => [name, parts.values[name]]),
  ) as never;
  const own = { settings, activity, blobs, vectors, plan, reports, privacy, items };
  const lent = { rates, secrets, dataKeys, baseUrl, clamdUrl, subscriptions };
  return { db, ids, clock, entitlements, limits, jobs, ai, mail, audit, webhooks, accounts, ...lent, ...own };
}

/** The audit for a product that has declared what it records: an action that is not in the docs is not written. */
export function declaredAudit(audit: Audit, actions: readonly string[]): Audit {
  if (actions.length === 0) return audit;
  const refuseUndeclared = (action: string) => {
    if (!actions.includes(action))
      throw new Error(`the audit action ${action} is not among the product's auditActions`);
  };
  return {
    async recordIn(tx, event) {
      refuseUndeclared(event.action);
      await audit.recordIn(tx, event);
    },
    async recordAllIn(tx, events) {
      for (const { action } of events) refuseUndeclared(action);
      await audit.recordAllIn(tx, events);
    },
  };
}
