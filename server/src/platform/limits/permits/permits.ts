import { mayBeDone, type Statement, statement, type Transaction } from '#platform/db';
import type { KeptAnswers } from '#platform/idempotency';
import {
  type AccountId,
  AppError,
  type HolderId,
  type Ids,
  type Micros,
  type UsageEventId,
  hasCode,
} from '#platform/kernel';
import { percentOf } from '#platform/http';
import { BACKENDS } from './delegated.ts';
import { readDenial } from '../denial.ts';
import type { Ends, AfterEnds } from '../settlement/ends.ts';
import { idempotencyKeyOf } from '../batch.ts';
import type { Permit, PermitFacts, PlannedCall, StoredAnswer } from '../permit.ts';
import { PermitCalls, PermitProgress } from './permit-calls.ts';
import type { RetryQueue } from '../settlement/retry-queue.ts';
import type { Resolution, Settling } from '../settlement/settling.ts';
import { encodeStep, type PermitStep, toFigures } from '../settlement/step.ts';

type StepMore = Pick<PermitStep, 'next' | 'reason' | 'keepsQuota'>;

export type PermitMaker = (facts: PermitFacts) => Permit;

export interface PermitParts {
  readonly ids: Ids;
  readonly answers: KeptAnswers;
  readonly holder: HolderId;
  readonly settling: Settling;
  /** Retries what the database was away for. */
  readonly retries: RetryQueue;
  readonly ends: Ends;
  readonly afterEnds: AfterEnds;
  /** Micro-dollars a day that the operator pays for failed calls of an account. */
  readonly failures: number;
}

/** A permit with the state of its calls. */
interface PermitContext extends PermitParts {
  readonly facts: PermitFacts;
  readonly calls: PermitCalls;
  readonly progress: PermitProgress;
}

export function makePermit(facts: PermitFacts, parts: PermitParts): Permit {
  const calls = new PermitCalls(facts, parts.ids);
  const progress = new PermitProgress();
  const permit: PermitContext = { ...parts, facts, calls, progress };
  return {
    ...facts,
    holder: parts.holder,
    get calls() {
      return calls.count;
    },
    get reserve() {
      return calls.reserve;
    },
    get isOver() {
      return progress.isOver;
    },
    get isHandled() {
      return progress.isHandled;
    },
    get isCalling() {
      return progress.isCalling;
    },
    get mayAnswerFirst() {
      return facts.idempotency === undefined && !parts.ends.isFull;
    },
    walked(times) {
      calls.walk = times;
    },
    send: (call) => send(permit, call),
    ...callEndsOf(permit),
    ...endsOf(permit),
    ...statementsOf(permit),
  };
}

async function send(permit: PermitContext, call: PlannedCall): Promise<UsageEventId> {
  const { calls, progress } = permit;
  if (calls.isUnderWay) throw new Error('a provider call is under way');
  progress.assertOpen();
  progress.begin();
  try {
    return dispatchPlanned(permit, call) ?? (await openCall(permit, call));
  } catch (error) {
    progress.done();
    throw error;
  }
}

/** Dispatches a call whose row is there already; undefined: the database must write one. */
function dispatchPlanned({ facts, calls, progress }: PermitContext, call: PlannedCall) {
  const { planned } = facts;
  const { open } = calls;
  // A statement of the permit's end may have told the database something that this process does not know: then it asks.
  if (
    open === undefined ||
    planned === undefined ||
    !isCovered({ ...planned, tokens: facts.tokens }, call) ||
    progress.isHandled
  )
    return;
  return calls.dispatchOpen(open);
}

/** Whether the row of a planned call fits the one that goes out: the same model, a reserve that holds it, and so many tokens where they are counted. */
function isCovered(
  planned: Omit<PlannedCall, 'tokens'> & Pick<PermitFacts, 'tokens'>,
  call: PlannedCall,
): boolean {
  const { provider, model, reserve, tokens = Number.POSITIVE_INFINITY } = planned;
  const isSame = provider === call.provider && model === call.model;
  return isSame && reserve >= call.reserve && tokens >= (call.tokens ?? 0);
}

/** Has the database write the row of the next call. */
async function openCall(permit: PermitContext, call: PlannedCall): Promise<UsageEventId> {
  const { calls, progress, ids, facts, afterEnds } = permit;
  const event = calls.open ?? ids.next<UsageEventId>();
  const ask = () => askForCall(permit, event, call);
  const answer = await afterEnds(facts.accountId)(ask).catch((error: unknown) => {
    // The row may be there all the same, of a call that never goes out.
    if (calls.open === undefined && mayBeDone(error)) calls.voidUnsent(event);
    throw error;
  });
  if (answer.kind === 'denied') throw budgetDenied(answer);
  if (answer.kind !== 'sent') throw new AppError('permit_stale');
  // The row of a permit that ended meanwhile says `sent`, and the end voids it.
  calls.begin(event, { reserve: answer['reserve'] as Micros, isUnused: progress.isOver });
  progress.assertOpen();
  calls.count += 1;
  return event;
}

async function askForCall(
  permit: PermitContext,
  event: UsageEventId,
  { provider, model, priceVersion, reserve, tokens }: PlannedCall,
): Promise<Resolution> {
  const next = { event, provider, model, priceVersion, reserve, tokens, failures: permit.failures };
  const answer = await permit.settling.resolve(stepOf(permit, 'send', { next }));
  if (answer.kind === 'stale') throw new AppError('permit_stale');
  // The database knows what it was told, also where it has no room for the next call.
  permit.calls.forgetSettlements();
  return answer;
}

function stepOf(
  { facts, holder, calls }: PermitContext,
  operation: PermitStep['operation'],
  more: StepMore = {},
): PermitStep {
  return {
    account: facts.accountId,
    product: facts.product,
    permit: facts.id,
    holder,
    fence: facts.fence,
    operation,
    calls: calls.settlementsFor(operation),
    ...more,
  };
}

/** How a provider call of the permit ends. */
function callEndsOf(permit: PermitContext): Pick<Permit, 'served' | 'notServed' | 'unknown' | 'amend'> {
  const { calls, progress } = permit;
  const end: PermitCalls['end'] = (state, more) => {
    calls.end(state, more);
    progress.done();
  };
  return {
    served(usage) {
      progress.isServed = true;
      end('posted', { figures: toFigures(usage) });
    },
    notServed: (how) => end('voided', { isTry: how?.throttled !== true }),
    unknown(estimate) {
      // Shown work, or work that its caller ended, is charged: it is no failure that gives everything back.
      if (estimate !== undefined && estimate.charged > 0) progress.isServed = true;
      end('posted', estimate === undefined ? {} : { figures: toFigures(estimate) });
    },
    async amend(event, usage) {
      const figures = toFigures(usage);
      const call = { event, state: 'posted', correctionId: permit.ids.next(), figures } as const;
      // It is retried until the database has it, and no caller waits for it.
      await resolveUntilKnown(permit, { ...stepOf(permit, 'report'), calls: [call] }).catch(() => {});
    },
  };
}

/** How the permit ends. */
function endsOf(
  permit: PermitContext,
): Pick<Permit, 'settle' | 'release' | 'finish' | 'abandon' | 'reportLate'> {
  const { progress } = permit;
  return {
    settle: () => endPermit(permit, stepOf(permit, 'settle')),
    release(reason, how) {
      const kept = how === undefined ? {} : ({ keepsQuota: true } as const);
      return endPermit(permit, stepOf(permit, 'release', { reason, ...kept }));
    },
    async finish(failure) {
      if (progress.isOver) return;
      progress.end();
      await progress.idle();
      const step = progress.isServed
        ? stepOf(permit, 'settle')
        : stepOf(permit, 'release', { reason: failure ?? 'nothing served' });
      await endPermit(permit, step);
    },
    // No calls are told: none has gone out, and who has the permit now says what became of it.
    abandon: (reason) => endPermit(permit, { ...stepOf(permit, 'release', { reason }), calls: [] }),
    // The ledger must not lose figures because another process has closed the permit meanwhile.
    async reportLate() {
      const step = stepOf(permit, 'report');
      if (step.calls.length > 0) await resolveUntilKnown(permit, step);
    },
  };
}

/**
 * No other process closes a permit while its holder lives: an end that did not reach the database is retried, or its slot would be taken,
 * and its figures unknown, for as long as its work might last.
 */
async function endPermit(permit: PermitContext, step: PermitStep): Promise<void> {
  permit.progress.end();
  const answer = await resolveUntilKnown(permit, step, permit.ends.begin(permit.facts.accountId));
  if (answer.kind === 'stale') throw new AppError('permit_stale');
}

/** A step that loses nothing when the database is away: it fails now, and is retried until it is known. `onKnown` is called then. */
async function resolveUntilKnown(
  { settling, retries }: PermitContext,
  step: PermitStep,
  onKnown = () => {},
): Promise<Resolution> {
  const facts = logFactsOf(step);
  const resolve = async (): Promise<Resolution> => {
    const answer = await settling.resolve(step);
    if (answer['state'] === 'unknown' && step.calls.length > 0) retries.unknown(facts);
    return answer;
  };
  try {
    const answer = await resolve();
    onKnown();
    return answer;
  } catch (error) {
    if (error instanceof AppError) onKnown();
    else retries.add(facts, resolve, onKnown);
    throw error;
  }
}

/** Facts for a log line about a step that never reached the database: enough to book it by hand. */
function logFactsOf(step: PermitStep): object {
  const { a, p, id, op, calls } = encodeStep(step);
  return { account_id: a, product: p, permit_id: id, op, calls };
}

const both = (end: Statement, answer: Statement | undefined) =>
  answer === undefined ? [end] : [end, answer];

/** The steps of a permit that are part of a caller's transaction. */
function statementsOf(permit: PermitContext) {
  const { facts, holder, answers, progress } = permit;
  const resolving = (operation: PermitStep['operation'], more?: StepMore) =>
    progress.markHandled(resolveStatement(stepOf(permit, operation, more)));
  const answering = (stored: StoredAnswer) => answerStatement(facts, stored, answers);
  return {
    settlement: () => resolving('settle'),
    settlementWith: (stored) => both(resolving('settle'), answering(stored)),
    releasingWith: (reason, stored) => both(resolving('release', { reason }), answering(stored)),
    settleIn: (tx) => runIn(tx, resolving('settle')),
    releasing: (reason) => resolving('release', { reason }),
    requeueing: (reason) => resolving('requeue', { reason }),
    answering,
    attaching: (jobId) =>
      progress.markHandled(
        statement('select limits.attach($1, $2, $3, $4)', [facts.id, holder, facts.fence, jobId]),
      ),
    delegating: (to, seconds) =>
      progress.markHandled(
        statement('select limits.lend($1, $2, $3, $4, $5) as expires_at', [
          facts.id,
          holder,
          facts.fence,
          BACKENDS[to],
          seconds,
        ]),
      ),
  } satisfies Partial<Permit>;
}

function resolveStatement(step: PermitStep): Statement<{ answer: Resolution }> {
  return statement('select limits.resolve_here($1::jsonb) as answer', [JSON.stringify(encodeStep(step))]);
}

async function runIn(tx: Transaction, call: Statement): Promise<void> {
  try {
    await tx.run(call);
  } catch (error) {
    throw permitError(error);
  }
}

function answerStatement(
  { id, accountId, idempotency }: PermitFacts,
  stored: StoredAnswer,
  answers: KeptAnswers,
): Statement | undefined {
  if (idempotency === undefined) return undefined;
  const { name, key } = idempotencyKeyOf(answers, accountId, idempotency);
  const { status, headers, answer, sealed } = answers.keep(
    name,
    stored,
    idempotency.sealed ? key : undefined,
  );
  return statement('select limits.answer_here($1, $2, $3, $4, $5::jsonb, $6::jsonb, $7)', [
    id,
    name.route,
    name.keyHash,
    status,
    headers === null ? null : JSON.stringify(headers),
    sealed === null ? JSON.stringify(answer) : null,
    sealed,
  ]);
}

function budgetDenied(answer: Resolution): AppError {
  const { limit, used, max, resetsAt, retryAfter } = readDenial(answer);
  const details = { limit, used, max, resets_at: resetsAt };
  return new AppError('limit_exceeded', {
    details: { ...details, used: percentOf(details), max: 100 },
    ...(retryAfter === undefined ? {} : { retryAfter }),
    withCost: { details },
  });
}

/** SQL's PL010 says that the fence was passed on; everything else stays what it is. */
export function permitError(error: unknown): unknown {
  return hasCode(error, 'PL010') ? new AppError('permit_stale', { cause: error }) : error;
}

/** Whether something of an account is still under way, or not settled yet. */
export const hasOpenPermits = (accountId: AccountId) =>
  statement<{ open: boolean }>(
    `select exists (select from limits.permits where account_id = $1 and state in ('queued', 'running')) as open`,
    [accountId],
  );
