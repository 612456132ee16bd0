import { type Database, commitPoint, mayBeDone, statement, systemCall } from '#platform/db';
import { assertRunning, type Catalogue } from '#platform/entitlements';
import type { KeptAnswer } from '#platform/idempotency';
import type { Micros, PermitId, UsageEventId } from '#platform/kernel';
import { type AdmissionItem, createBatch, meterOf, idempotencyKeyOf } from '../batch.ts';
import { batchOptions, createBatcher, type BusyRows } from '../batcher.ts';
import { type Denial, readDenial } from '../denial.ts';
import type { AfterEnds } from '../settlement/ends.ts';
import type { CompiledFeature, FindFeature } from '../features.ts';
import type { PermitMaker, PermitParts } from '../permits/permits.ts';
import type { Admission, AdmitRequest, NotGranted, PermitFacts } from '../permit.ts';
import type { DenialCache } from './denial-cache.ts';
import { encodeStep } from '../settlement/step.ts';

/** The answer that a request would get now; if granted, with its reserve. */
export type Preview = { readonly kind: 'granted'; readonly reserve: Micros } | NotGranted;

/** A request as a preview asks it. */
export type PreviewRequest = Omit<AdmitRequest, 'idempotency' | 'closer'>;

type Decision = { readonly kind: string } & Readonly<Record<string, unknown>>;

interface DecisionRow {
  /** The reserve of a new permit; null: see `answer`. */
  readonly granted: Micros | null;
  readonly answer: Decision | null;
}

const ADMIT = `select granted, answer from limits.admit($1::uuid[], $2::text[], $3::limits.feature[], $4::accounts.spender[],
  $5::limits.run[], $6::limits.request[], $7::uuid, $8::boolean, $9::boolean, $10::limits.call_facts[])`;

const PREVIEW = `select granted, answer from limits.preview($1::text::uuid[], $2::text::text[], $3::text::limits.feature[],
  $4::text::accounts.spender[], $5::text::limits.run[], $6::text::limits.request[], $7::uuid, $8::boolean, $9::text::limits.call_facts[])`;

/** After a repeat more are expected: so many batches look keys up first, which costs each a tenth more. */
const CAUTIOUS = 50;

const DECIDED = commitPoint(
  'limits.admit',
  'permits, usage events, charged windows and remembered keys of a batch of callers',
);

export interface AdmissionParts
  extends Pick<PermitParts, 'ids' | 'answers' | 'holder' | 'retries' | 'afterEnds'> {
  readonly db: Database;
  readonly catalogues: readonly Catalogue[];
  readonly findFeature: FindFeature;
  readonly makePermit: PermitMaker;
  readonly busyRows: BusyRows;
  /** Answers requests that were just denied; without it, the database is asked each time. */
  readonly denials?: DenialCache | undefined;
  /** Called with the operator's budget that refuses a request. */
  readonly onBudgetClosed?: ((budget: string) => void) | undefined;
  /** Called for each denial; it must take no time. */
  readonly onDenied?: ((request: AdmitRequest, denial: Denial) => void) | undefined;
}

/** The way of a request to its answer, from top to bottom (docs/limits.md). */
export function createAdmission(parts: AdmissionParts) {
  const { db, ids, answers, holder, catalogues, findFeature, denials } = parts;
  /** How many batches to come look keys up before they are written. */
  let cautious = 0;
  const batcher = createBatcher<AdmissionItem, Decision>({
    name: 'limits.admission',
    ...batchOptions(db),
    flush,
    rowOf: ({ request }) => meterOf(request.accountId, request.product),
    busyRows: parts.busyRows,
  });

  async function admit(request: AdmitRequest): Promise<Admission> {
    const feature = openFeature(request);
    const afterEnds = parts.afterEnds(request.accountId);
    const first = await decide(request, feature, afterEnds);
    // The bound comes first, and costs nothing; what it denies for want of money or tokens is measured closely, once.
    const isShort =
      first.kind === 'denied' && first.denial.of !== 'credits' && first.denial.needed !== undefined;
    const closer = isShort ? await request.closer?.() : undefined;
    const last = closer === undefined ? first : await decide({ ...request, ...closer }, feature, afterEnds);
    if (last.kind === 'denied') parts.onDenied?.(request, last.denial);
    return last;
  }

  /** A question that was denied just now has its answer; the others are asked in one batch, with all that wait. */
  async function decide(
    request: AdmitRequest,
    feature: CompiledFeature,
    afterEnds: ReturnType<AfterEnds>,
  ): Promise<Admission> {
    const question = denials?.ask(request);
    if (question?.denial !== undefined) return { kind: 'denied', denial: question.denial };
    const keyed = request.idempotency && idempotencyKeyOf(answers, request.accountId, request.idempotency);
    const item: AdmissionItem = { request, feature, keyed, permit: ids.next(), event: ids.next() };
    const decision = await afterEnds(() => batcher.add(item));
    if ('budget' in decision) parts.onBudgetClosed?.(String(decision['budget']));
    const admission = toAdmission(decision, item, parts);
    question?.answered(admission);
    return admission;
  }

  /** One statement and one commit for all callers that wait. An answer that is missing comes with the next batch. */
  async function flush(items: readonly AdmissionItem[], wait: boolean): Promise<(Decision | undefined)[]> {
    const { values, facts, order } = createBatch(items, { holder, wait });
    const decisions: (Decision | undefined)[] = items.map(() => undefined);
    for (;;) {
      const looksUp = cautious > 0;
      if (looksUp) cautious -= 1;
      try {
        const asked = systemCall(statement<DecisionRow>(ADMIT, [...values, looksUp, facts]));
        const [rows] = await db.system('limits.admission', DECIDED, [asked]);
        for (const [index, row] of rows.entries()) decisions[order[index] ?? 0] = decisionOf(row);
        return decisions;
      } catch (error) {
        // No caller waits for these permits any more, if they exist at all.
        if (mayBeDone(error)) abandonAdmissions(parts, items);
        // A used key is rare, so that keys are not looked up before they are written: where one is known after all (or becomes so, by
        // another product's admission at this moment), the batch is undone, and decided with the look-up.
        if (!isKnownKey(error)) throw error;
        cautious = CAUTIOUS;
      }
    }
  }

  /** Admission at this instant, which is undone: nothing is written, and the next request may take the room. */
  async function preview(request: PreviewRequest): Promise<Preview> {
    const feature = openFeature(request);
    const decision = await parts.afterEnds(request.accountId)(() => decideAndUndo(request, feature));
    const { kind, reserve } = decision;
    return kind === 'granted' ? { kind, reserve: reserve as Micros } : toNotGranted(decision);
  }

  async function decideAndUndo(request: PreviewRequest, feature: CompiledFeature): Promise<Decision> {
    const [permit, event] = [ids.next<PermitId>(), ids.next<UsageEventId>()];
    const item = { request, feature, keyed: undefined, permit, event };
    const { values, facts } = createBatch([item], { holder, wait: true });
    const asked = systemCall(statement<DecisionRow>(PREVIEW, [...values, facts]));
    const [[row]] = await db.system('limits.admission', DECIDED, [asked]);
    if (row === undefined) throw new Error('a preview had no answer');
    // Busy: another request of the account, its first one, made the meter at this moment.
    return decisionOf(row) ?? decideAndUndo(request, feature);
  }

  /**
   * Nothing is spent on a product that is off, by any caller: a call, a backend outside, work that goes on, an admin who replays a job. Nor
   * on a feature that there is not, or without the subject that a limit of it counts by.
   */
  function openFeature({ product, feature: name, subject }: PreviewRequest): CompiledFeature {
    assertRunning(catalogues.find((one) => one.product === product));
    const feature = findFeature(product, name);
    if (feature === undefined) throw new Error(`no such feature: ${product}.${name}`);
    if (subject === undefined && feature.needsSubject)
      throw new Error(`${product}.${name} has a limit by subject, and none is named`);
    return feature;
  }

  return { admit, preview };
}

/** Undefined: its meter is locked by another transaction. */
function decisionOf({ granted, answer }: DecisionRow): Decision | undefined {
  if (granted !== null) return { ...answer, kind: 'granted', reserve: granted };
  return answer === null || answer.kind === 'busy' ? undefined : answer;
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
      const { reserve, tokens } = decision;
      const made = { id, event, fence: 1, reserve, tokens, adopted: false };
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
function toNotGranted(decision: Decision): NotGranted {
  switch (decision.kind) {
    case 'refused':
      return { kind: 'refused', reason: String(decision['reason']) };
    case 'plan_required': {
      const { grant, needed = null, max, per, plan } = decision as unknown as PlanLack;
      return { kind: 'plan_required', grant, needed, max, per: per ?? undefined, plan };
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
  readonly max?: number;
  readonly per?: string | null;
  readonly plan: string | null;
}

function permitFactsOf(decision: Readonly<Record<string, unknown>>, request: AdmitRequest): PermitFacts {
  const { id, fence, reserve, tokens, event, adopted } = decision as unknown as {
    id: PermitId;
    fence: number;
    reserve: Micros;
    tokens?: number;
    event: UsageEventId | null;
    adopted: boolean;
  };
  return {
    id,
    fence,
    reserve,
    tokens,
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

const ABANDON = commitPoint(
  'limits.disown',
  'permits of a batch of callers whose admission was never answered: closed, or never to be',
);

/**
 * Closes permits of admissions whose answer was lost, as soon as the database answers again. Their slots, quota, reserve and
 * Idempotency-Keys are free then, and no call is billed. The id of a permit that was never written is taken, so that an admission that is
 * still under way fails when it arrives. Doing it twice changes nothing.
 */
export function abandonAdmissions(
  { db, ids, holder, retries }: Pick<AdmissionParts, 'db' | 'ids' | 'holder' | 'retries'>,
  items: readonly Pick<AdmissionItem, 'request' | 'permit' | 'event'>[],
): void {
  const abandoned = items.map(({ request, permit, event }) => ({
    ...encodeStep({
      account: request.accountId,
      product: request.product,
      permit,
      holder,
      fence: 1,
      operation: 'release',
      reason: 'answer lost',
      calls: [{ event, state: 'voided', isTry: false, correctionId: ids.next() }],
    }),
    // Columns that the permit's row needs where there is none.
    user: request.userId,
    feature: request.feature,
    request: request.requestId,
  }));
  const facts = { admissions: abandoned.map(({ a, id }) => ({ account_id: a, permit_id: id })) };
  const call = statement('select limits.disown($1::jsonb)', [JSON.stringify(abandoned)]);
  retries.add(facts, () => db.system('limits.settlement', ABANDON, [call]));
}
