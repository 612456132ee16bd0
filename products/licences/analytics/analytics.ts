import { commitPoint, type DailyRecurring, type ProductContext, type Report } from 'plinth/product';
import { countRunningSessions, type DayRow, readDays, rollDay } from './store.ts';

const ROLLED = commitPoint(
  'coditect.day-rolled',
  'what licences were used for on a day, and no denials of it any more',
);
const DAY = 86_400_000;
/** Days that one run writes down: more of them are left to the next. */
const MOST = 40;
const LONGEST_MONTH = 31;

interface AnalyticsQuestion {
  readonly from?: string | undefined;
  readonly until?: string | undefined;
  readonly currency: string;
}

/** Figures of the recurring revenue that are told of a day. Amounts are in minor units. */
const REVENUE = [
  'customers',
  'new_customers',
  'returned_customers',
  'churned_customers',
  'mrr_minor',
  'arr_minor',
  'new_minor',
  'returned_minor',
  'expansion_minor',
  'contraction_minor',
  'churned_minor',
] as const;
type RevenueFigures = Readonly<Record<(typeof REVENUE)[number], number>>;

/** A day of UTC, over all accounts; the present one until now. Rates are null where there was nothing that they are of. */
export interface AnalyticsDay
  extends Omit<DayRow, 'ended_us' | 'worked_us'>,
    RevenueFigures,
    Pick<DailyRecurring, 'currency' | 'logo_churn' | 'revenue_churn'> {
  readonly utilization: number | null;
  readonly worked_seconds: number;
  readonly mean_session_seconds: number | null;
}

/** Figures that plan document 002 asks for: now, and since the month of UTC began. */
export interface AnalyticsTotals {
  readonly currency: string;
  readonly mrr_minor: number;
  readonly arr_minor: number;
  readonly active_subscriptions: number;
  readonly sign_ups: number;
  readonly churned_customers: number;
  readonly churn: number | null;
  readonly running_sessions: number;
  readonly seats: number;
  readonly utilization: number | null;
}

/** Figures of all licences by day, for operators. */
export function createAnalytics({ db, reports }: Pick<ProductContext, 'db' | 'reports'>) {
  /** Revenue of subscriptions on days that follow each other, by day. */
  async function revenueOf(days: readonly DayRow[], currency: string) {
    const [last, first] = [days[0], days.at(-1)];
    if (first === undefined || last === undefined) return new Map<string, DailyRecurring>();
    const report = await reports.recurring({ from: first.day, until: dayAfter(last.day), currency });
    const rows = await report.page({ limit: days.length });
    return new Map(rows.map((row) => [row.day, row]));
  }

  /** Days, the newest first. */
  async function open({ from, until, currency }: AnalyticsQuestion): Promise<Report<AnalyticsDay>> {
    const { range } = await reports.recurring({ from, until, currency });
    return {
      range,
      keys: ['day'],
      positionOf: ({ day }) => [day],
      async page({ limit, after }) {
        const asked = { from: range.from, until: range.until, after: after?.[0], limit };
        const [days] = await db.system('coditect.days', [readDays(asked)]);
        const revenue = await revenueOf(days, currency);
        return days.map((day) => shownDay(day, revenue.get(day.day), currency));
      },
    };
  }

  return {
    open,

    async totals(currency: string): Promise<AnalyticsTotals> {
      const days = await (await open({ currency })).page({ limit: LONGEST_MONTH });
      const month = await reports.monthUntilNow(currency);
      const [[row]] = await db.system('coditect.days', [countRunningSessions]);
      const [running, seats] = [row?.running ?? 0, days[0]?.seats ?? 0];
      return {
        currency,
        mrr_minor: month?.mrr_minor ?? 0,
        arr_minor: month?.arr_minor ?? 0,
        active_subscriptions: days[0]?.active_subscriptions ?? 0,
        sign_ups: days.reduce((total, day) => total + day.sign_ups, 0),
        churned_customers: month?.churned_customers ?? 0,
        churn: month?.logo_churn ?? null,
        running_sessions: running,
        seats,
        utilization: share(running, seats),
      };
    },

    /** Writes down the days that are over. */
    async roll(): Promise<void> {
      for (let days = 0; days < MOST; days += 1) {
        const [[row]] = await db.system('coditect.days', ROLLED, [rollDay]);
        if (row?.rolled !== true) return;
      }
    },
  };
}

function shownDay(
  { ended_us: ended, worked_us: worked, ...day }: DayRow,
  revenue: DailyRecurring | undefined,
  currency: string,
): AnalyticsDay {
  const figures = REVENUE.map((name) => [name, revenue?.[name] ?? 0] as const);
  return {
    ...day,
    utilization: share(day.seats_used, day.seats),
    worked_seconds: seconds(worked),
    mean_session_seconds: day.sessions_ended === 0 ? null : seconds(ended / day.sessions_ended),
    currency,
    ...(Object.fromEntries(figures) as RevenueFigures),
    logo_churn: revenue?.logo_churn ?? null,
    revenue_churn: revenue?.revenue_churn ?? null,
  };
}

/** To four decimals; null where there is nothing to be a share of. */
const share = (part: number, whole: number) =>
  whole === 0 ? null : Math.round((part / whole) * 10_000) / 10_000;

const seconds = (microseconds: number) => Math.round(microseconds / 1_000_000);

const dayAfter = (day: string) => new Date(Date.parse(day) + DAY).toISOString().slice(0, 10);
