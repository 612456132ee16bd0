import { type Database, statement } from '#platform/db';
import type { ObjectRef } from '../../facts.ts';
import type { Mode } from '../../payment-provider.ts';

/** Purchases that one look finds. */
const PAGE = 1_000;
/** Google tells of a purchase for 60 days after its end; what ended before is left as it is. */
const TOLD = `interval '55 days'`;

/** Of the purchases that are known here: Google lists none, and tells nothing twice. */
type Which = 'all' | 'overdue';

const CONDITIONS: Readonly<Record<Which, string>> = {
  all: `(s.ended_at is null or s.ended_at > app.now() - ${TOLD})`,
  // A renewal is told at once, and anything else within days.
  overdue: `s.state not in ('canceled', 'expired') and (
      s.period_ends_at < app.now() - interval '1 hour' and o.updated_at < s.period_ends_at + interval '1 hour'
      or least(s.period_ends_at, s.kept_until) < app.now() and o.updated_at < app.now() - interval '6 hours'
      or o.updated_at < app.now() - interval '3 days')`,
};

export async function* knownPurchases(
  db: Database,
  mode: Mode,
  which: Which,
): AsyncGenerator<readonly ObjectRef[], void> {
  let after = '';
  for (;;) {
    const [rows] = await db.system('billing.inbox', [purchasesAfter(mode, which, after)]);
    yield rows.map(({ id }) => ({ kind: 'subscription', id }));
    const last = rows.at(-1)?.id;
    if (last === undefined || rows.length < PAGE) return;
    after = last;
  }
}

const purchasesAfter = (mode: Mode, which: Which, after: string) =>
  statement<{ id: string }>(
    `select s.store_id as id from billing.subscriptions s
     join billing.objects o on o.store = s.store and o.mode = s.mode and o.kind = 'subscription' and o.object_id = s.store_id
     where s.store = 'google_play' and s.mode = $1 and s.store_id > $2 and ${CONDITIONS[which]} order by s.store_id limit ${PAGE}`,
    [mode, after],
  );
