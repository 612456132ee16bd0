import { AppError, cursorOf, type Page, page, type ProductContext } from 'plinth/product';
import {
  type CauseRow,
  countPatterns,
  daysOver,
  METRICS,
  type PatternCount,
  readCauses,
  readSeries,
  readTenants,
  type TenantRow,
} from './activity-store.ts';
import { anomaliesOf, type Anomaly } from './anomalies.ts';
import { followNow } from './live.ts';

/** Accounts whose days are in memory at once, and reads of as many that one page does at most. */
const ACCOUNTS = 50;
const MOST_READS = 40;
const MOST_DAYS = 31;
const DAY = 86_400_000;
/** Behind all anomalies of an account. */
const END = '9999-12-31';

export interface ExplainedAnomaly extends Anomaly {
  /** Parts of the value, the largest first. */
  readonly rows: readonly CauseRow[];
}

/** Where a page of anomalies goes on: after this one. */
export type AnomalyPosition = readonly [accountId: string, day: string, metric: string];

interface DaysAsked {
  readonly from: string | undefined;
  readonly until: string | undefined;
  readonly limit: number;
}

/** Activity of accounts, over all of them: for operators alone. */
export function createActivityAnalytics({ db, reports }: Pick<ProductContext, 'db' | 'reports'>) {
  async function explain(anomalies: readonly Anomaly[]): Promise<ExplainedAnomaly[]> {
    const asked = METRICS.map((metric) => anomalies.filter((one) => one.metric === metric));
    const answers = await db.system(
      'coditect.activity',
      METRICS.map((metric, index) => readCauses(metric, asked[index] ?? [])),
    );
    return anomalies.map((one) => {
      const index = METRICS.indexOf(one.metric);
      const at = (asked[index]?.indexOf(one) ?? 0) + 1;
      const causes = (answers[index] ?? []).filter(({ place }) => place === at);
      return { ...one, rows: causes.map(({ cause }) => cause) };
    });
  }

  return {
    /** Open accounts by id, with what they did on some days of UTC. */
    async tenants(asked: DaysAsked & { readonly after: string | undefined }): Promise<Page<TenantRow>> {
      const { from, until, after, limit } = asked;
      const { range } = await reports.recurring({ from, until, currency: 'usd' });
      const days = { from: range.from, until: range.until };
      const [rows] = await db.system('coditect.activity', [
        // The last one of the page before is read again, and left out.
        readTenants({ ...days, least: after, limit: limit + 2 }),
      ]);
      const behind = rows.filter(({ account_id: id }) => id !== after);
      return page(behind.slice(0, limit + 1), limit, {
        item: (row) => row,
        position: (row) => [row.account_id],
      });
    },

    live: (follower: Parameters<typeof followNow>[1]) => followNow({ db }, follower),

    async patterns(): Promise<PatternCount[]> {
      const [rows] = await db.system('coditect.activity', [countPatterns]);
      return rows;
    },

    /** Anomalies of open accounts by id. A page looks at some thousand accounts: one that holds few anomalies, or none, may not be the last. */
    async anomalies({
      from,
      until,
      after,
      limit,
    }: DaysAsked & { readonly after: AnomalyPosition | undefined }): Promise<Page<ExplainedAnomaly>> {
      const [[days]] = await db.system('coditect.activity', [daysOver({ from, until })]);
      if (days === undefined || Date.parse(days.until) - Date.parse(days.from) > MOST_DAYS * DAY)
        throw tooLong();
      const found: Anomaly[] = [];
      let last = after;
      for (let read = 0; read < MOST_READS; read += 1) {
        const asked = { from: days.first_week, until: days.until, least: last?.[0], limit: ACCOUNTS };
        const [series] = await db.system('coditect.activity', [readSeries(asked)]);
        const here = series.flatMap((one) => anomaliesOf(one, days));
        found.push(...here.filter((one) => isBehind(one, last)));
        const end = series.at(-1);
        if (found.length > limit || end === undefined || series.length < ACCOUNTS) return shown(found, limit);
        last = [end.account_id, END, ''];
      }
      return { data: await explain(found), next_cursor: cursorOf(last ?? []) };
    },
  };

  async function shown(found: readonly Anomaly[], limit: number): Promise<Page<ExplainedAnomaly>> {
    const { data, next_cursor } = page(found, limit, {
      item: (one) => one,
      position: ({ account_id, day, metric }) => [account_id, day, metric],
    });
    return { data: await explain(data), next_cursor };
  }
}

function isBehind({ account_id: id, day, metric }: Anomaly, last: AnomalyPosition | undefined): boolean {
  return id !== last?.[0] || `${day} ${metric}` > `${last[1]} ${last[2]}`;
}

function tooLong(): AppError {
  const message = `Anomalies are looked for in ${MOST_DAYS} days at most.`;
  return new AppError('validation_failed', {
    message,
    details: { issues: [{ path: 'query.from', message }] },
  });
}
