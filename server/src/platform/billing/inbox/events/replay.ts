import { actorOf, type Audit } from '#platform/audit';
import { commitPoint, type Database, statement, type Transaction } from '#platform/db';
import { type Answer, answer, type Caller, type Once, type Origin } from '#platform/http';
import { AppError } from '#platform/kernel';
import type { ObjectKind, ObjectRef } from '../../facts.ts';
import { requestDrainIn, type DrainRequestParts } from '../fetching/request-drain.ts';
import { requestFetchNow, requeueDeadTasks } from '../store/fetch-tasks.ts';
import type { Mode, ProviderMode, PaymentProvider, ProviderName } from '../../payment-provider.ts';

const REPLAYED = commitPoint('billing.replayed', 'that objects are fetched again, as an admin asked');
const MARKED = commitPoint('billing.replay-marked', 'an object that is fetched again');

/** Messages that one call replays. */
const MOST = 1_000;

/** Which: those of these ids, those of a time (the oldest first), or all objects that were given up. */
export interface ReplaySelection {
  readonly event_ids?: readonly string[] | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly dead?: true | undefined;
  readonly dead_object?: DeadObject | undefined;
}

/** One of those that were given up. */
export interface DeadObject {
  readonly store: ProviderName;
  readonly mode: Mode;
  readonly kind: ObjectKind;
  readonly object_id: string;
}

export interface ReplayResult {
  /** Objects that are fetched again. */
  readonly objects: number;
  /** Where to go on, when there was more than one call replays. */
  readonly next_since: string | null;
}

export interface ReplayParts extends DrainRequestParts {
  readonly db: Database;
  readonly audit: Audit;
}

export interface ByWhom {
  readonly caller: Caller;
  readonly origin: Origin;
  readonly once: Once;
}

/** Has objects fetched again, in every state of their events. Throws `not_found` for an id that never came, and for an object that is not dead. */
export async function replay(
  parts: ReplayParts,
  { providers, which }: { readonly providers: readonly PaymentProvider[]; readonly which: ReplaySelection },
  { caller, origin, once }: ByWhom,
): Promise<Answer<ReplayResult>> {
  const isOfDead = which.dead === true || which.dead_object !== undefined;
  const marked = isOfDead ? undefined : await requestFetchesOf(parts, which);
  const given = await once(REPLAYED, async (tx) => {
    const replayed = marked ?? (await reviveIn(tx, providers, which.dead_object));
    for (const { name, mode } of providers) await requestDrainIn(parts, tx, { provider: name, mode });
    await parts.audit.recordIn(tx, {
      action: 'billing.replayed',
      actor: actorOf(caller),
      changes: { ...which, objects: replayed.objects },
      origin,
    });
    return answer(202, replayed);
  });
  parts.jobs.wake();
  return given;
}

async function reviveIn(
  tx: Transaction,
  providers: readonly PaymentProvider[],
  dead: DeadObject | undefined,
): Promise<ReplayResult> {
  const ref = dead === undefined ? undefined : { kind: dead.kind, id: dead.object_id };
  let objects = 0;
  for (const { name, mode } of providers)
    if (dead === undefined || (dead.store === name && dead.mode === mode))
      objects += (await tx.run(requeueDeadTasks({ provider: name, mode }, ref))).length;
  if (dead !== undefined && objects === 0)
    throw new AppError('not_found', { message: 'No such object was given up, or it is being fetched.' });
  return { objects, next_since: null };
}

/** One commit for each object: in one for all, this and a process that applies some of them would wait for each other. Twice does no harm. */
async function requestFetchesOf({ db }: ReplayParts, which: ReplaySelection): Promise<ReplayResult> {
  const [found] = await db.system('admin.billing', [eventsToReplay(which)]);
  const known = new Set(found.map(({ event_id }) => event_id));
  const unknown = which.event_ids?.find((id) => !known.has(id));
  if (unknown !== undefined)
    throw new AppError('not_found', { message: 'There is no event of one of these ids.' });
  const objects = objectsOf(found.slice(0, MOST));
  for (const { ref, ...providerMode } of objects)
    await db.system('admin.billing', MARKED, [requestFetchNow(providerMode, ref)]);
  return { objects: objects.length, next_since: found[MOST]?.created_at.toISOString() ?? null };
}

/** Objects that events are about, each once. */
function objectsOf(events: readonly EventToReplay[]): (ProviderMode & { readonly ref: ObjectRef })[] {
  const objects = events.flatMap(({ store: provider, mode, kind, object_id: id }) =>
    kind === null || id === null ? [] : [{ provider, mode, ref: { kind, id } }],
  );
  return [...new Map(objects.map((object) => [JSON.stringify(object), object])).values()];
}

interface EventToReplay {
  readonly event_id: string;
  readonly store: ProviderName;
  readonly mode: Mode;
  readonly kind: ObjectKind | null;
  readonly object_id: string | null;
  readonly created_at: Date;
}

const eventsToReplay = ({ event_ids: ids, since, until }: ReplaySelection) =>
  ids === undefined
    ? statement<EventToReplay>(
        `select event_id, store, mode, kind, object_id, created_at from billing.inbox
         where created_at >= $1 and created_at < coalesce($2::timestamptz, 'infinity') order by created_at, number limit $3`,
        [since ?? null, until ?? null, MOST + 1],
      )
    : statement<EventToReplay>(
        `select event_id, store, mode, kind, object_id, created_at from billing.inbox
         where event_id in (select jsonb_array_elements_text($1::text::jsonb))`,
        [JSON.stringify(ids)],
      );
