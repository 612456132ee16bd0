import type { Audit } from '#platform/audit';
import { commitPoint, type Database, type Transaction } from '#platform/db';
import { AppError, type Clock, type Random } from '#platform/kernel';
import type { Secrets } from '#platform/secrets';
import {
  type AttemptResult,
  endAttempt,
  type ClaimedDelivery,
  claimedDelivery,
  lockClaimed,
  noteHealth,
} from './attempt-store.ts';
import { bodyOf } from './event.ts';
import type { Send, SendResult } from './send.ts';
import { signatureHeaders } from './signature.ts';
import { changeEndpoint, lockEndpoint, placeOfSecret } from './store.ts';

const ANSWERED = commitPoint(
  'webhooks.answered',
  'how an attempt at a delivery went, and when the next one is due',
);

/** Seconds for which all deliveries to an endpoint may fail before it is disabled. */
const FAILING_SECONDS = 5 * 86_400;
const GONE = 410;

/** A job that has a delivery, as this module needs to know it. */
export interface DeliveryJob {
  readonly payload: Readonly<Record<string, string>>;
  /** Ends when the process must stop. */
  readonly signal: AbortSignal;
}

export interface DelivererParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly secrets: Secrets;
  readonly audit: Audit;
  readonly send: Send;
  /** Called after the commit: there may be room for the endpoint's next delivery. */
  readonly wake: () => void;
}

/** The job of a delivery. */
export interface Deliverer {
  /** One attempt. What it was answered is written down before it returns; it throws when it could not even try. */
  deliver(job: DeliveryJob): Promise<void>;
  /** The job itself was given up: that counts as a failed attempt. */
  giveUp(job: DeliveryJob): Promise<void>;
}

/** Carries events to endpoints: at least once, in no order, and always under the event's own id. */
export function createDeliverer(parts: DelivererParts): Deliverer {
  return {
    async deliver(job) {
      const held = heldBy(job);
      const [[found]] = await parts.db.system('webhooks.delivery', [claimedDelivery(held)]);
      // Deleted, or another job has it: what it was answered is known.
      if (found === undefined) return;
      if (!found.is_enabled) return write(parts, { held, endpoint: found.endpoint_id, sent: undefined });
      const event = { ...found.event, created_at: new Date(found.event.created_at) };
      const body = bodyOf(event);
      const place = placeOfSecret(found.endpoint_id);
      const secrets = found.secrets.map((sealed) => parts.secrets.open(sealed, place));
      const sent = await parts.send({
        url: found.url,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Plinth-Webhooks/1',
          ...signatureHeaders({ id: event.id, at: parts.clock.now(), body }, secrets),
        },
        body,
        signal: job.signal,
      });
      await write(parts, { held, endpoint: found.endpoint_id, sent });
    },
    async giveUp(job) {
      const held = heldBy(job);
      const [[found]] = await parts.db.system('webhooks.delivery', [claimedDelivery(held)]);
      if (found === undefined) return;
      await write(parts, {
        held,
        endpoint: found.endpoint_id,
        sent: { kind: 'unanswered', error: 'internal' },
      });
    },
  };
}

interface Attempt {
  readonly held: ClaimedDelivery;
  readonly endpoint: string;
  /** undefined: it was not tried, because the endpoint is disabled. */
  readonly sent: SendResult | { readonly kind: 'unanswered'; readonly error: 'internal' } | undefined;
}

/** Locks: the endpoint, then the delivery. Nothing is written for a delivery that another job has by now. */
async function write(parts: DelivererParts, { held, endpoint, sent }: Attempt): Promise<void> {
  await parts.db.system('webhooks.delivery', ANSWERED, async (tx) => {
    const [{ status } = { status: 'disabled' }] = await tx.run(lockEndpoint(endpoint));
    const [delivery] = await tx.run(lockClaimed(held));
    if (delivery === undefined) return;
    await tx.run(endAttempt(held.id, endingOf(parts, delivery.attempt + 1, sent)));
    if (sent === undefined) return;
    const [failing] = await tx.run(noteHealth(endpoint, isTaken(sent)));
    // Several attempts may learn at once that it is no more: the first one says so.
    if (status === 'disabled') return;
    const isGone = sent.kind === 'answered' && sent.status === GONE;
    if (isGone) await disable(parts, tx, { endpoint, reason: 'gone' });
    else if ((failing?.failing_seconds ?? 0) >= FAILING_SECONDS)
      await disable(parts, tx, { endpoint, reason: 'failing' });
  });
  parts.wake();
}

/** Enabled again, it gets what waits for it. */
async function disable(
  { audit }: DelivererParts,
  tx: Transaction,
  { endpoint, reason }: { readonly endpoint: string; readonly reason: 'gone' | 'failing' },
): Promise<void> {
  await tx.run(changeEndpoint(endpoint, { status: 'disabled', reason }));
  await audit.recordIn(tx, {
    action: 'webhook.disabled',
    actor: { kind: 'system' },
    target: { kind: 'webhook', id: endpoint },
    changes: { reason },
  });
}

function isTaken(sent: NonNullable<Attempt['sent']>): boolean {
  return sent.kind === 'answered' && sent.status >= 200 && sent.status < 300;
}

function endingOf({ random }: DelivererParts, attempts: number, sent: Attempt['sent']): AttemptResult {
  if (sent === undefined) return { state: 'waiting', counts: false };
  if (sent.kind === 'unanswered')
    return { ...failedResult(pauseAfter(attempts, { random })), error: sent.error };
  const { status, answer, retryAfter } = sent;
  if (isTaken(sent)) return { state: 'delivered', counts: true, status, answer };
  const pause = status === GONE ? undefined : pauseAfter(attempts, { retryAfter, random });
  return { ...failedResult(pause), status, answer };
}

/** Due again after a pause; without one it is dead. */
function failedResult(delay: number | undefined): AttemptResult {
  return delay === undefined ? { state: 'dead', counts: true } : { state: 'waiting', delay, counts: true };
}

function heldBy({ payload }: DeliveryJob): ClaimedDelivery {
  const { delivery_id: id, fence } = payload;
  if (id === undefined || fence === undefined)
    throw new AppError('internal', { message: 'The job names no delivery.' });
  return { id, fence: Number(fence) };
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/**
 * Milliseconds after each failed attempt, in order, as the Standard Webhooks specification suggests them: ten attempts in
 * a little more than three days.
 */
const PAUSES = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];
/** A pause is up to this share shorter or longer, so that what failed together does not come back together. */
const JITTER = 0.2;
/** However long an endpoint asks to be left alone. */
const LONGEST_ASKED = 24 * HOUR;

/** Milliseconds until the next attempt, after so many that failed; undefined: there is none. */
export function pauseAfter(
  attempts: number,
  { retryAfter = 0, random }: { readonly retryAfter?: number | undefined; readonly random: Random },
): number | undefined {
  const pause = PAUSES[attempts - 1];
  if (pause === undefined) return undefined;
  const own = pause * (1 - JITTER + 2 * JITTER * random.uniform());
  return Math.max(own, Math.min(retryAfter * SECOND, LONGEST_ASKED));
}
