import {
  type AccountId,
  AppError,
  commitPoint,
  endOfServer,
  type Page,
  type Permit,
  permitError,
  type ProductContext,
  purgeTrash,
  type Safety,
  timeList,
  type Transaction,
  type UserId,
  type WorkKey,
} from 'plinth/product';
import { z } from 'zod';
import type { Profile } from '../profile/service.ts';
import { careOf } from '../safety.ts';
import { usableOr } from '../unavailable.ts';
import { aboutPerson, cleanText } from '../words.ts';
import {
  DISTORTIONS,
  insertTurn,
  listTurns,
  rateTurn,
  readTurn,
  type Style,
  trash,
  type TurnRow,
} from './store.ts';

const MADE = commitPoint('prism.turn', 'a turn, its settlement and the answer under the request’s key');
const DELETE = commitPoint('prism.turn-delete', 'a turn in the trash');
const PURGE = commitPoint('prism.turns-purged', 'turns that were deleted 30 days ago are gone');

const said = z.string().refine((text) => text.trim() !== '');
/** As the model is asked for it; `none` where the thought is not bent at all. */
const turned = z.object({
  distortion: z.enum([...DISTORTIONS, 'none']),
  turn: said,
  question: said,
});

/** The caller who asks for a turn, and their permit. */
export interface TurnAsker {
  readonly accountId: AccountId;
  readonly userId: UserId;
  readonly permit: Permit;
  readonly profile: Profile;
  readonly signal: AbortSignal;
}

/** Turn: one thought, seen from another side. */
export function createTurns({ ai, db, ids }: ProductContext) {
  /**
   * Asks the model, then stores what it made, what that cost and the answer in one commit. A client that hangs up finds it among its turns: it
   * is paid for anyway.
   */
  async function make(
    { accountId, userId, permit, profile, signal }: TurnAsker,
    { thought, style, safety }: { thought: string; style: Style; safety: Safety },
  ): Promise<TurnRow> {
    const { object } = await usableOr(
      permit,
      ai.generate(permit, {
        feature: 'turn',
        prompt: {
          id: 'turn',
          variables: { thought, style, care: careOf(safety), ...aboutPerson(profile) },
        },
        schema: turned,
        signal: endOfServer(signal),
      }),
    );
    const { distortion, turn, question } = object;
    const made = {
      id: ids.next(),
      thought,
      style,
      distortion: distortion === 'none' ? null : distortion,
      turn: cleanText(turn),
      question: cleanText(question),
      safety,
    };
    try {
      const [[row]] = await db.tenant(accountId, MADE, [
        insertTurn({ accountId, userId, ...made }),
        ...permit.settlementWith({ status: 200, body: { id: made.id } }),
      ]);
      return row ?? throwNotFound();
    } catch (error) {
      throw permitError(error);
    }
  }

  async function read(key: WorkKey): Promise<TurnRow> {
    const [[row]] = await db.tenant(key.accountId, [readTurn(key)]);
    return row ?? throwNotFound();
  }

  /** Newest first. */
  async function list(
    accountId: AccountId,
    { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
  ): Promise<Page<TurnRow>> {
    const turns = timeList('turns', {});
    const [rows] = await db.tenant(accountId, [
      listTurns(accountId, { after: turns.after(cursor), limit: limit + 1 }),
    ]);
    return turns.page(rows, limit);
  }

  /** Puts a turn into the trash, from where it does not come back. */
  async function remove(key: WorkKey): Promise<void> {
    await db.tenant(key.accountId, DELETE, async (tx) => {
      const [row] = await tx.run(readTurn(key));
      if (row === undefined) throw noTurn();
      await tx.run(trash.trashing(key.accountId, key.id));
    });
  }

  return { make, read, list, remove, rateIn, purge: () => purgeTrash(db, trash, PURGE) };
}

/** Says whether a turn helped, in the caller's transaction, which also stores the idempotency key. */
async function rateIn(
  tx: Transaction,
  key: WorkKey,
  feedback: { readonly helpful: boolean; readonly note: string | null },
): Promise<TurnRow> {
  const [row] = await tx.run(rateTurn(key, feedback));
  return row ?? throwNotFound();
}

function noTurn(): AppError {
  return new AppError('not_found', { message: 'There is no such turn.' });
}

function throwNotFound(): never {
  throw noTurn();
}
