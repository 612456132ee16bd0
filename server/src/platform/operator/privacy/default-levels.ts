import { type Statement, statement, type Transaction } from '#platform/db';
import { type AccountId, invalidInput, type UserId } from '#platform/kernel';

export const DEFAULT_LEVELS = ['private', 'team', 'organization'] as const;
type Level = (typeof DEFAULT_LEVELS)[number];

/** For whom something is. */
export interface DefaultAudience {
  readonly level: Level;
  /** With the level `team` alone. */
  readonly teamId: string | null;
}

interface Member {
  readonly accountId: AccountId;
  readonly userId: UserId;
}

interface DefaultRow {
  readonly own: boolean;
  readonly level: Level;
  readonly team_id: string | null;
}

/** A member's own, and the account's, where they are set. */
export const readDefaults = ({ accountId, userId }: Member): Statement<DefaultRow> =>
  statement(
    `select user_id is not null as own, level, team_id from privacy.default_levels
     where account_id = $1 and (user_id is null or user_id = $2)`,
    [accountId, userId],
  );

/** The audience that goes for the member: their own, else the account's, else `private`. */
export function defaultOf(rows: readonly DefaultRow[]): DefaultAudience {
  const row = rows.find(({ own }) => own) ?? rows[0];
  return { level: row?.level ?? 'private', teamId: row?.team_id ?? null };
}

/** As callers see them. */
export const defaultsToJson = (rows: readonly DefaultRow[]) => {
  const own = rows.find((row) => row.own);
  return {
    default_level: own?.level ?? null,
    default_team_id: own?.team_id ?? null,
    account_default_level: rows.find((row) => !row.own)?.level ?? null,
  };
};

const removeDefault = (accountId: AccountId, userId: UserId | null) =>
  statement<{ level: string }>(
    'delete from privacy.default_levels where account_id = $1 and user_id is not distinct from $2::uuid returning level',
    [accountId, userId],
  );

/** No row: the account is personal, or the team is none of the member's. */
const putDefault = (accountId: AccountId, userId: UserId | null, { level, teamId }: DefaultAudience) =>
  statement<{ level: string }>(
    `insert into privacy.default_levels as d (account_id, user_id, level, team_id)
     select $1::uuid, $2::uuid, $3, $4::uuid
     where $3 = 'private' or (exists (select from accounts.accounts a where a.account_id = $1 and a.kind = 'organization')
       and ($4::uuid is null or exists (
         select from accounts.team_members t where t.account_id = $1 and t.team_id = $4 and t.user_id = $2)))
     on conflict (account_id, user_id) do update set level = excluded.level, team_id = excluded.team_id, updated_at = app.now()
     returning level`,
    [accountId, userId, level, teamId],
  );

/** Sets the default of a member, or of the account (no `userId`); null: there is none any more. */
export async function setDefaultIn(
  tx: Transaction,
  { accountId, userId }: { readonly accountId: AccountId; readonly userId: UserId | null },
  audience: DefaultAudience | null,
): Promise<void> {
  if (audience === null) {
    await tx.run(removeDefault(accountId, userId));
    return;
  }
  const [put] = await tx.run(putDefault(accountId, userId, audience));
  if (put !== undefined) return;
  throw invalidInput(
    'body.default_level',
    'A personal account has private alone; a team is one that you are in.',
  );
}
