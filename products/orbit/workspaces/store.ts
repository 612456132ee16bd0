import { type AccountId, type Statement, statement, type UserId, versionUpdate } from 'plinth/product';
import type { Step, StepState, WorkspaceRow } from './workspace.ts';

const WORKSPACE =
  'account_id, slug, logo_blob_id, colours, privacy, settings, onboarding, version, created_at, updated_at';

export function readWorkspace(accountId: AccountId): Statement<WorkspaceRow> {
  return statement<WorkspaceRow>(`select ${WORKSPACE} from orbit.workspaces where account_id = $1`, [
    accountId,
  ]);
}

/** Several workspaces, whose organizations the caller was found to be a member of. */
export function workspacesOf(accountIds: readonly string[]): Statement<WorkspaceRow> {
  return statement<WorkspaceRow>(
    `select ${WORKSPACE} from orbit.workspaces where account_id = any($1::uuid[])`,
    [accountIds],
  );
}

/** The organizations of this name that a user owns, but for those that were seen before; newest first. */
export function ownedByName(
  userId: UserId,
  name: string,
  seen: readonly string[],
): Statement<{ readonly id: string }> {
  return statement<{ readonly id: string }>(
    `select a.account_id as id from accounts.members m join accounts.accounts a using (account_id)
     where m.user_id = $1 and m.role = 'owner' and a.kind = 'organization' and a.deleted_at is null and a.name = $2
       and a.account_id <> all($3::uuid[])
     order by a.account_id desc`,
    [userId, name, seen],
  );
}

/** When several calls begin a workspace for one person, each sees what those before it have made. */
export function lockBeginner(userId: UserId): Statement {
  return statement(`select pg_advisory_xact_lock(hashtextextended('orbit beginner ' || $1::uuid, 0))`, [
    userId,
  ]);
}

/** Nothing where the workspace is there already, or another has the slug. */
export function insertWorkspace(accountId: AccountId, slug: string): Statement<WorkspaceRow> {
  return statement<WorkspaceRow>(
    `insert into orbit.workspaces (account_id, slug) values ($1, $2) on conflict do nothing returning ${WORKSPACE}`,
    [accountId, slug],
  );
}

export type WorkspaceChange = {
  readonly [Field in 'slug' | 'logo_blob_id' | 'colours' | 'privacy' | 'settings']?:
    | WorkspaceRow[Field]
    | undefined;
};

/** Changes a workspace of this version (any, when not said); what settings do not say they keep. */
export function changeWorkspace(
  accountId: AccountId,
  version: number | undefined,
  change: WorkspaceChange,
): Statement<WorkspaceRow> {
  const { settings, colours, ...plain } = change;
  const { text, values } = versionUpdate(
    { table: 'orbit.workspaces', key: 'account_id', returning: WORKSPACE },
    { accountId, id: accountId, version },
    (put) => ({
      sets: [
        ...Object.entries(plain).map(([field, value]) => `${field} = ${put(value)}`),
        ...(colours === undefined
          ? []
          : [`colours = ${put(colours === null ? null : JSON.stringify(colours))}::jsonb`]),
        ...(settings === undefined ? [] : [`settings = settings || ${put(JSON.stringify(settings))}::jsonb`]),
      ],
    }),
  );
  return statement<WorkspaceRow>(text, values);
}

/** Writes what became of a step. `skipped` changes nothing of one that is done. */
export function markStep(accountId: AccountId, step: Step, state: StepState): Statement<WorkspaceRow> {
  return statement<WorkspaceRow>(
    `update orbit.workspaces set onboarding = jsonb_set(onboarding, array[$2::text], $3::jsonb), updated_at = app.now()
     where account_id = $1 and ($4 = 'done' or coalesce(onboarding -> $2 ->> 'state', '') <> 'done')
     returning ${WORKSPACE}`,
    [accountId, step, JSON.stringify(state), state.state],
  );
}

/** The slug of another workspace. */
export function slugTaken(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === '23505' &&
    'constraint' in error &&
    String(error.constraint).includes('slug')
  );
}
