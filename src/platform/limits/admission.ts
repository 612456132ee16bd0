import { type Database, commitPoint, statement } from '#platform/db';
import {
  type AccountId,
  AppError,
  type HolderId,
  type Ids,
  type KeyId,
  type Micros,
  type PermitId,
  type Random,
  sha256,
  unseal,
  type UsageEventId,
  type UserId,
} from '#platform/kernel';
import { createBatcher } from './batcher.ts';
import { type Denial, denial } from './denial.ts';
import type { CompiledFeature } from './features.ts';
import type { PermitFacts, PermitMaker } from './permits.ts';
import type { IdempotencyRequest, Permit, PlannedCall, StoredAnswer } from './permit.ts';
import './errors.ts';

/** What a caller asks admission for. */
export interface AdmitRequest {
  readonly accountId: AccountId;
  readonly userId: UserId;
  readonly keyId?: KeyId | undefined;
  readonly product: string;
  readonly feature: string;
  /** Units of quota and burst; 1 when not said. */
  readonly units?: number;
  /** The first provider call: its model, and the reserve that budgets must have room for. */
  readonly call: PlannedCall;
  /** The smallest reserve that still makes sense: with less left than `call.reserve`, the permit carries what is left. */
  readonly leastReserve?: number;
  readonly subject?: string | undefined;
  /** Whether a job will own the permit, or the caller runs it itself. */
  readonly as: 'job' | 'inline';
  /** Grants needed at least, else `plan_required`. */
  readonly needs?: Readonly<Record<string, number>> | undefined;
  readonly idempotency?: IdempotencyRequest | undefined;
  readonly requestId: string;
}

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

interface Item {
  readonly request: AdmitRequest;
  readonly permit: PermitId;
  readonly event: UsageEventId;
}

type Decision = { readonly kind: string } & Record<string, unknown>;

const ADMIT = commitPoint(
  'limits.admit',
  'permits, usage events, charged windows and remembered keys of a batch of callers',
);

export interface AdmissionParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly random: Random;
  readonly holder: HolderId;
  readonly features: ReadonlyMap<string, CompiledFeature>;
  readonly makePermit: PermitMaker;
}

/** Admission in batches: one statement and one commit for all callers that are waiting (docs/limits.md). */
export function createAdmission(parts: AdmissionParts) {
  const batcher = createBatcher<Item, Decision>({
    flush,
    maxBatch: 100,
    flights: parts.db.engine === 'pglite' ? 1 : 2,
  });

  async function flush(items: readonly Item[], wait: boolean): Promise<(Decision | undefined)[]> {
    const features: Record<string, CompiledFeature> = {};
    for (const { request } of items) {
      const key = `${request.product}.${request.feature}`;
      const feature = parts.features.get(key);
      if (feature !== undefined) features[key] = feature;
    }
    const batch = items.map((item, place) => wire(item, place, parts.holder));
    const [rows] = await parts.db.system('limits.admission', ADMIT, [
      statement<{ i: number; answer: Decision }>(
        'select i, answer from limits.admit($1::jsonb, $2::jsonb, $3::boolean)',
        [JSON.stringify(batch), JSON.stringify(features), wait],
      ),
    ]);
    const decisions: (Decision | undefined)[] = items.map(() => undefined);
    for (const row of rows) decisions[row.i] = row.answer.kind === 'busy' ? undefined : row.answer;
    return decisions;
  }

  return async function admit(request: AdmitRequest): Promise<Admission> {
    const feature = parts.features.get(`${request.product}.${request.feature}`);
    if (feature === undefined) throw new Error(`no such feature: ${request.product}.${request.feature}`);
    if (request.subject === undefined && feature.consumes.some(({ by }) => by === 'subject')) {
      throw new Error(`${request.product}.${request.feature} has a limit by subject, and none is named`);
    }
    const item: Item = { request, permit: parts.ids.next(), event: parts.ids.next() };
    return admission(await batcher.add(item), request, parts.makePermit);
  };
}

function wire({ request, permit, event }: Item, place: number, holder: HolderId) {
  const { call, idempotency } = request;
  return {
    i: place,
    a: request.accountId,
    u: request.userId,
    k: request.keyId,
    id: permit,
    e: event,
    p: request.product,
    f: request.feature,
    n: request.units ?? 1,
    r: call.reserve,
    least: Math.min(request.leastReserve ?? call.reserve, call.reserve),
    s: request.subject,
    h: holder,
    q: request.requestId,
    job: request.as === 'job',
    needs: request.needs,
    ik: idempotency && { route: idempotency.route, key: sha256(idempotency.key), body: idempotency.bodyHash },
    pr: call.provider,
    m: call.model,
    v: call.priceVersion,
  };
}

function admission(decision: Decision, request: AdmitRequest, makePermit: PermitMaker): Admission {
  switch (decision.kind) {
    case 'permit':
      return {
        kind: 'permit',
        adopted: decision['adopted'] === true,
        permit: makePermit(facts(decision, request)),
      };
    case 'replay':
      return { kind: 'replay', answer: replayed(decision as unknown as StoredRow, request) };
    case 'running':
    case 'mismatch':
    case 'outcome_unknown':
      return { kind: decision.kind };
    case 'refused':
      return { kind: 'refused', reason: String(decision['reason']) };
    case 'plan_required': {
      const {
        grant,
        needed = null,
        plan,
      } = decision as unknown as { grant: string | null; needed?: number | boolean; plan: string | null };
      return { kind: 'plan_required', grant, needed, plan };
    }
    case 'denied':
      return { kind: 'denied', denial: denial(decision) };
    default:
      throw new Error(`admission answered with an unknown kind: ${decision.kind}`);
  }
}

function facts(decision: Decision, request: AdmitRequest): PermitFacts {
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
    // Of an adopted permit the row was planned by whoever asked first; else with the reserve that was granted.
    planned: adopted ? undefined : { ...request.call, reserve },
    idempotency: request.idempotency,
  };
}

interface StoredRow {
  readonly status: number;
  readonly headers: Record<string, string> | null;
  readonly body: unknown;
  readonly sealed: string | null;
}

function replayed(row: StoredRow, request: AdmitRequest): StoredAnswer {
  const headers = row.headers === null ? {} : { headers: row.headers };
  if (row.sealed === null || request.idempotency === undefined)
    return { status: row.status, body: row.body, ...headers };
  const plain = unseal(request.idempotency.key, Buffer.from(row.sealed, 'base64'));
  return { status: row.status, body: JSON.parse(Buffer.from(plain).toString('utf8')), ...headers };
}

/** The error of a call that was refused, by the reason that the database gives. */
export function refusal(reason: string): AppError {
  if (reason === 'key_revoked' || reason === 'user_suspended') return new AppError('unauthenticated');
  if (reason === 'not_a_member') return new AppError('not_found');
  if (reason === 'holder_dead') return new AppError('server_stopping', { retryAfter: 1 });
  return new AppError('forbidden', { message: 'This account is suspended.' });
}
