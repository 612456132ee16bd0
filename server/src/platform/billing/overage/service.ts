import { assertAgreed } from '../agreed.ts';
import { actorOf } from '#platform/audit';
import { commitPoint, type Database } from '#platform/db';
import {
  assertRunning,
  type Catalogue,
  type Entitlement,
  type Entitlements,
  localName,
  type Overage,
} from '#platform/entitlements';
import type { Queue } from '#platform/queue';
import { type AccountId, AppError, invalidInput } from '#platform/kernel';
import type { Logger } from '#platform/telemetry';
import type { LimitInUse } from '../views.ts';
import type { UsageMeter, Mode } from '../payment-provider.ts';
import type { AccountCaller } from '../visitor.ts';
import { reportOverage, reportOverageOf } from './report-overage.ts';
import { allowancesOf, beginOverage, pricesPaid, unitsPastLimit } from './store.ts';
import type { OverageView } from './views.ts';

const CHOSEN = commitPoint(
  'billing.overage-chosen',
  'how far an account lets a limit be passed, and its timeline',
);
const JOB = 'billing.overage';

/** How far a limit may be passed: units past the plan's own size, in each window. */
export interface OverageChoice {
  readonly product: string;
  readonly limit: string;
  readonly most: number;
  /** The shown price of one unit past it; needed unless `most` is 0. */
  readonly agreed?: { readonly unit_micros: number; readonly currency: string } | undefined;
}

export interface OverageParts {
  readonly db: Database;
  readonly entitlements: Pick<Entitlements, 'catalogues' | 'current' | 'allowIn' | 'announce'>;
  readonly usage: (accountId: AccountId) => Promise<readonly LimitInUse[]>;
  readonly jobs: Pick<Queue, 'handle' | 'schedule'>;
  readonly log: Pick<Logger, 'error'>;
  /** Where units past limits are billed; undefined: nothing is sold here. */
  readonly provider: { readonly mode: Mode; readonly meter: UsageMeter } | undefined;
}

/** Limits that may be passed for money (docs/limits.md). */
export interface OverageService {
  /** Limits that may be passed now, and the account's choices. */
  list(accountId: AccountId): Promise<OverageView[]>;
  /** In effect with the next decision. Throws `validation_failed`, `overage_not_sold` and `price_changed`. */
  choose(visitor: AccountCaller, choice: OverageChoice): Promise<OverageView>;
  /** Counts what was used past limits and reports it. Answers how many units were reported. */
  run(): Promise<number>;
  /** The same of one account's product: before the price of it is taken from its subscription. */
  reportNow(accountId: AccountId, product: string): Promise<void>;
}

/** Registers the job that counts and reports each minute. */
export function createOverage(parts: OverageParts): OverageService {
  const { db, log, jobs, provider } = parts;
  const run = async () => (provider === undefined ? 0 : reportOverage({ db, log, ...provider }));
  if (provider !== undefined) {
    jobs.handle({
      kind: JOB,
      attempts: 1,
      run: async () => void (await run()),
      giveUp: () => Promise.resolve(),
    });
    jobs.schedule({ name: JOB, cron: '* * * * *', kind: JOB });
  }
  return {
    list: (accountId) => list(parts, accountId),
    choose: (visitor, choice) => choose(parts, visitor, choice),
    run,
    async reportNow(accountId, product) {
      if (provider !== undefined) await reportOverageOf({ db, log, ...provider }, accountId, product);
    },
  };
}

/** An overage that is sold with the plan that an account has now. */
interface OfferedOverage {
  readonly held: Entitlement;
  readonly catalogue: Catalogue;
  readonly overage: Overage;
}

async function offeredTo({ entitlements }: OverageParts, accountId: AccountId): Promise<OfferedOverage[]> {
  const all = await entitlements.current(accountId);
  return all.flatMap((held) => {
    const catalogue = entitlements.catalogues.get(held.product);
    return catalogue === undefined ? [] : held.sellsPast.map((overage) => ({ held, catalogue, overage }));
  });
}

async function list(parts: OverageParts, accountId: AccountId): Promise<OverageView[]> {
  const offered = await offeredTo(parts, accountId);
  if (offered.length === 0) return [];
  const used = await parts.usage(accountId);
  const views = await Promise.all(offered.map((one) => viewOf(parts, accountId, { ...one, used })));
  return views.flatMap((view) => view ?? []);
}

/** undefined: the plan's terms sell it, and its subscription, which is older, does not bill it. */
async function viewOf(
  { db }: OverageParts,
  accountId: AccountId,
  {
    held,
    catalogue,
    overage: { limit, micros, also = {} },
    used,
  }: OfferedOverage & { readonly used: readonly LimitInUse[] },
): Promise<OverageView | undefined> {
  const { product, plan } = held;
  const declared = catalogue.limits[limit];
  const per = declared !== undefined && 'per' in declared ? declared.per : 'month';
  const [[counts], chosen, [paid]] = await db.tenant(accountId, [
    unitsPastLimit(product, limit, per),
    allowancesOf(accountId),
    pricesPaid(accountId, product),
  ]);
  const currency = paid?.currency ?? catalogue.plans[localName(product, plan ?? '')]?.price.currency ?? 'usd';
  const billed = paid?.unit_micros ?? { [limit]: also[currency] ?? micros };
  const unitMicros = billed[limit];
  if (unitMicros === undefined) return undefined;
  const most = chosen.find((one) => one.product === product && one.limit_name === limit)?.most ?? 0;
  const now = used.find((one) => one.product === product && one.limit === limit);
  return {
    product,
    limit,
    plan: plan ?? '',
    currency,
    unit_micros: unitMicros,
    included: Number(held.grants[limit]) - (held.overage[limit] ?? 0),
    most,
    used: now?.used ?? 0,
    past: counts?.past ?? 0,
    resets_at: now?.resetsAt ?? null,
  };
}

async function choose(
  parts: OverageParts,
  { accountId, caller, origin }: AccountCaller,
  choice: OverageChoice,
): Promise<OverageView> {
  const { db, entitlements } = parts;
  const { product, limit, most, agreed } = choice;
  const read = async () => {
    const all = await list(parts, accountId);
    const found = all.find((one) => one.product === product && one.limit === limit);
    if (found === undefined) throw new AppError('overage_not_sold');
    return found;
  };
  assertRunning(entitlements.catalogues.get(product));
  assertSold(entitlements.catalogues.get(product), limit);
  const { unit_micros, currency } = await read();
  if (most > 0) assertAgreed(agreed, { unit_micros, currency });
  await db.system('billing.overage', CHOSEN, async (tx) => {
    // Before admission grants more: use from then on is past the limit.
    if (most > 0) await tx.run(beginOverage(accountId, product, limit));
    await entitlements.allowIn(tx, { accountId, product, limit, most, by: actorOf(caller), origin });
  });
  entitlements.announce(accountId);
  return read();
}

function assertSold(catalogue: Catalogue | undefined, limit: string): void {
  const plans = Object.values(catalogue?.plans ?? {});
  if (plans.some(({ overage = [] }) => overage.some((one) => one.limit === limit))) return;
  throw invalidInput('body.limit', 'No plan of this product lets this limit be passed.');
}
