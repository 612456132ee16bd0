import { type Database, commitPoint, mayBeDone, statement, systemCall } from '#platform/db';
import type { KeptAnswer, KeptAnswers } from '#platform/idempotency';
import {
  AppError,
  type HolderId,
  type Ids,
  type Micros,
  type PermitId,
  type UsageEventId,
  INVALID_CREDENTIAL,
  NO_ACCOUNT,
} from '#platform/kernel';
import type { RetryQueue } from '../settlement/retry-queue.ts';
import { type AdmissionItem, createBatch, meterOf } from '../batch.ts';
import { batchOptions, createBatcher, type BusyRows } from '../batcher.ts';
import { type Denial, readDenial } from '../denial.ts';
import { abandonAdmissions } from '../settlement/abandon-admissions.ts';
import { idempotencyKeyOf } from '../idempotency-key.ts';
import type { CompiledFeature } from '../features.ts';
import type { PermitFacts, PermitMaker } from '../permits/permits.ts';
import type { AdmitRequest, Permit, StoredAnswer } from '../permit.ts';
import '../errors.ts';

/** The answer of admission. Only `permit` charged something. */
export type Admission =
  | { readonly kind: 'permit'; readonly permit: Permit; readonly adopted: boolean }
  | { readonly kind: 'replay'; readonly answer: StoredAnswer }
  | { readonly kind: 'running' }
  | { readonly kind: 'mismatch' }
  | { readonly kind: 'outcome_unknown' }
  | { readonly kind: 'refused'; readonly reason: string }
  | {
      readonly kind: 'plan_required';
      readonly grant: string | null;
      readonly needed: number | boolean | null;
      readonly plan: string | null;
    }
  | { readonly kind: 'denied'; readonly denial: Denial };

/** Why nothing was charged. */
export type NotGranted = Extract<Admission, { readonly kind: 'refused' | 'plan_required' | 'denied' }>;

type Decision = { readonly kind: string } & Readonly<Record<string, unknown>>;

export interface DecisionRow {
  /** The reserve of a new permit; null: see `answer`. */
  readonly granted: Micros | null;
  readonly answer: Decision | null;
}

const DECIDE = `select granted, answer from limits.admit($1::uuid[], $2::text[], $3::limits.feature[], $4::accounts.spender[],
  $5::limits.run[], $6::limits.request[], $7::uuid, $8::boolean, $9::boolean)`;

/** After a repeat more are expected: so many batches look keys up first, which costs each a tenth more. */
const CAUTIOUS = 50;

export const ADMIT = commitPoint(
  'limits.admit',
  'permits, usage events, charged windows and remembered keys of a batch of callers',
);

export interface AdmissionParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly answers: KeptAnswers;
  readonly holder: HolderId;
  readonly features: ReadonlyMap<string, CompiledFeature>;
  readonly makePermit: PermitMaker;
  readonly busyRows: BusyRows;
  /** Retries writes that the database was away for. */
  readonly retries: RetryQueue;
  /** Called with the operator's budget that refuses a request. */
  readonly onBudgetClosed?: ((budget: string) => void) | undefined;
}

/** Admission in batches: one statement and one commit for all callers that are waiting (docs/limits.md). */
export function createAdmission(parts: AdmissionParts) {
  /** How many batches to come look keys up before they are written. */
  let cautious = 0;
  const batcher = createBatcher<AdmissionItem, Decision>({
    name: 'limits.admission',
    ...batchOptions(parts.db),
    flush,
    rowOf: ({ request }) => meterOf(request.accountId, request.product),
    busyRows: parts.busyRows,
  });

  async function flush(items: readonly AdmissionItem[], wait: boolean): Promise<(Decision | undefined)[]> {
    try {
      return await admitUnderLock(items, wait);
    } catch (error) {
      // No caller waits for these permits any more, if they exist at all.
      if (mayBeDone(error)) abandonAdmissions(parts, items);
      throw error;
    }
  }

  async function admitUnderLock(
    items: readonly AdmissionItem[],
    wait: boolean,
  ): Promise<(Decision | undefined)[]> {
    const { values, order } = createBatch(items, parts.features, { holder: parts.holder, wait });
    const rows = await decide(values);
    const decisions: (Decision | undefined)[] = items.map(() => undefined);
    for (const [index, { granted, answer }] of rows.entries()) {
      const at = order[index] ?? 0;
      if (granted !== null) decisions[at] = { kind: 'granted', reserve: granted };
      else if (answer?.kind !== 'busy') decisions[at] = answer ?? undefined;
      if (answer !== null && 'budget' in answer) parts.onBudgetClosed?.(String(answer['budget']));
    }
    return decisions;
  }

  /**
   * A key that was used before is rare, so that keys are not looked up before they are written: where one is known after
   * all (or becomes so, by another product's admission at this moment), the batch is undone and decided with the look-up.
   */
  async function decide(values: readonly unknown[]): Promise<DecisionRow[]> {
    for (;;) {
      const looksUp = cautious > 0;
      if (looksUp) cautious -= 1;
      try {
        const decided = systemCall(statement<DecisionRow>(DECIDE, [...values, looksUp]));
        return (await parts.db.system('limits.admission', ADMIT, [decided]))[0];
      } catch (error) {
        if (!isKnownKey(error)) throw error;
        cautious = CAUTIOUS;
      }
    }
  }

  return async function admit(request: AdmitRequest): Promise<Admission> {
    assertFeature(parts.features, request);
    const keyed =
      request.idempotency && idempotencyKeyOf(parts.answers, request.accountId, request.idempotency);
    const item: AdmissionItem = { request, keyed, permit: parts.ids.next(), event: parts.ids.next() };
    return toAdmission(await batcher.add(item), item, parts);
  };
}

/** Throws for a feature that there is not, or without the subject that a limit of it counts by. */
export function assertFeature(
  features: ReadonlyMap<string, CompiledFeature>,
  { product, feature: name, subject }: Pick<AdmitRequest, 'product' | 'feature' | 'subject'>,
): void {
  const feature = features.get(`${product}.${name}`);
  if (feature === undefined) throw new Error(`no such feature: ${product}.${name}`);
  if (subject === undefined && feature.needsSubject)
    throw new Error(`${product}.${name} has a limit by subject, and none is named`);
}

function toAdmission(
  decision: Decision,
  item: AdmissionItem,
  { answers, makePermit }: Pick<AdmissionParts, 'answers' | 'makePermit'>,
): Admission {
  const { request, keyed } = item;
  switch (decision.kind) {
    case 'granted': {
      const { permit: id, event } = item;
      const made = { id, event, fence: 1, reserve: decision['reserve'], adopted: false };
      return { kind: 'permit', adopted: false, permit: makePermit(permitFactsOf(made, request)) };
    }
    case 'permit':
      return {
        kind: 'permit',
        adopted: true,
        permit: makePermit(permitFactsOf(decision, request)),
      };
    case 'replay':
      if (keyed === undefined) throw new Error('a call without an Idempotency-Key was answered as a repeat');
      return {
        kind: 'replay',
        answer: answers.open(keyed.name, decision as unknown as KeptAnswer, keyed.key),
      };
    case 'running':
    case 'mismatch':
    case 'outcome_unknown':
      return { kind: decision.kind };
    default:
      return toNotGranted(decision);
  }
}

/** The answer to a request that was not granted. */
export function toNotGranted(decision: Decision): NotGranted {
  switch (decision.kind) {
    case 'refused':
      return { kind: 'refused', reason: String(decision['reason']) };
    case 'plan_required': {
      const { grant, needed = null, plan } = decision as unknown as PlanLack;
      return { kind: 'plan_required', grant, needed, plan };
    }
    case 'denied':
      return { kind: 'denied', denial: readDenial(decision) };
    default:
      throw new Error(`admission answered with an unknown kind: ${decision.kind}`);
  }
}

interface PlanLack {
  readonly grant: string | null;
  readonly needed?: number | boolean;
  readonly plan: string | null;
}

function permitFactsOf(decision: Readonly<Record<string, unknown>>, request: AdmitRequest): PermitFacts {
  const { id, fence, reserve, event, adopted } = decision as unknown as {
    id: PermitId;
    fence: number;
    reserve: Micros;
    event: UsageEventId | null;
    adopted: boolean;
  };
  return {
    id,
    fence,
    reserve,
    openEvent: event ?? undefined,
    accountId: request.accountId,
    userId: request.userId,
    keyId: request.keyId,
    product: request.product,
    feature: request.feature,
    units: request.units ?? 1,
    subject: request.subject,
    requestId: request.requestId,
    calls: 0,
    // An adopted permit's row was planned by the first request; else it has the granted reserve.
    planned: adopted ? undefined : { ...request.call, reserve },
    idempotency: request.idempotency,
  };
}

/** A unique key of the stored keys, and of no other table, was violated. */
function isKnownKey(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && error.code === '23505' && /\bkeys_pkey\b/.test(error.message)
  );
}

/** The error of a call that was refused, by the reason that the database gives. */
export function refusalError(reason: string): AppError {
  if (reason === 'key_revoked' || reason === 'session_over' || reason === 'user_suspended')
    return new AppError('unauthenticated', { message: INVALID_CREDENTIAL });
  if (reason === 'not_a_member') return new AppError('not_found', { message: NO_ACCOUNT });
  if (reason === 'operator_budget_closed') return new AppError('operator_budget_closed', { retryAfter: 60 });
  if (reason === 'holder_dead') return new AppError('server_stopping', { retryAfter: 1 });
  return new AppError('forbidden', { message: 'This account is suspended.' });
}
