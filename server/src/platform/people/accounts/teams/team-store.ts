import { statement } from '#platform/db';
import type { AccountId, UserId } from '#platform/kernel';

export interface TeamRow {
  id: string;
  name: string;
  member_count: number;
  created_at: Date;
  updated_at: Date;
}

const SHOWN = `t.id, t.name, t.created_at, t.updated_at,
  (select count(*)::integer from accounts.team_members m where m.account_id = t.account_id and m.team_id = t.id) as member_count`;

/** Where a team is: in which organization, and which it is. */
export interface TeamKey {
  readonly accountId: AccountId;
  readonly teamId: string;
}

/** Teams of an organization, newest first, from a place in that order on. */
export const listTeams = (
  accountId: AccountId,
  query: { readonly after: string | undefined; readonly limit: number },
) =>
  statement<TeamRow>(
    `select ${SHOWN} from accounts.teams t
     where t.account_id = $1 and ($2::uuid is null or t.id < $2) order by t.id desc limit $3`,
    [accountId, query.after ?? null, query.limit],
  );

export const teamById = ({ accountId, teamId }: TeamKey) =>
  statement<TeamRow>(`select ${SHOWN} from accounts.teams t where t.account_id = $1 and t.id = $2`, [
    accountId,
    teamId,
  ]);

export const countTeams = (accountId: AccountId) =>
  statement<{ teams: number }>(
    'select count(*)::integer as teams from accounts.teams where account_id = $1',
    [accountId],
  );

/** Adds a team; no row comes back while another has its name. */
export const insertTeam = ({ accountId, teamId }: TeamKey, name: string) =>
  statement<TeamRow>(
    `insert into accounts.teams as t (account_id, id, name) values ($1, $2, $3)
     on conflict (account_id, lower(name)) do nothing returning ${SHOWN}`,
    [accountId, teamId, name],
  );

/** Gives a team another name; no row comes back while another team has it. */
export const renameTeam = ({ accountId, teamId }: TeamKey, name: string) =>
  statement<TeamRow>(
    `update accounts.teams t set name = $3, updated_at = app.now() where t.account_id = $1 and t.id = $2
       and not exists (select from accounts.teams o where o.account_id = $1 and o.id <> $2 and lower(o.name) = lower($3))
     returning ${SHOWN}`,
    [accountId, teamId, name],
  );

/** Makes some of the items that the team sees private to their authors; answers how many rows. */
export const releaseTeam = ({ teamId }: Pick<TeamKey, 'teamId'>, most: number) =>
  statement<{ rows: number }>('select accounts.release_team($1, $2) as rows', [teamId, most]);

export const deleteTeam = ({ accountId, teamId }: TeamKey) =>
  statement('delete from accounts.teams where account_id = $1 and id = $2', [accountId, teamId]);

export interface TeamMemberRow {
  user_id: UserId;
  created_at: Date;
}

/** Members of a team, from a place in the order of user ids on. */
export const listTeamMembers = (
  { accountId, teamId }: TeamKey,
  query: { readonly after: string | undefined; readonly limit: number },
) =>
  statement<TeamMemberRow>(
    `select user_id, created_at from accounts.team_members
     where account_id = $1 and team_id = $2 and ($3::uuid is null or user_id > $3) order by user_id limit $4`,
    [accountId, teamId, query.after ?? null, query.limit],
  );

/** No row comes back when they are in it already. */
export const addTeamMember = ({ accountId, teamId }: TeamKey, userId: UserId) =>
  statement<TeamMemberRow>(
    `insert into accounts.team_members (account_id, team_id, user_id) values ($1, $2, $3)
     on conflict (account_id, team_id, user_id) do nothing returning user_id, created_at`,
    [accountId, teamId, userId],
  );

export const removeTeamMember = ({ accountId, teamId }: TeamKey, userId: UserId) =>
  statement<TeamMemberRow>(
    `delete from accounts.team_members where account_id = $1 and team_id = $2 and user_id = $3
     returning user_id, created_at`,
    [accountId, teamId, userId],
  );
