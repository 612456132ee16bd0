import { mayBeDone, type Statement, statement, type Transaction } from '#platform/db';
import type { KeptAnswers } from '#platform/idempotency';
import {
  type AccountId,
  AppError,
  type HolderId,
  type Ids,
  type KeyId,
  type Micros,
  type PermitId,
  type UsageEventId,
  type UserId,
} from '#platform/kernel';
import { BACKENDS } from './delegated.ts';
import { readDenial } from '../denial.ts';
import type { Ends } from '../settlement/ends.ts';
import type { AfterEnds } from '../settlement/ends-elsewhere.ts';
import { namedBy } from '../named.ts';
import type { IdempotencyRequest, Permit, PlannedCall, StoredAnswer, Usage } from '../permit.ts';
import { PermitProgress } from './permit-progress.ts';
import type { RetryQueue } from '../settlement/retry-queue.ts';
import { deniedBy, type Resolution, type Settling } from '../settlement/settling.ts';
import { figures, type Outcome, type Step } from '../settlement/steps.ts';
import '../errors.ts';

/** What is known of a permit when it is granted or taken up. */
export interface PermitFacts {
  readonly id: PermitId;
  readonly accountId: AccountId;
  readonly userId: UserId;
  readonly keyId: KeyId | undefined;
  readonly product: string;
  readonly feature: string;
  readonly units: number;
  readonly reserve: Micros;
  readonly fence: number;
  readonly subject: string | undefined;
  readonly requestId: string;
  readonly calls: number;
  /** The usage event that is pending or sent already, if one is. */
  readonly openEvent: UsageEventId | undefined;
  /** What that event says: a call as planned goes out without another trip. */
  readonly planned: PlannedCall | undefined;
  readonly idempotency: IdempotencyRequest | undefined;
}

type More = Pick<Step, 'next' | 'reason' | 'k'>;

export type PermitMaker = (facts: PermitFacts) => Permit;

export interface PermitParts {
  readonly ids: Ids;
  readonly answers: KeptAnswers;
  readonly holder: HolderId;
  readonly settling: Settling;
  /** Tells again what the database was away for. */
  readonly retries: RetryQueue;
  readonly ends: Ends;
  readonly afterEnds: AfterEnds;
  /** Micro-dollars a day that the operator bears for an account's failures. */
  readonly failures: number;
}

export function makePermit(facts: PermitFacts, parts: PermitParts): Permit {
  const progress = new PermitProgress();
  const outcomes: Outcome[] = [];
  let { openEvent: open, calls, reserve } = facts;
  /** Whether the first call's row, written by admission or take-up, still waits for its dispatch. */
  let unused = open !== undefined;
  const unusedCorrection = parts.ids.next();

  /** What the database is told of the calls. One that never went out costs nothing, whatever its row says. */
  function told(op: Step['op']): readonly Outcome[] {
    if (!unused || open === undefined || op === 'send') return [...outcomes];
    return [...outcomes, { e: open, s: 'voided', t: false, c: unusedCorrection }];
  }

  function step(op: Step['op'], more: More = {}): Step {
    return {
      a: facts.accountId,
      p: facts.product,
      id: facts.id,
      h: parts.holder,
      f: facts.fence,
      op,
      calls: told(op),
      ...more,
    };
  }

  function outcome(s: Outcome['s'], more: Pick<Outcome, 'u' | 't'> = {}): void {
    if (open === undefined || unused) throw new Error('no provider call is under way');
    outcomes.push({ e: open, s, c: parts.ids.next(), ...more });
    open = undefined;
    if (more.t === false) calls -= 1;
    progress.done();
  }

  async function resolve(op: Step['op'], more: More = {}): Promise<Resolution> {
    const answer = await parts.settling.resolve(step(op, more));
    if (answer.kind === 'stale') throw new AppError('permit_stale');
    return answer;
  }

  /**
   * Nobody else closes a permit while its holder lives: an end that did not reach the database is told it again, or its place
   * would be taken, and its figures unknown, for as long as its work might last.
   */
  async function end(made: Step): Promise<void> {
    progress.end();
    const answer = await untilKnown(made, parts.ends.begin(facts.accountId));
    if (answer.kind === 'stale') throw new AppError('permit_stale');
  }

  /** A step that loses nothing when the database is away: it fails now, and is told until it is known, which `over` hears of. */
  async function untilKnown(made: Step, over = () => {}): Promise<Resolution> {
    const line = factsOf(made);
    const tell = async (): Promise<Resolution> => {
      const answer = await parts.settling.resolve(made);
      if (answer['state'] === 'unknown' && made.calls.length > 0) parts.retries.unknown(line);
      return answer;
    };
    try {
      const answer = await tell();
      over();
      return answer;
    } catch (error) {
      if (error instanceof AppError) over();
      else parts.retries.add(line, tell, over);
      throw error;
    }
  }

  /** The ledger must not lose figures that we know because somebody else has closed the permit meanwhile. */
  async function reportLate(): Promise<void> {
    const late = step('report');
    if (late.calls.length > 0) await untilKnown(late);
  }

  function unknown(estimate?: Usage): void {
    // What was shown, or what its caller brought about, is charged: the work is no failure that gives everything back.
    if (estimate !== undefined && estimate.charged > 0) progress.isServed = true;
    outcome('posted', estimate === undefined ? {} : { u: figures(estimate) });
  }

  async function amend(event: UsageEventId, usage: Usage): Promise<void> {
    const known = [{ e: event, s: 'posted', c: parts.ids.next(), u: figures(usage) } as const];
    // Told until it is known: nobody waits for it.
    await untilKnown({ ...step('report'), calls: known }).catch(() => {});
  }

  async function sent(call: PlannedCall): Promise<UsageEventId> {
    // What a statement of its end has told the database, this process does not know: it asks.
    const { planned } = facts;
    if (open !== undefined && planned !== undefined && covers(planned, call) && !progress.isHandled) {
      unused = false;
      calls += 1;
      return open;
    }
    const event = open ?? parts.ids.next<UsageEventId>();
    const ask = async (): Promise<Resolution> => {
      const answer = await resolve('send', {
        next: {
          e: event,
          pr: call.provider,
          m: call.model,
          v: call.priceVersion,
          r: call.reserve,
          b: parts.failures,
        },
      });
      // What the database was told it knows, also where it has no room for the next call.
      outcomes.length = 0;
      return answer;
    };
    const answer = await parts.afterEnds(facts.accountId, ask, deniedBy).catch((error: unknown) => {
      // Its row may be there all the same, of a call that never goes out.
      if (open === undefined && mayBeDone(error))
        outcomes.push({ e: event, s: 'voided', t: false, c: parts.ids.next() });
      throw error;
    });
    if (answer.kind === 'denied') throw budgetDenied(answer);
    if (answer.kind !== 'sent') throw new AppError('permit_stale');
    open = event;
    reserve = answer['reserve'] as Micros;
    // Over meanwhile: its row says `sent`, and the end voids it.
    unused = progress.isOver;
    progress.assertOpen();
    calls += 1;
    return event;
  }

  return {
    ...facts,
    holder: parts.holder,
    get calls() {
      return calls;
    },
    get reserve() {
      return reserve;
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
    async send(call) {
      if (open !== undefined && !unused) throw new Error('a provider call is under way');
      progress.assertOpen();
      progress.begin();
      try {
        return await sent(call);
      } catch (error) {
        progress.done();
        throw error;
      }
    },
    served(usage) {
      progress.isServed = true;
      outcome('posted', { u: figures(usage) });
    },
    notServed: (how) => outcome('voided', { t: how?.throttled !== true }),
    unknown,
    amend,
    settle: () => end(step('settle')),
    release: (reason, how) => end(step('release', { reason, ...(how === undefined ? {} : { k: true }) })),
    async finish(failure) {
      if (progress.isOver) return;
      progress.end();
      await progress.idle();
      await end(
        progress.isServed ? step('settle') : step('release', { reason: failure ?? 'nothing served' }),
      );
    },
    // Of calls nothing is told: none has gone out, and what became of the permit since is not ours to say.
    abandon: (reason) => end({ ...step('release', { reason }), calls: [] }),
    reportLate,
    ...statementsOf(facts, { ...parts, step, progress }),
  };
}

interface Stating {
  readonly holder: HolderId;
  readonly answers: KeptAnswers;
  readonly step: (op: Step['op'], more?: More) => Step;
  readonly progress: PermitProgress;
}

/** The steps of a permit that are part of somebody else's transaction. */
function statementsOf(
  facts: PermitFacts,
  { holder, answers, step, progress }: Stating,
): Pick<
  Permit,
  'settlement' | 'settleIn' | 'releasing' | 'requeueing' | 'answering' | 'attaching' | 'delegating'
> {
  return {
    settlement: () => progress.handed(settlementOf(step('settle'))),
    settleIn: (tx) => here(tx, progress.handed(settlementOf(step('settle')))),
    releasing: (reason) => progress.handed(settlementOf(step('release', { reason }))),
    requeueing: (reason) => progress.handed(settlementOf(step('requeue', { reason }))),
    answering: (stored) => answerStatement(facts, stored, answers),
    attaching: (jobId) =>
      progress.handed(
        statement('select limits.attach($1, $2, $3, $4)', [facts.id, holder, facts.fence, jobId]),
      ),
    delegating: (to, seconds) =>
      progress.handed(
        statement('select limits.lend($1, $2, $3, $4, $5) as expires_at', [
          facts.id,
          holder,
          facts.fence,
          BACKENDS[to],
          seconds,
        ]),
      ),
  };
}

async function here(tx: Transaction, made: Statement): Promise<void> {
  try {
    await tx.run(made);
  } catch (error) {
    throw stale(error);
  }
}

/** Whether the row of a planned call says enough of the one that goes out: the same model, and a reserve that holds it. */
function covers(planned: PlannedCall, call: PlannedCall): boolean {
  return (
    planned.provider === call.provider && planned.model === call.model && planned.reserve >= call.reserve
  );
}

/** What a log line says of a step that the database never heard of: enough to book it by hand. */
function factsOf({ a, p, id, op, calls }: Step): object {
  return { account_id: a, product: p, permit_id: id, op, calls };
}

function settlementOf(step: Step): Statement<{ answer: Resolution }> {
  return statement('select limits.resolve_here($1::jsonb) as answer', [JSON.stringify(step)]);
}

function answerStatement(
  { id, accountId, idempotency }: PermitFacts,
  stored: StoredAnswer,
  answers: KeptAnswers,
): Statement | undefined {
  if (idempotency === undefined) return undefined;
  const { name, key } = namedBy(answers, accountId, idempotency);
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
  return new AppError('limit_exceeded', {
    details: { limit, used, max, resets_at: resetsAt },
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
}

/** SQL's PL010 says that the fence was passed on; everything else stays what it is. */
export function stale(error: unknown): unknown {
  return error instanceof Error && (error as { code?: string }).code === 'PL010'
    ? new AppError('permit_stale', { cause: error })
    : error;
}
