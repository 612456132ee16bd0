import {
  type AccountId,
  actorOf,
  AppError,
  type Audit,
  type Caller,
  type Origin,
  type Transaction,
  type UserId,
} from 'plinth/product';

/** The reader or writer: a member of an account. */
export interface MemberKey {
  readonly accountId: AccountId;
  readonly userId: UserId;
}

/** An item of memory, by the server's id, and its reader or writer. */
export interface ItemKey extends MemberKey {
  readonly id: string;
}

export type Level = 'private' | 'team' | 'organization';

/** For whom something is. */
export interface Audience {
  readonly level: Level;
  /** With the level `team` alone. */
  readonly teamId: string | null;
}

/** The caller who changes a level, and from where. */
export interface ChangeRequest {
  readonly caller: Pick<Caller, 'userId' | 'keyId'>;
  readonly origin: Origin;
}

export const scopeOf = ({ accountId, userId }: MemberKey) => ({ account: accountId, user: userId });

/** Which rows of a table of members a member may read, by its alias: account `$1`, user `$2`. Row security says it too. */
export const readable = (alias: string): string =>
  `${alias}.account_id = $1 and (${alias}.author_id = $2 or ${alias}.level = 'organization' or (${alias}.level = 'team' and ${alias}.team_id in (
  select t.team_id from accounts.team_members t where t.account_id = $1 and t.user_id = $2)))`;

const HEIGHTS: Readonly<Record<Level, number>> = { private: 0, team: 1, organization: 2 };

/** Whether a level is for more people than another. */
export const isHigher = (level: Level, before: Level): boolean => HEIGHTS[level] > HEIGHTS[before];

export function assertLevel({ level, teamId }: Audience): void {
  if ((level === 'team') === (teamId !== null)) return;
  throw new AppError('validation_failed', {
    details: { issues: [{ path: 'team_id', message: 'Say it with the level team, and with no other.' }] },
  });
}

/** Throws what a level is refused by; `missing` is thrown for what is not there. */
export function assertLevelGiven(problem: string | null, missing: () => AppError): void {
  if (problem === null) return;
  if (problem === 'not_yours') throw new AppError('author_only');
  if (problem === 'personal') throw new AppError('organization_only');
  if (problem === 'no_team') throw new AppError('team_not_found');
  throw missing();
}

/** Whether the named thing was deleted before it was referred to. */
export const isMissingReference = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === '23503';

/** The error of a refused insert: the team of its level may be deleted meanwhile. */
export const asTeamGone = (error: unknown): unknown =>
  isMissingReference(error) ? new AppError('team_not_found', { cause: error }) : error;

/** A thing that has a level. */
export interface LevelTarget {
  readonly kind: 'memory_session' | 'memory_decision' | 'memory_document' | 'memory_pattern';
  readonly accountId: AccountId;
  readonly id: string;
}

/** Writes into the audit what came of setting a level, where it is another one now. Throws where it was refused. */
export async function recordLevel(
  tx: Transaction,
  audit: Audit,
  {
    outcome,
    level,
    target: { accountId, kind, id },
    by: { caller, origin },
    missing,
  }: {
    readonly outcome: string | undefined;
    readonly level: Level;
    readonly target: LevelTarget;
    readonly by: ChangeRequest;
    readonly missing: () => AppError;
  },
): Promise<void> {
  if (outcome === 'unchanged') return;
  if (outcome !== 'changed') assertLevelGiven(outcome ?? 'missing', missing);
  await audit.recordIn(tx, {
    action: 'coditect.memory.level_changed',
    actor: actorOf(caller),
    accountId,
    target: { kind, id },
    changes: { level },
    origin,
  });
}
