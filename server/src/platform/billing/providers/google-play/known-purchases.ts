import { type Database, statement } from '#platform/db';
import type { ObjectRef } from '../../facts.ts';
import type { Mode } from '../../payment-provider.ts';

/** Purchases that one look finds. */
const PAGE = 1_000;
/** Google tells of a purchase for 60 days after its end; what ended before is left as it is. */
const TOLD = `interval '55 days'`;

/** Which of the purchases that are known here: Google lists none, and tells nothing twice. */
type Which = 'all' | 'overdue';

const CONDITIONS: Readonly<Record<Which, string>> = {
  // A purchase that Google did not know once is asked for again: it may have been a setting, or a bad hour of Google's.
  all: `(s.store_id is not null and (s.ended_at is null or s.ended_at > app.now() - ${TOLD})
      or o.state = 'gone' and o.updated_at > app.now() - ${TOLD})`,
  // A renewal is told at once, and anything else within days. What waits for its next try has a pause of its own.
  overdue: `s.state not in ('canceled', 'expired') and (
      s.period_ends_at < app.now() - interval '1 hour' and o.updated_at < s.period_ends_at + interval '1 hour'
      or least(s.period_ends_at, s.kept_until) < app.now() and o.updated_at < app.now() - interval '6 hours'
      or o.updated_at < app.now() - interval '3 days')
    and not exists (select from billing.wants w
      where (w.store, w.mode, w.kind, w.object_id) = (o.store, o.mode, o.kind, o.object_id) and not w.dead)`,
};

export async function* knownPurchases(
  db: Database,
  mode: Mode,
  which: Which,
): AsyncGenerator<readonly ObjectRef[], void> {
  let after: ObjectRef = { kind: 'payment', id: '' };
  for (;;) {
    const [rows] = await db.system('billing.inbox', [purchasesAfter(mode, which, after)]);
    yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = last;
  }
}

/** In the order of the kinds' names: add-ons (`payment`) go first. */
const purchasesAfter = (mode: Mode, which: Which, { kind, id }: ObjectRef) =>
  statement<ObjectRef>(
    `select o.kind, o.object_id as id from billing.objects o
     left join billing.subscriptions s on s.store = o.store and s.mode = o.mode and o.kind = 'subscription' and s.store_id = o.object_id
     where o.store = 'google_play' and o.mode = $1 and (o.kind, o.object_id) > ($2, $3) and ${CONDITIONS[which]}
     order by o.kind, o.object_id limit ${PAGE}`,
    [mode, kind, id],
  );
