import { commitPoint, statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import type { ObjectRef } from '../../facts.ts';
import { requestDrainIn } from '../fetching/request-drain.ts';
import { resolveOwnerIn } from '../objects/customer-owner.ts';
import { receiveFoundEvent, type ReceiveParts } from './receive-event.ts';
import type { ReadRate } from '../fetching/read-rate.ts';
import { requestFetches, requeueDeadTasks } from '../store/fetch-tasks.ts';
import type { ProviderMode, PaymentProvider } from '../../payment-provider.ts';

const MARKED = commitPoint(
  'billing.everything-marked',
  'an object of a payment provider that is to be fetched, told of or not',
);
const RECONCILED = commitPoint(
  'billing.reconciled',
  'up to when a payment provider was asked for what it never told',
);

const CLAIMED_LATE = commitPoint('billing.claimed-late', 'whose a customer is whose account came after them');

/** Customers that one run finds; the next one finds more. */
const MOST = 1_000;

/** How much of the time that was looked at before is looked at again: providers list late what they tell, and their clocks differ. */
const OVERLAP = '1 hour';
/** A gap that comes this near to what a payment provider remembers is one that it may have forgotten. Days. */
const MARGIN = 1;

/** Findings of a reconciliation. */
export interface ReconcileResult {
  /** Messages that had never come. */
  readonly events: number;
  /** Objects that are looked at, told of or not; 0 where the provider's memory sufficed. */
  readonly objects: number;
}

/** A payment provider that is asked. */
export interface ReconcileRun {
  readonly provider: PaymentProvider;
  readonly readRate: ReadRate;
  readonly signal: AbortSignal;
  /** Every object it has, told of or not. */
  readonly all: boolean;
}

/**
 * Asks a payment provider for what it told since the last time, and treats what never came as if it had. Where that is longer ago than the
 * store remembers, or for `all`, every object is looked at. A run that is cut short begins anew.
 */
export async function reconcile(
  parts: ReceiveParts,
  { provider, readRate, signal, all }: ReconcileRun,
): Promise<ReconcileResult> {
  const providerMode = { provider: provider.name, mode: provider.mode };
  const [[since]] = await parts.db.system('billing.inbox', [
    sinceWhen(providerMode, provider.eventsKeptDays),
  ]);
  if (since === undefined)
    throw new Error('the database did not say since when a payment provider was not asked');
  const reading = readRate.contextFor({ signal });
  let events = 0;
  for await (const page of provider.eventsSince(since.at, reading))
    for (const event of page)
      if (event.about !== undefined && (await receiveFoundEvent(parts, provider, event))) events += 1;
  await bindLateCustomers(parts, providerMode);
  let objects = 0;
  if (all || since.forgotten) {
    objects += await requestDead(parts, providerMode);
    for await (const page of provider.allObjects(reading))
      objects += await requestAll(parts, providerMode, page);
    if (provider.listsNothing === true) objects += await requestKnown(parts, providerMode);
  } else
    for await (const page of provider.overdue?.() ?? [])
      objects += await requestAll(parts, providerMode, page);
  await parts.db.system('billing.inbox', RECONCILED, [keepReconciled(providerMode, since.now)]);
  return { events, objects };
}

/** One commit for each, so that no lock is held for long. Objects that events report go before them. */
async function requestAll(
  parts: ReceiveParts,
  providerMode: ProviderMode,
  refs: readonly ObjectRef[],
): Promise<number> {
  for (const ref of refs)
    await parts.db.system('billing.inbox', MARKED, [requestFetches(providerMode, [ref], { low: true })]);
  await parts.db.system('billing.inbox', MARKED, (tx) => requestDrainIn(parts, tx, providerMode));
  parts.jobs.wake();
  return refs.length;
}

/** Requests objects that were given up, or are refused: also those never read, of which nothing else is known. */
async function requestDead(parts: ReceiveParts, providerMode: ProviderMode): Promise<number> {
  const [revived] = await parts.db.system('billing.inbox', MARKED, [requeueDeadTasks(providerMode)]);
  return revived.length;
}

/** Requests all objects that were ever read, page by page. */
async function requestKnown(parts: ReceiveParts, providerMode: ProviderMode): Promise<number> {
  let count = 0;
  let after: ObjectRef = { kind: 'checkout', id: '' };
  for (;;) {
    const [known] = await parts.db.system('billing.inbox', [knownObjects(providerMode, after)]);
    const last = known.at(-1);
    if (last === undefined) return count;
    count += await requestAll(parts, providerMode, known);
    after = last;
  }
}

/** In the order of the kinds' names, of which `checkout` is the first. */
const knownObjects = ({ provider, mode }: ProviderMode, { kind, id }: ObjectRef) =>
  statement<ObjectRef>(
    `select kind, object_id as id from billing.objects
     where store = $1 and mode = $2 and (kind, object_id) > ($3, $4) order by kind, object_id limit ${MOST}`,
    [provider, mode, kind, id],
  );

/** `forgotten`: the provider was asked so long ago that it may have told things which it lists no more. The first time nothing was. */
const sinceWhen = ({ provider, mode }: ProviderMode, remembers: number) =>
  statement<{ at: Date; now: Date; forgotten: boolean }>(
    `select app.now() as now, coalesce(until < app.now() - make_interval(days => $3), false) as forgotten,
       coalesce(until - interval '${OVERLAP}', app.now() - make_interval(days => $3)) as at
     from (select max(until) as until from billing.reconciled where store = $1 and mode = $2 and what = 'messages') last`,
    [provider, mode, remembers - MARGIN],
  );

const keepReconciled = ({ provider, mode }: ProviderMode, until: Date) =>
  statement(
    `insert into billing.reconciled as r (store, mode, what, until) values ($1, $2, 'messages', $3)
     on conflict (store, mode, what) do update set until = greatest(r.until, excluded.until), updated_at = app.now()`,
    [provider, mode, until],
  );

/** Finds the customers who were told of before there was their account: what waits for them is looked at again. */
async function bindLateCustomers(parts: ReceiveParts, providerMode: ProviderMode): Promise<void> {
  const [found] = await parts.db.system('billing.inbox', [lateCustomers(providerMode)]);
  for (const { customer, claims: accountId } of found)
    await parts.db.system('billing.inbox', CLAIMED_LATE, async (tx) => {
      await resolveOwnerIn(tx, providerMode, { customer, accountId });
      await requestDrainIn(parts, tx, providerMode);
    });
  if (found.length > 0) parts.jobs.wake();
}

const lateCustomers = ({ provider, mode }: ProviderMode) =>
  statement<{ customer: string; claims: AccountId }>(
    `select o.customer, o.claims from billing.objects o join accounts.accounts a on a.account_id = o.claims
     where o.store = $1 and o.mode = $2 and o.state = 'waiting' and o.customer is not null and o.claims is not null and not exists (
       select from billing.customers c where c.store = o.store and c.mode = o.mode and c.customer = o.customer)
     order by o.object_id limit ${MOST}`,
    [provider, mode],
  );
