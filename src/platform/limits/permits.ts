import { type Database, commitPoint, type Statement, statement, type Transaction } from '#platform/db';
import {
  type AccountId,
  AppError,
  type HolderId,
  type Ids,
  type KeyId,
  type Micros,
  type PermitId,
  type Random,
  seal,
  sha256,
  type UsageEventId,
  type UserId,
} from '#platform/kernel';
import { denial } from './denial.ts';
import { createBatcher } from './batcher.ts';
import type { IdempotencyRequest, Permit, PlannedCall, StoredAnswer, Usage } from './permit.ts';
import './errors.ts';

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

export type PermitMaker = (facts: PermitFacts) => Permit;

interface Outcome {
  readonly e: UsageEventId;
  readonly s: 'posted' | 'voided';
  readonly u?: Record<string, unknown>;
  readonly c: string;
}

interface Step {
  readonly a: AccountId;
  readonly p: string;
  readonly id: PermitId;
  readonly h: HolderId;
  readonly f: number;
  readonly op: 'send' | 'settle' | 'release' | 'requeue' | 'report';
  readonly calls: readonly Outcome[];
  readonly next?: Record<string, unknown>;
  readonly reason?: string;
}

type Resolution = { readonly kind: string } & Record<string, unknown>;

const RESOLVE = commitPoint(
  'limits.resolve',
  'settlements, releases and further provider calls of a batch of permits',
);

export interface PermitParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly random: Random;
  readonly holder: HolderId;
}

/** Makes permits whose steps are committed in groups: while one batch is in flight the next one fills. */
export function createPermits(parts: PermitParts): PermitMaker {
  const batcher = createBatcher<Step, Resolution>({
    flush,
    maxBatch: 100,
    flights: parts.db.engine === 'pglite' ? 1 : 2,
  });

  async function flush(steps: readonly Step[]): Promise<(Resolution | undefined)[]> {
    const [rows] = await parts.db.system('limits.settlement', RESOLVE, [
      statement<{ i: number; answer: Resolution }>('select i, answer from limits.resolve_batch($1::jsonb)', [
        JSON.stringify(steps.map((step, i) => ({ i, ...step }))),
      ]),
    ]);
    const answers: (Resolution | undefined)[] = steps.map(() => undefined);
    for (const row of rows) answers[row.i] = row.answer;
    return answers;
  }

  return (facts) => makePermit(facts, { ...parts, resolve: (step) => batcher.add(step) });
}

function makePermit(
  facts: PermitFacts,
  parts: PermitParts & { resolve: (step: Step) => Promise<Resolution> },
): Permit {
  const { planned } = facts;
  const outcomes: Outcome[] = [];
  let open = facts.openEvent;
  let calls = facts.calls;
  let reserve = facts.reserve;
  /** Whether the first call's row, written by admission or take-up, still waits for its dispatch. */
  let unused = open !== undefined;
  const unusedCorrection = parts.ids.next();

  /** What the database is told of the calls. One that never went out costs nothing, whatever its row says. */
  function told(op: Step['op']): readonly Outcome[] {
    if (!unused || open === undefined || op === 'send') return [...outcomes];
    return [...outcomes, { e: open, s: 'voided', c: unusedCorrection }];
  }

  function step(op: Step['op'], more: { next?: Record<string, unknown>; reason?: string } = {}): Step {
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

  function outcome(s: Outcome['s'], u?: Record<string, unknown>): void {
    if (open === undefined || unused) throw new Error('no provider call is under way');
    outcomes.push({ e: open, s, c: parts.ids.next(), ...(u === undefined ? {} : { u }) });
    open = undefined;
  }

  async function resolve(
    op: Step['op'],
    more: { next?: Record<string, unknown>; reason?: string } = {},
  ): Promise<Resolution> {
    const answer = await parts.resolve(step(op, more));
    if (answer.kind === 'stale') throw new AppError('permit_stale');
    return answer;
  }

  /** The ledger must not lose figures that we know because somebody else has closed the permit meanwhile. */
  async function reportLate(): Promise<void> {
    const late = step('report');
    if (late.calls.length > 0) await parts.resolve(late);
  }

  const permit: Permit = {
    ...facts,
    holder: parts.holder,
    get calls() {
      return calls;
    },
    get reserve() {
      return reserve;
    },
    async send(call) {
      if (open !== undefined && !unused) throw new Error('a provider call is under way');
      if (open !== undefined && planned !== undefined && covers(planned, call)) {
        unused = false;
        calls += 1;
        return open;
      }
      const event = open ?? parts.ids.next<UsageEventId>();
      const answer = await resolve('send', {
        next: { e: event, pr: call.provider, m: call.model, v: call.priceVersion, r: call.reserve },
      });
      // What the database was told it knows, also where it has no room for the next call.
      outcomes.length = 0;
      if (answer.kind === 'denied') throw budgetDenied(answer);
      if (answer.kind !== 'sent') throw new AppError('permit_stale');
      calls += 1;
      unused = false;
      open = event;
      reserve = answer['reserve'] as Micros;
      return event;
    },
    served: (usage) => outcome('posted', figures(usage)),
    notServed: () => outcome('voided'),
    unknown: () => outcome('posted'),
    settle: async () => void (await resolve('settle')),
    settlement: () => settlementOf(step('settle')),
    settleIn: (tx) => here(tx, settlementOf(step('settle'))),
    release: async (reason) => void (await resolve('release', { reason })),
    releasing: (reason) => settlementOf(step('release', { reason })),
    releaseIn: (tx, reason) => here(tx, settlementOf(step('release', { reason }))),
    requeueing: (reason) => settlementOf(step('requeue', { reason })),
    reportLate,
    answering: (stored) => answerStatement(facts, stored, parts.random),
    answerIn: async (tx, stored) => {
      const made = answerStatement(facts, stored, parts.random);
      if (made !== undefined) await tx.run(made);
    },
    attaching: (jobId) =>
      statement('select limits.attach($1, $2, $3, $4)', [facts.id, parts.holder, facts.fence, jobId]),
  };
  return permit;
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

function settlementOf(step: Step): Statement<{ answer: Resolution }> {
  return statement('select limits.resolve_here($1::jsonb) as answer', [JSON.stringify(step)]);
}

function answerStatement(facts: PermitFacts, stored: StoredAnswer, random: Random): Statement | undefined {
  if (facts.idempotency === undefined) return undefined;
  const { route, key, sealed } = facts.idempotency;
  const body = JSON.stringify(stored.body);
  return statement('select limits.answer_here($1, $2, $3, $4, $5::jsonb, $6::jsonb, $7::bytea)', [
    facts.id,
    route,
    sha256(key),
    stored.status,
    stored.headers === undefined ? null : JSON.stringify(stored.headers),
    sealed ? null : body,
    sealed ? seal(key, Buffer.from(body), random) : null,
  ]);
}

function figures(usage: Usage): Record<string, unknown> {
  return {
    provider: usage.provider,
    model: usage.model,
    provider_request_id: usage.providerRequestId,
    prompt_tokens: usage.promptTokens,
    cached_tokens: usage.cachedTokens,
    completion_tokens: usage.completionTokens,
    reasoning_tokens: usage.reasoningTokens,
    cost: usage.cost,
    price_version: usage.priceVersion,
    estimated: usage.estimated,
  };
}

function budgetDenied(answer: Resolution): AppError {
  const { limit, used, max, resetsAt, retryAfter } = denial(answer);
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
