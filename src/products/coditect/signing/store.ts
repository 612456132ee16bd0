import { commitPoint, statement } from '#platform/db';
import { sealedColumn } from '#platform/secrets';
import type { SigningKeyRow, SigningKeyStore } from '#platform/signing';

const PRIVATE = sealedColumn({ table: 'coditect.signing_keys', column: 'private_sealed', key: ['id'] });

/** The keys that sign licence files and session tokens. */
export const LICENSE_KEYS: SigningKeyStore = {
  use: 'coditect.signing',
  kept: commitPoint('coditect.signing-key', 'a key that signs licence files and sessions'),
  rotated: commitPoint(
    'coditect.signing-key-rotated',
    'a key that signs in place of another, and the answer to a repeat',
  ),
  placeOfPrivateKey: (id) => PRIVATE.context(id),
  list: statement<SigningKeyRow>(
    `select id, kind, public_key, private_sealed, created_at, retired_at from coditect.signing_keys
     order by (retired_at is not null), created_at desc, id`,
  ),
  insert: ({ id, kind, public_key: pem, private_sealed: sealed }) =>
    statement<{ id: string }>(
      `insert into coditect.signing_keys (id, kind, public_key, private_sealed) values ($1, $2, $3, $4)
       on conflict (kind) where retired_at is null do nothing returning id`,
      [id, kind, pem, sealed],
    ),
  lock: statement(`select pg_advisory_xact_lock(hashtextextended('coditect signing keys', 0))`),
  retire: (kind) =>
    statement(
      'update coditect.signing_keys set retired_at = app.now(), updated_at = app.now() where kind = $1 and retired_at is null',
      [kind],
    ),
};
