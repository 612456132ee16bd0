import {
  type AccountId,
  AppError,
  type Caller,
  commitPoint,
  type Origin,
  type Page,
  type ProductContext,
  type Role,
  type Transaction,
} from 'plinth/product';
import {
  changeWorkspace,
  insertWorkspace,
  markStep,
  readWorkspace,
  slugTaken,
  type WorkspaceChange,
  workspacesOf,
} from './store.ts';
import { slugOf, type Step, type StepState, type WorkspaceRow } from './workspace.ts';

const CHANGE = commitPoint('orbit.workspace-change', 'a changed workspace and its row of the activity');
const MADE = commitPoint('orbit.workspace-made', 'what Orbit knows of an organization');

/** The caller who asks for a workspace by its id: `authorizeMember` says whether they may. */
export interface WorkspaceRequest {
  readonly caller: Caller;
  readonly origin: Origin;
  readonly organization: string;
}

type Organization = Awaited<ReturnType<ProductContext['accounts']['organizations']['get']>>;

/** A workspace: its organization, as the caller sees it, and what Orbit knows of it. */
export interface WorkspaceView {
  readonly organization: Organization;
  readonly workspace: WorkspaceRow;
}

/** The same of one that may not have been opened. */
export type WorkspaceLook = Omit<WorkspaceView, 'workspace'> & {
  readonly workspace: WorkspaceRow | undefined;
};

/** Changes of a workspace, its name among them. */
export type WorkspaceEdit = WorkspaceChange & { readonly name?: string | undefined };

/** Orbit's facts of a workspace beside its organization. */
export function createWorkspaces(parts: ProductContext) {
  const { db, accounts, limits } = parts;
  // From here on the account uses Orbit, and the members of its plan are counted, should it have that by default.
  const using = limits.gauging('orbit', 'storage', 0);

  /** The workspace's row, made in this transaction where Orbit was not opened yet: a change that is refused opens nothing. */
  async function openIn(
    tx: Transaction,
    { id, name }: Pick<Organization, 'id' | 'name'>,
  ): Promise<WorkspaceRow> {
    const accountId = id as AccountId;
    const [present] = await tx.run(readWorkspace(accountId));
    if (present !== undefined) return present;
    const tail = accountId.slice(-8);
    const wanted = slugOf(name);
    for (const slug of [
      ...(wanted === undefined ? [] : [wanted, `${wanted}-${tail}`]),
      `workspace-${tail}`,
      accountId,
    ]) {
      const [, [row]] = await tx.runAll([insertWorkspace(accountId, slug), readWorkspace(accountId)]);
      if (row === undefined) continue;
      await tx.runAll([using]);
      return row;
    }
    throw new Error('an account’s own id is another workspace’s slug');
  }

  /** The row of a workspace; an organization in which Orbit was not opened has none, and none is made. */
  async function look(request: WorkspaceRequest): Promise<WorkspaceLook> {
    const organization = await accounts.organizations.get(request);
    const [[workspace]] = await db.tenant(organization.id as AccountId, [
      readWorkspace(organization.id as AccountId),
    ]);
    return { organization, workspace };
  }

  /** A workspace that is being begun: it is opened, if it was not. */
  async function get(request: WorkspaceRequest): Promise<WorkspaceView> {
    const { organization, workspace } = await look(request);
    if (workspace !== undefined) return { organization, workspace };
    const made = await db.tenant(organization.id as AccountId, MADE, (tx) => openIn(tx, organization));
    return { organization, workspace: made };
  }

  /** Those of a person, the newest first; one that Orbit has not been opened in yet has no row. */
  async function list(
    caller: Caller,
    query: { readonly after: string | undefined; readonly limit: number },
  ): Promise<Page<{ readonly organization: Organization; readonly workspace: WorkspaceRow | undefined }>> {
    const { data, next_cursor } = await accounts.organizations.list(caller, query);
    const ids = data.map(({ id }) => id);
    const [rows] = ids.length === 0 ? [[]] : await db.system('orbit.workspaces', [workspacesOf(ids)]);
    const byId = new Map(rows.map((row) => [row.account_id, row]));
    return {
      data: data.map((organization) => ({ organization, workspace: byId.get(organization.id) })),
      next_cursor,
    };
  }

  /** Throws `models_not_allowed` where nothing of the workspace may be sent to a model. */
  async function assertModels(accountId: AccountId): Promise<void> {
    const [[row]] = await db.tenant(accountId, [readWorkspace(accountId)]);
    if (row?.privacy === 'no_models') throw new AppError('models_not_allowed');
  }

  /** Makes an organization in the caller's transaction, which also stores the idempotency key. */
  const makeOrganizationIn = (
    tx: Transaction,
    by: Pick<WorkspaceRequest, 'caller' | 'origin'>,
    name: string,
  ) => accounts.organizations.makeIn(tx, { userId: by.caller.userId, origin: by.origin }, name);

  return {
    openIn,
    get,
    look,
    makeOrganizationIn,
    list,
    assertModels,
    /** A workspace's settings, and the look of its exports; undefined where nothing was set yet. */
    async read(accountId: AccountId): Promise<WorkspaceRow | undefined> {
      return (await db.tenant(accountId, [readWorkspace(accountId)]))[0][0];
    },
    change: (request: WorkspaceRequest, version: number | undefined, edit: WorkspaceEdit) =>
      change({ ...parts, openIn }, { request, version, edit }),
    close: (request: WorkspaceRequest) => accounts.organizations.close(request),
    markStepIn,
  };
}

export type Workspaces = ReturnType<typeof createWorkspaces>;

/** Writes the state of a step of the onboarding; a step that is done can no longer be skipped. */
async function markStepIn(
  tx: Transaction,
  accountId: AccountId,
  { step, state }: { readonly step: Step; readonly state: StepState },
): Promise<WorkspaceRow> {
  const [marked] = await tx.run(markStep(accountId, step, state));
  const [present] = marked === undefined ? await tx.run(readWorkspace(accountId)) : [marked];
  if (present === undefined) throw new Error('a step of a workspace that is not open');
  return present;
}

async function change(
  parts: ProductContext & {
    readonly openIn: (tx: Transaction, organization: Organization) => Promise<WorkspaceRow>;
  },
  asked: {
    readonly request: WorkspaceRequest;
    readonly version: number | undefined;
    readonly edit: WorkspaceEdit;
  },
): Promise<WorkspaceView> {
  const { db, accounts, activity, plan } = parts;
  const { request, version, edit } = asked;
  const { accountId, role } = await accounts.authorizeMember(request, 'admin');
  const { name, ...changes } = edit;
  if (changes.colours !== undefined && changes.colours !== null)
    await plan.assertGrants(accountId, 'own_colours');
  const present = await accounts.organizations.get(request);
  const workspace = await db
    .tenant(accountId, CHANGE, async (tx) => {
      await parts.openIn(tx, present);
      const [row] = await tx.run(changeWorkspace(accountId, version, changes));
      if (row === undefined) throw new AppError('precondition_failed');
      const { caller, origin } = request;
      const by = { accountId, caller, origin, action: 'updated' };
      const fields = Object.keys(edit);
      await activity.recordIn(tx, {
        ...by,
        target: { kind: 'workspace', id: accountId },
        changes: { fields },
      });
      return row;
    })
    .catch((error: unknown) => {
      throw slugTaken(error) ? new AppError('slug_taken', { cause: error }) : error;
    });
  const organization = name === undefined ? present : await accounts.organizations.rename(request, name);
  return { organization: { ...organization, role: role satisfies Role }, workspace };
}
