import { statement } from '#platform/db';
import { sealedColumn } from '#platform/secrets';

export type KeyKind = 'rsa-4096' | 'ed25519';

const PRIVATE = sealedColumn({ table: 'coditect.signing_keys', column: 'private_sealed', key: ['id'] });

/** What binds a sealed private key to its row. */
export const placeOfPrivateKey = (id: string): string => PRIVATE.context(id);

export interface SigningKeyRow {
  readonly id: string;
  readonly kind: KeyKind;
  readonly public_key: string;
  readonly private_sealed: string;
  readonly created_at: Date;
  readonly retired_at: Date | null;
}

/** All of them, those that sign first. */
export const signingKeys = statement<SigningKeyRow>(
  `select id, kind, public_key, private_sealed, created_at, retired_at from coditect.signing_keys
   order by (retired_at is not null), created_at desc, id`,
);

export type NewSigningKey = Pick<SigningKeyRow, 'id' | 'kind' | 'public_key' | 'private_sealed'>;

/** Keeps a key that signs from now on, unless another of its kind does. */
export const insertSigningKey = ({ id, kind, public_key: pem, private_sealed: sealed }: NewSigningKey) =>
  statement<{ id: string }>(
    `insert into coditect.signing_keys (id, kind, public_key, private_sealed) values ($1, $2, $3, $4)
     on conflict (kind) where retired_at is null do nothing returning id`,
    [id, kind, pem, sealed],
  );

/** Keys are followed by others one at a time. */
export const lockSigningKeys = statement(
  `select pg_advisory_xact_lock(hashtextextended('coditect signing keys', 0))`,
);

/** The one of a kind that signs does so no more. */
export const retireSigningKey = (kind: KeyKind) =>
  statement(
    'update coditect.signing_keys set retired_at = app.now(), updated_at = app.now() where kind = $1 and retired_at is null',
    [kind],
  );
