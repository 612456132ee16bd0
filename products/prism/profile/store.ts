import { type AccountId, type Statement, statement, type UserId, versionUpdate } from 'plinth/product';

export interface ProfileRow {
  readonly display_name: string | null;
  readonly locale: string | null;
  readonly pronouns: string | null;
  readonly focus_areas: readonly string[];
  readonly insights: boolean;
  readonly research: boolean;
  readonly news: boolean;
  readonly version: number;
}

const SHOWN = `display_name, locale, pronouns, to_jsonb(focus_areas) as focus_areas, insights, research, news, version`;

export function readProfile(accountId: AccountId): Statement<ProfileRow> {
  return statement<ProfileRow>(`select ${SHOWN} from prism.profiles where account_id = $1`, [accountId]);
}

/** Makes the profile of a person who has not said anything of themselves yet. */
export function beginProfile(accountId: AccountId, userId: UserId): Statement {
  return statement(
    'insert into prism.profiles (account_id, user_id) values ($1, $2) on conflict (account_id) do nothing',
    [accountId, userId],
  );
}

export type ProfileChange = {
  readonly [Field in Exclude<keyof ProfileRow, 'version'>]?: ProfileRow[Field] | undefined;
};

/** Changes a profile of this version (any, when not said). No row: it has another one. */
export function changeProfile(
  { accountId, version }: { readonly accountId: AccountId; readonly version: number | undefined },
  change: ProfileChange,
): Statement<ProfileRow> {
  const { text, values } = versionUpdate(
    { table: 'prism.profiles', key: 'account_id', returning: SHOWN },
    { accountId, id: accountId, version },
    (put) => ({ sets: Object.entries(change).map(([field, value]) => `${field} = ${put(value)}`) }),
  );
  return statement<ProfileRow>(text, values);
}
