import {
  type AccountId,
  actorOf,
  type Answer,
  answer,
  AppError,
  type Call,
  commitPoint,
  type ProductContext,
  statement,
  systemRandom,
} from 'plinth/product';
import { newKey } from './key.ts';
import { type KeptKey, keptKey } from './license.ts';
import { placeOfKey } from './store.ts';

const ROTATED = commitPoint(
  'coditect.rotate-key',
  'another key of a licence, the audit and the answer to a repeat',
);
const REHASHED = commitPoint('coditect.rehash', 'the hash of a licence key under the present master key');
/** Licences whose hashes one run renews. */
const MOST = 1_000;

type Parts = Pick<ProductContext, 'db' | 'audit' | 'secrets'>;

/** The caller, by a call for an account. */
type AccountCall = Pick<
  Call<'POST /v1/licenses/:id/key', unknown, unknown, 'account', never>,
  'accountId' | 'caller' | 'origin' | 'once' | 'params'
>;

const changeKey = (accountId: AccountId, id: string, key: KeptKey) =>
  statement<{ id: string }>(
    `update coditect.licenses set key_hash = $3, key_hash_by = $4, key_sealed = $5, key_tail = $6, updated_at = app.now()
     where account_id = $1 and id = $2 returning id`,
    [accountId, id, key.keyHash, key.keyHashBy, key.keySealed, key.keyTail],
  );

/** Gives a licence another key: the former one is unknown from that commit on. Throws `not_found`. */
export function rotateKey(
  parts: Parts,
  { accountId, caller, origin, once, params }: AccountCall,
): Promise<Answer<{ readonly license_key: string }>> {
  const key = newKey(systemRandom);
  const { id } = params;
  return once(ROTATED, async (tx) => {
    const [changed] = await tx.run(changeKey(accountId, id, keptKey(parts, { accountId, id }, key)));
    if (changed === undefined) throw new AppError('not_found');
    await parts.audit.recordIn(tx, {
      action: 'coditect.license.key_rotated',
      actor: actorOf(caller),
      accountId,
      target: { kind: 'license', id },
      origin,
    });
    return answer(200, { license_key: key });
  });
}

interface HashedRow {
  readonly account_id: AccountId;
  readonly id: string;
  readonly key_sealed: string;
}

const hashedByOthers = (current: string) =>
  statement<HashedRow>(
    'select account_id, id, key_sealed from coditect.licenses where key_hash_by <> $1 order by key_hash_by, id limit $2',
    [current, MOST],
  );

/** Not of a key that was rotated meanwhile. */
const renewHash = ({ account_id: accountId, id, key_sealed: sealed }: HashedRow, key: KeptKey) =>
  statement(
    `update coditect.licenses set key_hash = $4, key_hash_by = $5, updated_at = app.now()
     where account_id = $1 and id = $2 and key_sealed = $3`,
    [accountId, id, sealed, key.keyHash, key.keyHashBy],
  );

/**
 * Hashes keys anew that are hashed under another master key than the present one, so that the other can be dropped. A key is opened
 * for it: one whose former master key was dropped too early is found again as soon as it is sealed under a present one.
 */
export async function rehash(parts: Pick<Parts, 'db' | 'secrets'>): Promise<number> {
  const { db, secrets } = parts;
  const [rows] = await db.system('coditect.lapses', [hashedByOthers(secrets.current)]);
  for (const row of rows) {
    const place = { accountId: row.account_id, id: row.id };
    const key = secrets.open(row.key_sealed, placeOfKey(place.accountId, place.id));
    await db.system('coditect.lapses', REHASHED, [renewHash(row, keptKey(parts, place, key))]);
  }
  return rows.length;
}
