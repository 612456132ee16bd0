import { statement } from '#platform/db';
import type { AccountId, UserId } from '#platform/kernel';
import { sealedColumn } from '#platform/secrets';

export const SEALED_KEY = sealedColumn({
  table: 'ai.provider_keys',
  column: 'sealed',
  key: ['account_id', 'provider'],
});

/** A key without the key. */
export interface KeyRow {
  readonly provider: string;
  readonly ending: string;
  readonly checked: boolean;
  readonly set_by: UserId;
  readonly updated_at: Date;
}

const SHOWN = 'provider, ending, checked, set_by, updated_at';

export const keysOf = (accountId: AccountId) =>
  statement<KeyRow>(`select ${SHOWN} from ai.provider_keys where account_id = $1 order by provider`, [
    accountId,
  ]);

export interface NewKey extends Pick<KeyRow, 'provider' | 'ending' | 'checked' | 'set_by'> {
  readonly sealed: string;
}

/** Without `excluded`, which would have to be read. */
export const putKey = (accountId: AccountId, key: NewKey) =>
  statement<KeyRow>(
    `insert into ai.provider_keys (account_id, provider, sealed, ending, checked, set_by) values ($1, $2, $3, $4, $5, $6)
     on conflict (account_id, provider) do update set sealed = $3, ending = $4, checked = $5, set_by = $6, updated_at = app.now()
     returning ${SHOWN}`,
    [accountId, key.provider, key.sealed, key.ending, key.checked, key.set_by],
  );

export const deleteKey = (accountId: AccountId, provider: string) =>
  statement<{ provider: string }>(
    'delete from ai.provider_keys where account_id = $1 and provider = $2 returning provider',
    [accountId, provider],
  );

/** The accounts that have any. */
export const accountsWithKeys = () =>
  statement<{ account_id: AccountId }>('select distinct account_id from ai.provider_keys');

export const sealedKeysOf = (accountId: AccountId) =>
  statement<{ provider: string; sealed: string }>(
    'select provider, sealed from ai.provider_keys where account_id = $1',
    [accountId],
  );
