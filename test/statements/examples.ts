import { globSync } from 'node:fs';
import { join } from 'node:path';
import type { Database, Statement } from '#platform/db';
import { allDataRules } from '../../server/src/app/lists.ts';
import {
  CUSTOMER_SORTS,
  type CustomerSort,
  listCustomers,
} from '../../server/src/platform/operator/customers/store.ts';
import { countRows } from '../../server/src/platform/work/erasure/proof.ts';
import { sealedCounts } from '../../server/src/platform/base/secrets/count-sealed.ts';
import { openMarginReport } from '../../server/src/platform/operator/reports/margin.ts';
import { openLeavingReport } from '../../server/src/platform/operator/reports/leaving.ts';
import { openPackReport } from '../../server/src/platform/operator/reports/packs.ts';
import {
  openDailyRecurringReport,
  openRecurringReport,
} from '../../server/src/platform/operator/reports/recurring.ts';
import { openRevenueReport } from '../../server/src/platform/operator/reports/revenue.ts';
import { openUsageReport } from '../../server/src/platform/operator/reports/usage.ts';
import type { AccountId, UserId } from '#platform/kernel';
import { type Shown, shownAs } from '@plinth/testkit/statements/read-statements';
import { ROOT } from '@plinth/testkit/house/source';
import { shownIn } from '@plinth/testkit/walkers/statements';

type Example = readonly Pick<Statement, 'text' | 'values'>[];

const NOBODY = '01939c2e-8f4b-7c3a-9d21-5b6c7d8e9f01' as AccountId & UserId;

/** What is put together from parts that the compiler can't know is shown as calls of it, by what makes it. */
export async function examples(db: Database): Promise<Shown> {
  const shown: [string, Example][] = [
    ...(await ofProducts()),
    ...(await ofReports(db)),
    ['server/src/platform/base/secrets/count-sealed.ts sealedCounts', [sealedCounts()]],
    ['server/src/platform/operator/customers/store.ts listCustomers', CUSTOMER_SORTS.map(customersBy)],
    [
      'server/src/platform/work/erasure/proof.ts countRows',
      [
        countRows(allDataRules(), { kind: 'account', id: NOBODY }),
        countRows(allDataRules(), { kind: 'user', id: NOBODY, email: null }),
      ],
    ],
  ];
  return new Map(shown.map(([name, made]) => [name, shownAs(made)]));
}

const customersBy = (sort: CustomerSort): Statement =>
  listCustomers({
    sort,
    status: undefined,
    payment: 'failing',
    mode: 'test',
    span: { since: new Date(), now: new Date() },
    limit: 1,
    after: undefined,
  });

/** What products show of their own. */
async function ofProducts(): Promise<[string, Example][]> {
  const shown: [string, Example][] = [];
  for (const folder of globSync('products/*', { cwd: ROOT }))
    for (const [name, made] of Object.entries(await shownIn(join(ROOT, folder))))
      shown.push([`${folder}/${name}`, made]);
  return shown;
}

async function ofReports(db: Database): Promise<[string, Statement[]][]> {
  const mode = 'test' as const;
  const range = { from: undefined, until: undefined, zone: 'UTC' };
  const page = { limit: 1 };
  const rates = { on: () => undefined } as never;
  const recordReport = async (
    open: (recorded: Database) => Promise<{ page(at: typeof page): Promise<unknown> }>,
  ) => {
    const seen: Statement[] = [];
    const report = await open(recordingDatabase(db, seen));
    seen.length = 0;
    await report.page(page);
    return seen;
  };
  const group = ['product', 'plan'] as const;
  return [
    [
      'server/src/platform/operator/reports/usage.ts sums',
      await recordReport((on) =>
        openUsageReport(on, 'everybody', {
          ...range,
          group: ['user', 'day', ...group],
          filters: { product: 'a' },
        }),
      ),
    ],
    [
      'server/src/platform/operator/reports/margin.ts sums',
      await recordReport((on) =>
        openMarginReport({ db: on, mode, rates }, { ...range, group: ['account', ...group] }),
      ),
    ],
    [
      'server/src/platform/operator/reports/revenue.ts sums',
      await recordReport((on) =>
        openRevenueReport(
          { db: on, mode },
          { ...range, group: ['month', 'account', 'item', 'kind', ...group] },
        ),
      ),
    ],
    [
      'server/src/platform/operator/reports/leaving.ts sums',
      await recordReport((on) =>
        openLeavingReport(
          { db: on, mode },
          { ...range, group: ['month', 'product', 'plan', 'reason', 'feedback'] },
        ),
      ),
    ],
    [
      'server/src/platform/operator/reports/packs.ts sums',
      await recordReport((on) =>
        openPackReport({ db: on, mode }, { ...range, group: ['month', 'account', 'product', 'item'] }),
      ),
    ],
    [
      'server/src/platform/operator/reports/recurring.ts sums',
      [
        ...(await recordReport((on) => openRecurringReport({ db: on, mode }, { ...range, group }))),
        ...(await recordReport((on) =>
          openDailyRecurringReport({ db: on, mode }, { ...range, group: [], product: 'a', currency: 'usd' }),
        )),
      ],
    ],
  ];
}

/** A database of which it is written down what the system asks it. */
function recordingDatabase(db: Database, seen: Statement[]): Database {
  const system = async (use: never, statements: readonly Statement[]) => {
    seen.push(...statements);
    return db.system(use, statements);
  };
  return { ...db, system: system as never };
}
