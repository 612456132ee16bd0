import { namedObject, type Route, routesFor } from '#platform/http';
import { type AccountId, AppError, declareErrors, type JobId } from '#platform/kernel';
import { z } from 'zod';
import { DELIVERY_PATH, LONGEST_DELIVERY, messageSchema } from './message.ts';
import type { DeliveredJob, Receiver } from './receiver.ts';

declareErrors({
  signature_invalid: {
    status: 401,
    message: 'The signature is missing, too old, not from QStash, or for another URL or body.',
  },
  delivery_malformed: { status: 489, message: 'This message names no announced job. It is not retried.' },
  workers_busy: { status: 503, message: 'All workers are busy.' },
});

/** Seconds after which QStash tries again when no place was free. */
const BUSY = 15;

const route = routesFor<Receiver>();

const deliverJob = route(
  `POST ${DELIVERY_PATH}`,
  {
    operation: 'runDeliveredJob',
    summary: 'QStash delivers a job',
    description:
      'For QStash alone: the Upstash-Signature is verified, and the answer comes when the job has been run. 404 where no signing keys are set. A job that is delivered twice is run once; the call takes no Idempotency-Key: a job has a fence of its own.',
    tag: 'Operations',
    auth: 'none',
    rate: { perMinute: 6_000, by: 'ip' },
    rawBody: true,
    maxBody: 4 * 1024,
    maxSeconds: LONGEST_DELIVERY + 10,
    body: messageSchema,
    reply: {
      200: namedObject('JobOutcome', {
        outcome: z.enum(['done', 'retry', 'failed', 'stale', 'absent', 'announced_anew']),
      }),
    },
    errors: ['not_found', 'signature_invalid', 'delivery_malformed', 'workers_busy'],
  },
  async ({ wire }, { verify, deliver }) => {
    if (verify === undefined) throw new AppError('not_found');
    const { 'upstash-signature': signature, 'upstash-retried': retried } = wire.request.headers;
    const isSigned = typeof signature === 'string' && (await verify(signature, wire.body));
    if (!isSigned) throw new AppError('signature_invalid');
    const outcome = await deliver({ ...read(wire.body), retried: Number(retried) || 0 });
    if (outcome === 'busy') throw new AppError('workers_busy', { retryAfter: BUSY });
    return { outcome };
  },
);

/** Their service is a `Receiver`. */
export const deliveryRoutes: Route[] = [deliverJob];

/** A message that QStash has signed and that is none of ours stays malformed however often it comes. */
function read(body: Uint8Array): Pick<DeliveredJob, 'accountId' | 'id'> {
  const { success, data } = messageSchema.safeParse(json(body));
  if (success) return { accountId: data.account_id as AccountId, id: data.job_id as JobId };
  throw new AppError('delivery_malformed', { headers: { 'upstash-nonretryable-error': 'true' } });
}

function json(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return undefined;
  }
}
