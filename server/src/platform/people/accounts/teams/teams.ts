import { actorOf, type Audit } from '#platform/audit';
import { type CommitPoint, commitPoint, type Database, type Transaction } from '#platform/db';
import { type Answer, answer, type Once, type Page, page } from '#platform/http';
import { type AccountId, AppError, type Ids, type UserId } from '#platform/kernel';
import { authorizeMember, lockAuthorized, type OrganizationRequest } from '../members/authorize-member.ts';
import type { Roles } from '../members/roles.ts';
import {
  addTeamMember,
  countTeams,
  deleteTeam,
  insertTeam,
  listTeamMembers,
  listTeams,
  releaseTeam,
  removeTeamMember,
  renameTeam,
  teamById,
  type TeamKey,
  type TeamRow,
} from './team-store.ts';

const MADE = commitPoint('accounts.team-made', 'a team of an organization');
const CHANGE = commitPoint(
  'accounts.team-change',
  'a renamed team, one member more or less, or its end, with what was shown to it private again',
);
const RELEASE = commitPoint(
  'accounts.team-released',
  'some of what was shown to a team that is about to end, its authors’ alone again',
);
/** The items that a deleted team saw become private so many rows at a time: their words are written anew. */
const AT_ONCE = 10;
/** Teams of one organization. */
const MOST = 200;

export interface TeamView {
  readonly id: string;
  readonly name: string;
  readonly member_count: number;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface TeamMemberView {
  readonly user_id: string;
  readonly added_at: string;
}

interface PageQuery {
  readonly after: string | undefined;
  readonly limit: number;
}

/** Teams of an organization: read by all of its members, changed by admins and owners. */
export interface Teams {
  list(request: OrganizationRequest, query: PageQuery): Promise<Page<TeamView>>;
  /** Throws `team_name_taken` without regard to case, and `too_many_teams`. */
  create(request: OrganizationRequest & { readonly once: Once }, name: string): Promise<Answer<TeamView>>;
  /** A team with a page of its members, by their ids. */
  get(
    request: OrganizationRequest,
    teamId: string,
    query: PageQuery,
  ): Promise<TeamView & { readonly members: readonly TeamMemberView[]; readonly next_cursor: string | null }>;
  rename(request: OrganizationRequest, teamId: string, name: string): Promise<TeamView>;
  /** Items that members have shown to the team are their own alone from then on. */
  remove(request: OrganizationRequest, teamId: string): Promise<void>;
  /** Adds a member of the organization; who is in the team already stays. */
  addMember(request: OrganizationRequest, teamId: string, userId: string): Promise<void>;
  removeMember(request: OrganizationRequest, teamId: string, userId: string): Promise<void>;
}

export interface TeamsParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly audit: Audit;
  readonly roles: Roles;
}

export function createTeams(parts: TeamsParts): Teams {
  const { db, roles, audit } = parts;

  /** Does a change of a team that there is, under the organization's lock. */
  async function change<T>(
    request: OrganizationRequest,
    about: { readonly teamId: string; readonly member?: UserId; readonly point?: CommitPoint },
    work: (tx: Transaction, team: TeamKey & { readonly row: TeamRow }) => Promise<T>,
  ): Promise<T> {
    const { accountId } = await authorizeMember(roles, request, 'admin');
    const { teamId, member, point = CHANGE } = about;
    return db.tenant(accountId, point, async (tx) => {
      const target = member === undefined ? {} : { target: member };
      const locked = await lockAuthorized(tx, request, { least: 'admin', ...target });
      const [row] = await tx.run(teamById({ accountId, teamId }));
      if (row === undefined || (member !== undefined && locked.target === undefined))
        throw new AppError('not_found');
      return work(tx, { accountId, teamId, row });
    });
  }

  return {
    async list(request, { after, limit }) {
      const { accountId } = await authorizeMember(roles, request, 'viewer');
      const [rows] = await db.tenant(accountId, [listTeams(accountId, { after, limit: limit + 1 })]);
      return page(rows, limit, { item: teamView, position: ({ id }) => [id] });
    },
    create: (request, name) => create(parts, request, name),
    async get(request, teamId, { after, limit }) {
      const { accountId } = await authorizeMember(roles, request, 'viewer');
      const team = { accountId, teamId };
      const [[row], rows] = await db.tenant(accountId, [
        teamById(team),
        listTeamMembers(team, { after, limit: limit + 1 }),
      ]);
      if (row === undefined) throw new AppError('not_found');
      const { data, next_cursor } = page(rows, limit, {
        item: ({ user_id, created_at }) => ({ user_id, added_at: created_at.toISOString() }),
        position: ({ user_id }) => [user_id],
      });
      return { ...teamView(row), members: data, next_cursor };
    },
    rename: (request, teamId, name) =>
      change(request, { teamId }, async (tx, team) => {
        const [row] = await tx.run(renameTeam(team, name));
        if (row === undefined) throw new AppError('team_name_taken');
        const changes = { name: { before: team.row.name, after: name } };
        await audit.recordIn(tx, event(request, { action: 'team.renamed', teamId, changes }));
        return teamView(row);
      }),
    async remove(request, teamId) {
      for (let rows = AT_ONCE; rows > 0; )
        rows = await change(request, { teamId, point: RELEASE }, async (tx, team) => {
          const [released] = await tx.run(releaseTeam(team, AT_ONCE));
          return released?.rows ?? 0;
        });
      await change(request, { teamId }, async (tx, team) => {
        await tx.run(deleteTeam(team));
        const changes = { name: team.row.name };
        await audit.recordIn(tx, event(request, { action: 'team.deleted', teamId, changes }));
      });
    },
    addMember: (request, teamId, userId) =>
      change(request, { teamId, member: userId as UserId }, async (tx, team) => {
        const added = await tx.run(addTeamMember(team, userId as UserId));
        if (added.length === 0) return;
        const changes = { user_id: userId };
        await audit.recordIn(tx, event(request, { action: 'team.member_added', teamId, changes }));
      }),
    removeMember: (request, teamId, userId) =>
      change(request, { teamId }, async (tx, team) => {
        const removed = await tx.run(removeTeamMember(team, userId as UserId));
        if (removed.length === 0) throw new AppError('not_found');
        const changes = { user_id: userId };
        await audit.recordIn(tx, event(request, { action: 'team.member_removed', teamId, changes }));
      }),
  };
}

async function create(
  { ids, audit, roles }: TeamsParts,
  request: Parameters<Teams['create']>[0],
  name: string,
): Promise<Answer<TeamView>> {
  const { accountId } = await authorizeMember(roles, request, 'admin');
  const teamId = ids.next();
  const createTeam = async (tx: Transaction) => {
    await lockAuthorized(tx, request, { least: 'admin' });
    const [[count], [row]] = await tx.runAll([
      countTeams(accountId),
      insertTeam({ accountId, teamId }, name),
    ]);
    if (count === undefined || count.teams >= MOST)
      throw new AppError('too_many_teams', { details: { max: MOST } });
    if (row === undefined) throw new AppError('team_name_taken');
    await audit.recordIn(tx, event(request, { action: 'team.created', teamId, changes: { name } }));
    return answer(201, teamView(row), { Location: `/v1/organizations/${accountId}/teams/${teamId}` });
  };
  return request.once(MADE, createTeam, { account: accountId });
}

function event(
  { caller, origin, organization }: OrganizationRequest,
  what: {
    readonly action: string;
    readonly teamId: string;
    readonly changes: Readonly<Record<string, unknown>>;
  },
) {
  const { action, teamId, changes } = what;
  const target = { kind: 'team', id: teamId };
  return { action, actor: actorOf(caller), accountId: organization as AccountId, target, changes, origin };
}

function teamView(row: TeamRow): TeamView {
  return {
    id: row.id,
    name: row.name,
    member_count: row.member_count,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
