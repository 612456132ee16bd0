import type { AccountByName } from '#platform/accounts';
import { actorOf, type Audit } from '#platform/audit';
import type { Mode } from '#platform/billing';
import { commitPoint, type Database } from '#platform/db';
import type { Catalogue, Entitlements } from '#platform/entitlements';
import { type Answer, answer, type Caller, type Once, type Origin } from '#platform/http';
import type { Ids } from '#platform/kernel';
import { type Adjustment, createAdjuster, listAdjustments, type NewAdjustment } from '#platform/limits';
import type { LedgerArchives } from './archives/ledger-archives.ts';
import { type AccountMoney, readAccountMoney } from './account-money.ts';
import { type ExchangeRates, readExchangeRates } from './exchange-rates.ts';
import { type Margin, type MarginQuestion, openMarginReport } from './margin.ts';
import { readKeyUsage, readOwnUsage } from './own-usage.ts';
import { type LeavingQuestion, type LeavingSums, openLeavingReport } from './leaving.ts';
import { openPackReport, type PackQuestion, type PackSums } from './packs.ts';
import { createProceeds, type Proceeds } from './proceeds.ts';
import {
  type DailyRecurring,
  openDailyRecurringReport,
  openRecurringReport,
  type Recurring,
  type RecurringQuestion,
} from './recurring.ts';
import type { Report } from './report.ts';
import { openRevenueReport, type Revenue, type RevenueQuestion } from './revenue.ts';
import { createRollup, type Rollup } from './rollup.ts';
import { openUsageReport, readerFor, type UsageQuestion, type UsageSum, type ReportScope } from './usage.ts';

const ADJUSTED = commitPoint(
  'reports.adjusted',
  'what support changed of a limit or a call, its audit event and the answer to a repeat',
);

export interface ReportsParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly audit: Audit;
  readonly catalogues: readonly Catalogue[];
  /** A file of exchange rates in the ECB's format; the bundled one when not said. */
  readonly exchangeRatesFile?: string | undefined;
  /** Whose sales are told: real ones, or those of a payment provider's test mode or sandbox. */
  readonly mode: Mode;
  readonly entitlements: Pick<Entitlements, 'announce'>;
  readonly archives: LedgerArchives;
  /** For adjustments of the account that a call names. */
  readonly accountByName: AccountByName;
}

/** Reports on usage, cost and margin, and what operators put right in them. */
export interface Reports {
  readonly accountByName: AccountByName;
  readonly archives: LedgerArchives;
  readonly rollup: Rollup;
  readonly proceeds: Proceeds;
  readonly rates: ExchangeRates;
  /** Whose sales are told. */
  readonly mode: Mode;
  /** Revenue and cost of accounts in the last 30 days, and their MRR. */
  accountMoney(accountIds: readonly string[]): Promise<ReadonlyMap<string, AccountMoney[]>>;
  usage(whose: ReportScope, question: UsageQuestion): Promise<Report<UsageSum>>;
  /** `user`: an end user of the calling key. */
  ownUsage(of: Parameters<typeof readOwnUsage>[1], user: string | undefined): ReturnType<typeof readOwnUsage>;
  keyUsage(
    of: Parameters<typeof readKeyUsage>[1],
    query: Parameters<typeof readKeyUsage>[2],
  ): ReturnType<typeof readKeyUsage>;
  margin(question: MarginQuestion): Promise<Report<Margin>>;
  revenue(question: RevenueQuestion): Promise<Report<Revenue>>;
  packs(question: PackQuestion): Promise<Report<PackSums>>;
  leaving(question: LeavingQuestion): Promise<Report<LeavingSums>>;
  recurring(question: RecurringQuestion): Promise<Report<Recurring>>;
  dailyRecurring(question: RecurringQuestion): Promise<Report<DailyRecurring>>;
  /** `once` opens a transaction of the system role: the account is not the admin's own. */
  adjust(
    wanted: Omit<NewAdjustment, 'by' | 'madeBy' | 'origin'>,
    by: { readonly caller: Caller; readonly origin: Origin; readonly once: Once },
  ): Promise<Answer<AdjustmentView>>;
  adjustments(page: Parameters<typeof listAdjustments>[0]): Promise<AdjustmentView[]>;
}

/** An adjustment as it is answered: `limit` is what rows call a name. */
export interface AdjustmentView extends Omit<Adjustment, 'name' | 'created_at'> {
  readonly limit: string | null;
  readonly created_at: string;
}

export function createReports(parts: ReportsParts): Reports {
  const { db, entitlements, mode, archives } = parts;
  const rates = readExchangeRates(parts.exchangeRatesFile);
  const adjustIn = createAdjuster(parts);
  return {
    archives,
    rollup: createRollup(db),
    proceeds: createProceeds(parts),
    rates,
    mode,
    accountByName: parts.accountByName,
    accountMoney: (accountIds) => readAccountMoney({ db, rates, mode }, accountIds),
    usage: (whose, question) => openUsageReport(db, whose, question),
    ownUsage: (of, user) => readOwnUsage(db, of, user),
    keyUsage: (of, query) => readKeyUsage(db, of, query),
    margin: (question) => openMarginReport({ db, rates, mode }, question),
    packs: (question) => openPackReport({ db, mode }, question),
    leaving: (question) => openLeavingReport({ db, mode }, question),
    revenue: (question) => openRevenueReport({ db, mode }, question),
    recurring: (question) => openRecurringReport({ db, mode }, question),
    dailyRecurring: (question) => openDailyRecurringReport({ db, mode }, question),
    async adjust(wanted, { caller, origin, once }) {
      const by = { by: actorOf(caller), madeBy: caller.userId, origin };
      const made = await once(ADJUSTED, async (tx) =>
        answer(201, viewOf(await adjustIn(tx, { ...wanted, ...by }))),
      );
      // A denial that is remembered somewhere no longer holds.
      entitlements.announce(wanted.accountId);
      return made;
    },
    adjustments: async (page) => (await readerFor(db, 'everybody')(listAdjustments(page))).map(viewOf),
  };
}

function viewOf({ name, created_at, ...adjustment }: Adjustment): AdjustmentView {
  return { ...adjustment, limit: name, created_at: created_at.toISOString() };
}
