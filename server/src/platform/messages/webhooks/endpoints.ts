import { actorOf, type Audit } from '#platform/audit';
import { commitPoint, type Database, type Transaction } from '#platform/db';
import { type Answer, answer, type Caller, type Once, type Origin } from '#platform/http';
import { AppError, type Ids, type Random, invalidInput } from '#platform/kernel';
import type { Secrets } from '#platform/secrets';
import { urlProblem } from './address.ts';
import { eventTypes } from './event.ts';
import { newSecret } from './signature.ts';
import { changeEndpoint, type EndpointRow, insertEndpoint, placeOfSecret, rotateSecret } from './store.ts';
import { type EndpointView, endpointView } from './views.ts';

const MADE = commitPoint('webhooks.made', 'an endpoint');
const ROTATED = commitPoint('webhooks.rotated', 'a new secret of an endpoint');

export interface WebhooksParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly random: Random;
  readonly secrets: Secrets;
  readonly audit: Audit;
  /** Whether endpoints may lie on this machine, as in development. */
  readonly allowLoopback: boolean;
}

/** The caller of a change, and where the call came from. */
export interface ByWhom {
  readonly caller: Caller;
  readonly origin: Origin;
}

/** The same for a call that takes an Idempotency-Key. */
export interface ByWhomOnce extends ByWhom {
  readonly once: Once;
}

export interface NewEndpoint {
  readonly url: string;
  readonly types?: readonly string[] | undefined;
  /** Deliveries of an account one after the other. */
  readonly ordered?: boolean | undefined;
  readonly description?: string | undefined;
}

export interface EndpointChange extends Omit<NewEndpoint, 'url'> {
  readonly url?: string | undefined;
  readonly status?: 'enabled' | 'disabled' | undefined;
}

export type WithSecret = EndpointView & { readonly secret: string };

/** Makes an endpoint; the answer alone has its secret. Throws `validation_failed` for a URL that nothing may be sent to. */
export async function create(
  parts: WebhooksParts,
  wanted: NewEndpoint,
  by: ByWhomOnce,
): Promise<Answer<WithSecret>> {
  const { url, types = [...eventTypes().keys()], ordered = false, description = '' } = wanted;
  refuseUrl(parts, url);
  return by.once(MADE, async (tx) => {
    const secret = newSecret(parts.random);
    const id = parts.ids.next();
    const sealed = parts.secrets.seal(secret, placeOfSecret(id));
    const [row] = await tx.run(insertEndpoint({ id, url, types, ordered, description, sealed }));
    if (row === undefined) throw new Error('an endpoint was not stored');
    await record(parts, tx, {
      action: 'webhook.created',
      endpoint: row,
      by,
      changes: { url, types, ordered },
    });
    return answer(201, { ...endpointView(row), secret });
  });
}

/** Changes what is said, in a transaction. Throws `not_found`, and `validation_failed` as `create` does. */
export async function changeIn(
  parts: WebhooksParts,
  tx: Transaction,
  { id, change, by }: { readonly id: string; readonly change: EndpointChange; readonly by: ByWhom },
): Promise<EndpointView> {
  if (change.url !== undefined) refuseUrl(parts, change.url);
  const [row] = await tx.run(changeEndpoint(id, change));
  await record(parts, tx, {
    action: 'webhook.changed',
    endpoint: row ?? throwMissing(),
    by,
    changes: { ...change },
  });
  return endpointView(row ?? throwMissing());
}

/** Gives an endpoint a new secret, which the answer alone has. Throws `not_found`. */
export async function rotate(
  parts: WebhooksParts,
  { id, overlapHours }: { readonly id: string; readonly overlapHours: number },
  by: ByWhomOnce,
): Promise<Answer<WithSecret>> {
  return by.once(ROTATED, async (tx) => {
    const secret = newSecret(parts.random);
    const sealed = parts.secrets.seal(secret, placeOfSecret(id));
    const [row] = await tx.run(rotateSecret(id, sealed, overlapHours));
    const endpoint = row ?? throwMissing();
    await record(parts, tx, {
      action: 'webhook.rotated',
      endpoint,
      by,
      changes: { overlap_hours: overlapHours },
    });
    return answer(200, { ...endpointView(endpoint), secret });
  });
}

interface EndpointAction {
  readonly action: string;
  readonly endpoint: EndpointRow;
  readonly by: ByWhom;
  readonly changes?: Readonly<Record<string, unknown>>;
}

/** Writes what a caller did with an endpoint into the audit. */
export async function record({ audit }: WebhooksParts, tx: Transaction, done: EndpointAction): Promise<void> {
  const { caller, origin } = done.by;
  const target = { kind: 'webhook', id: done.endpoint.id };
  await audit.recordIn(tx, {
    action: done.action,
    actor: actorOf(caller),
    target,
    origin,
    changes: done.changes ?? {},
  });
}

function refuseUrl(parts: WebhooksParts, url: string): void {
  const message = urlProblem(url, parts);
  if (message !== undefined) throw invalidInput('body.url', message);
}

export function throwMissing(): never {
  throw new AppError('not_found', { message: 'There is no such webhook.' });
}
