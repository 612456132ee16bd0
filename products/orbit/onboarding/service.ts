import {
  type AccountId,
  type Answer,
  AppError,
  type Caller,
  commitPoint,
  type Once,
  type Origin,
  type Role,
  type Transaction,
} from 'plinth/product';
import type { By } from '../changes/service.ts';
import type { OrbitParts } from '../orbit-parts.ts';
import {
  type Privacy,
  type Step,
  type StepState,
  STEPS,
  type WorkspaceRow,
} from '../workspaces/workspace.ts';
import { changeWorkspace, lockBeginner, ownedByName } from '../workspaces/store.ts';

const MADE = commitPoint('orbit.workspace-organization', 'the organization of a new workspace');
const STEP = commitPoint('orbit.onboarding-step', 'what became of a step of the onboarding');

/** A user's organization with the name of a new workspace is looked for among so many. */
const MOST = 100;

/** The user who begins. */
export interface Beginner {
  readonly caller: Caller;
  readonly origin: Origin;
}

/** Where a user is in the onboarding. */
export interface OnboardingStatus {
  readonly workspace: WorkspaceRow | undefined;
  readonly name: string | undefined;
  readonly plan: string | null;
}

/** An invitation, and what became of it. */
export interface InvitationResult {
  readonly email: string;
  readonly role: Role;
  readonly outcome: 'invited' | 'already_invited' | 'already_member' | 'refused';
  /** Why it was refused. */
  readonly code: string | null;
}

/** A team in the onboarding. */
export interface TeamStep {
  readonly invitations: readonly { readonly email: string; readonly role: Role }[];
  readonly privacy: Privacy | undefined;
}

/** A user's order; the free plan is nothing to pay for. */
export interface SubscribeStep {
  readonly plan: 'free' | 'pro' | 'team';
  readonly cycle: 'monthly' | 'yearly';
  readonly success_url: string;
  readonly cancel_url: string;
}

/** The first steps of a workspace. Each can be taken again, in any order, and after any pause. */
export function createOnboarding(parts: OrbitParts) {
  const { db, clock, workspaces, plan, subscriptions } = parts;

  const mark = (accountId: AccountId, step: Step, state: Omit<StepState, 'at'>) =>
    db.tenant(accountId, STEP, (tx) => {
      const at = new Date(clock.now()).toISOString();
      return workspaces.markStepIn(tx, accountId, { step, state: { ...state, at } });
    });

  /** The row that the steps of a call's workspace are written into. */
  async function ensureWorkspaceRow({ accountId, caller, origin }: By): Promise<void> {
    await workspaces.get({ caller, origin, organization: accountId });
  }

  async function statusOf(beginner: Beginner, id: string): Promise<OnboardingStatus> {
    const { organization, workspace } = await workspaces.look({ ...beginner, organization: id });
    const { plan: present } = await plan.now(organization.id as AccountId);
    return { workspace, name: organization.name, plan: present };
  }

  return {
    /**
     * Makes an organization, or takes up one of the caller's that has this name and whose onboarding is not over: a caller who asks twice, or
     * was not answered, has one workspace. The headers say whether the key was known.
     */
    async begin(
      beginner: Beginner & { readonly once: Once },
      name: string,
    ): Promise<{ readonly status: OnboardingStatus; readonly headers: Answer['headers'] }> {
      const idIn = await takenUpOrMade(parts, beginner, name);
      const { body, headers } = await beginner.once(MADE, async (tx) => ({
        status: 201,
        body: { id: await idIn(tx) },
      }));
      const { workspace } = await workspaces.get({ ...beginner, organization: body.id });
      if (workspace.onboarding.workspace === undefined)
        await mark(body.id as AccountId, 'workspace', { state: 'done' });
      return { status: await statusOf(beginner, body.id), headers };
    },
    /** Invites those whom it can, each once, and says of the others why not. The step stays open while no invitation was sent. */
    async team(by: By, { invitations, privacy }: TeamStep): Promise<readonly InvitationResult[]> {
      await ensureWorkspaceRow(by);
      const invited: InvitationResult[] = [];
      for (const invitee of invitations) invited.push(await invite(parts, by, invitee));
      if (privacy !== undefined)
        await db.tenant(by.accountId, STEP, [changeWorkspace(by.accountId, undefined, { privacy })]);
      if (invited.some(isSent)) await mark(by.accountId, 'team', { state: 'done' });
      return invited;
    },
    async goals(by: By, said: Readonly<Record<string, unknown>>): Promise<void> {
      await ensureWorkspaceRow(by);
      await mark(by.accountId, 'goals', { state: 'done', said });
    },
    /** The payment provider's page; undefined of the free plan. */
    async subscribe(by: By, { plan: wanted, cycle, ...pages }: SubscribeStep) {
      const order = { product: 'orbit', plan: wanted, cycle, quantity: 1, ...pages };
      const page = wanted === 'free' ? undefined : await subscriptions.checkout(by, order);
      await ensureWorkspaceRow(by);
      await mark(by.accountId, 'subscribe', { state: 'done', said: { plan: wanted, cycle } });
      return page;
    },
    /** Throws `step_required`; what is done stays done. */
    async skip(by: By, step: Step): Promise<void> {
      if (step === 'workspace') throw new AppError('step_required');
      await ensureWorkspaceRow(by);
      await mark(by.accountId, step, { state: 'skipped' });
    },
    /** Status of a workspace, or of that which the caller is not through with; undefined: they have none. */
    async status(beginner: Beginner, id: string | undefined): Promise<OnboardingStatus | undefined> {
      const found = id ?? (await findUnfinished(parts, beginner.caller, undefined));
      return found === undefined ? undefined : statusOf(beginner, found);
    },
  };
}

const isSent = ({ outcome }: InvitationResult) => outcome === 'invited' || outcome === 'already_invited';

/** Whether every step is done or skipped. */
export function isOver({ onboarding }: Pick<WorkspaceRow, 'onboarding'>): boolean {
  return STEPS.every((step) => onboarding[step] !== undefined);
}

/** The newest organization of a user whose onboarding is not over; else, where no name is asked for, the newest one. */
async function findUnfinished(
  { workspaces }: Pick<OrbitParts, 'workspaces'>,
  caller: Caller,
  name: string | undefined,
): Promise<string | undefined> {
  const { data } = await workspaces.list(caller, { after: undefined, limit: MOST });
  const own = data.filter(({ organization }) => name === undefined || organization.role === 'owner');
  const open = own.find(
    ({ organization, workspace }) =>
      (name === undefined ? workspace !== undefined : organization.name === name) &&
      (workspace === undefined || !isOver(workspace)),
  );
  return (open ?? (name === undefined ? own[0] : undefined))?.organization.id;
}

/**
 * Looks for an organization that the user has begun, and answers how its id is had in a transaction. Where none was found, one that
 * is there by then was begun by another call meanwhile: two tabs that ask at once have one workspace.
 */
async function takenUpOrMade(
  { db, workspaces }: OrbitParts,
  beginner: Beginner,
  name: string,
): Promise<(tx: Transaction) => Promise<string>> {
  const { userId } = beginner.caller;
  const [before] = await db.user(userId, [ownedByName(userId, name, [])]);
  const seen = before.map(({ id }) => id);
  const present = await findUnfinished({ workspaces }, beginner.caller, name);
  return async (tx) => {
    if (present !== undefined) return present;
    await tx.run(lockBeginner(userId));
    const [meanwhile] = await tx.run(ownedByName(userId, name, seen));
    return (meanwhile ?? (await workspaces.makeOrganizationIn(tx, beginner, name))).id;
  };
}

async function invite(
  { db, accounts }: OrbitParts,
  { accountId, caller, origin }: By,
  { email, role }: { readonly email: string; readonly role: Role },
): Promise<InvitationResult> {
  // An invitation is had once by itself.
  const inviteOnce: Once = (point, effect) => db.tenant(accountId, point, effect);
  try {
    await accounts.invitations.invite(
      { caller, origin, organization: accountId, once: inviteOnce },
      { email, role },
    );
    return { email, role, outcome: 'invited', code: null };
  } catch (error) {
    if (!(error instanceof AppError) || error.status >= 500) throw error;
    const { code } = error;
    if (code === 'already_invited' || code === 'already_member')
      return { email, role, outcome: code, code: null };
    return { email, role, outcome: 'refused', code };
  }
}

export type Onboarding = ReturnType<typeof createOnboarding>;
