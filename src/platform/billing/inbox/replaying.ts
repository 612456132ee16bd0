import { actorOf, type Audit } from '#platform/audit';
import { commitPoint, type Database, statement, type Transaction } from '#platform/db';
import { type Answer, answer, type Caller, type Once, type Origin } from '#platform/http';
import { AppError } from '#platform/kernel';
import type { ObjectKind, ObjectRef } from '../facts.ts';
import type { Mode, Store, StoreName } from '../store.ts';
import { askForDrainIn, type AskingParts } from './asking.ts';
import { lookAgain, reviveDead, type Shop } from './wants-store.ts';

const REPLAYED = commitPoint('billing.replayed', 'that objects are fetched again, as an admin asked');
const MARKED = commitPoint('billing.replay-marked', 'an object that is fetched again');

/** Messages that one call replays. */
const MOST = 1_000;

/** Which: those of these ids, those of a time (the oldest first), or all objects that were given up. */
export interface Replay {
  readonly event_ids?: readonly string[] | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly dead?: true | undefined;
}

export interface Replayed {
  /** Objects that are fetched again. */
  readonly objects: number;
  /** Where to go on, when there was more than one call replays. */
  readonly next_since: string | null;
}

export interface ReplayingParts extends AskingParts {
  readonly db: Database;
  readonly audit: Audit;
}

export interface ByWhom {
  readonly caller: Caller;
  readonly origin: Origin;
  readonly once: Once;
}

/** Has objects fetched again whatever became of the hints at them. Throws `not_found` for an id that never came. */
export async function replay(
  parts: ReplayingParts,
  { stores, which }: { readonly stores: readonly Store[]; readonly which: Replay },
  { caller, origin, once }: ByWhom,
): Promise<Answer<Replayed>> {
  const marked = which.dead === true ? undefined : await mark(parts, which);
  const given = await once(REPLAYED, async (tx) => {
    const replayed = marked ?? (await reviveIn(tx, stores));
    for (const { name, mode } of stores) await askForDrainIn(parts, tx, { store: name, mode });
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

async function reviveIn(tx: Transaction, stores: readonly Store[]): Promise<Replayed> {
  let objects = 0;
  for (const { name, mode } of stores) objects += (await tx.run(reviveDead({ store: name, mode }))).length;
  return { objects, next_since: null };
}

/** One commit for each object: in one for all, this and whoever applies some of them would wait for each other. Twice does no harm. */
async function mark({ db }: ReplayingParts, which: Replay): Promise<Replayed> {
  const [found] = await db.system('admin.billing', [messagesToReplay(which)]);
  const known = new Set(found.map(({ event_id }) => event_id));
  const unknown = which.event_ids?.find((id) => !known.has(id));
  if (unknown !== undefined)
    throw new AppError('not_found', { message: 'There is no event of one of these ids.' });
  const objects = objectsOf(found.slice(0, MOST));
  for (const { ref, ...shop } of objects) await db.system('admin.billing', MARKED, [lookAgain(shop, ref)]);
  return { objects: objects.length, next_since: found[MOST]?.created_at.toISOString() ?? null };
}

/** What messages are about, each once. */
function objectsOf(messages: readonly MessageToReplay[]): (Shop & { readonly ref: ObjectRef })[] {
  const objects = messages.flatMap(({ store, mode, kind, object_id: id }) =>
    kind === null || id === null ? [] : [{ store, mode, ref: { kind, id } }],
  );
  return [...new Map(objects.map((object) => [JSON.stringify(object), object])).values()];
}

interface MessageToReplay {
  readonly event_id: string;
  readonly store: StoreName;
  readonly mode: Mode;
  readonly kind: ObjectKind | null;
  readonly object_id: string | null;
  readonly created_at: Date;
}

const messagesToReplay = ({ event_ids: ids, since, until }: Replay) =>
  ids === undefined
    ? statement<MessageToReplay>(
        `select event_id, store, mode, kind, object_id, created_at from billing.inbox
         where created_at >= $1 and created_at < coalesce($2::timestamptz, 'infinity') order by created_at, number limit $3`,
        [since ?? null, until ?? null, MOST + 1],
      )
    : statement<MessageToReplay>(
        `select event_id, store, mode, kind, object_id, created_at from billing.inbox
         where event_id in (select jsonb_array_elements_text($1::text::jsonb))`,
        [JSON.stringify(ids)],
      );
