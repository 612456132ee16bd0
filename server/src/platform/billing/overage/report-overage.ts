import { commitPoint, type Database } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import type { Logger } from '#platform/telemetry';
import { refusalOf } from '../errors.ts';
import type { UsageMeter, Mode } from '../payment-provider.ts';
import {
  type CountedLimit,
  countedLimits,
  countOverage,
  dueCounts,
  type DueReport,
  giveUpReports,
  reportRefused,
  reportSent,
  takeReport,
} from './store.ts';

const COUNTED = commitPoint('billing.overage-counted', 'what was settled past a limit, and the report of it');
const TAKEN = commitPoint('billing.overage-taken', 'that a report is about to be sent to a payment provider');
const SENT = commitPoint('billing.overage-sent', 'that a payment provider has taken a report, or refused it');

/** A run takes some seconds at most; the rest is due at the next. */
const ACCOUNTS = 1_000;
const REPORTS = 100;

export interface ReportParts {
  readonly db: Database;
  readonly mode: Mode;
  readonly meter: UsageMeter;
  readonly log: Pick<Logger, 'error'>;
}

/**
 * Counts what was used past limits since the last run, and tells the provider of it. What there is to do is read from rows
 * alone, and each report has one identifier for ever: the next run goes on where one died, and no unit is
 * billed twice. Two runs at once do no harm. Answers how many units were reported. Throws when an account could not be
 * counted, which keeps no other one waiting.
 */
export async function reportOverage(parts: ReportParts): Promise<number> {
  const { db, mode, log } = parts;
  const [due] = await db.system('billing.overage', [dueCounts(ACCOUNTS)]);
  const failures = await count(parts, due);
  const [lost] = await db.system('billing.overage', TAKEN, [giveUpReports(mode)]);
  if (lost.length > 0) log.error({ lost }, 'units past a limit could not be reported, and will not be');
  const units = await sendAll(parts);
  if (failures.length > 0)
    throw new AggregateError(failures, `${failures.length} accounts could not be counted`);
  return units;
}

/**
 * The same of one account's product, at once: use until now can't be billed any more when its subscription has lost the price of it.
 * Throws where the provider could not be told.
 */
export async function reportOverageOf(
  parts: ReportParts,
  accountId: AccountId,
  product: string,
): Promise<void> {
  const [limits] = await parts.db.system('billing.overage', [countedLimits(accountId, product)]);
  const [failure] = await count(parts, limits);
  if (failure !== undefined) throw failure;
  if (limits.length > 0) await sendAll(parts, accountId);
}

async function sendAll(parts: ReportParts, accountId?: AccountId): Promise<number> {
  let units = 0;
  for (let sent = 0; sent < REPORTS; sent += 1) {
    const [[report]] = await parts.db.system('billing.overage', TAKEN, [takeReport(parts.mode, accountId)]);
    if (report === undefined) break;
    if (await send(parts, report)) units += report.units;
  }
  return units;
}

/** Answers why some could not be counted. */
async function count({ db, mode, log }: ReportParts, due: readonly CountedLimit[]): Promise<unknown[]> {
  const failures: unknown[] = [];
  for (const one of due) {
    try {
      await db.system('billing.overage', COUNTED, [countOverage(one, mode)]);
    } catch (error) {
      failures.push(error);
      log.error({ ...one, err: error }, 'units past a limit could not be counted');
    }
  }
  return failures;
}

/** Whether it was taken. A refusal is written down; where no answer came, the rest waits for the next run too. */
async function send({ db, meter, log }: ReportParts, report: DueReport): Promise<boolean> {
  const { id, product, limit_name: limit, customer, units, created_at: at } = report;
  try {
    await meter.report({ id, product, limit, customer, units, at });
  } catch (error) {
    const code = refusalOf(error);
    if (code === undefined) throw error;
    log.error({ report: id, code }, 'a payment provider refused a report of units past a limit');
    await db.system('billing.overage', SENT, [reportRefused(report, code)]);
    return false;
  }
  await db.system('billing.overage', SENT, [reportSent(report)]);
  return true;
}
