import { PassThrough, type Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DEFAULT_MAX_BODY, type Mounted, type Route } from '#platform/http';
import { AppError } from '#platform/kernel';
import { callerContextOf } from './caller-context.ts';
import type { BodyCapacitySettings, ServerParts } from './parts.ts';

const MIB = 1_048_576;

export const BODY_CAPACITY: BodyCapacitySettings = { process: 256 * MIB, account: 64 * MIB };

/** Memory for bodies: taken before one is read, given back when its call is over. */
export interface BodyCapacity {
  /** Throws `unavailable` where the process is full, and `limit_exceeded` where the account is. Answers what gives it back. */
  take(bytes: number, account: string | undefined): () => void;
}

export function createBodyCapacity(settings: BodyCapacitySettings): BodyCapacity {
  const byAccount = new Map<string, number>();
  let all = 0;

  function add(bytes: number, account: string | undefined): void {
    all += bytes;
    if (account === undefined) return;
    const held = (byAccount.get(account) ?? 0) + bytes;
    if (held === 0) byAccount.delete(account);
    else byAccount.set(account, held);
  }

  return {
    take(bytes, account) {
      const used = account === undefined ? 0 : (byAccount.get(account) ?? 0);
      if (used + bytes > settings.account) throw accountFull(used, settings.account);
      if (all + bytes > settings.process)
        throw new AppError('unavailable', {
          message: 'This server holds as many bytes of requests as it can. Try again shortly.',
          retryAfter: 1,
        });
      add(bytes, account);
      let isHeld = true;
      return () => {
        if (isHeld) add(-bytes, account);
        isHeld = false;
      };
    },
  };
}

function accountFull(used: number, max: number): AppError {
  return new AppError('limit_exceeded', {
    message: 'The bodies of your calls under way are too large together. Wait for one to end.',
    details: { limit: 'body_bytes_in_flight', used, max, resets_at: null, upgrade: null },
    retryAfter: 1,
  });
}

/**
 * What a route does before a body is read: small ones pass. A larger one has its place first; and where the plan says how large one may be,
 * whoever sends it is known, and may, before a byte of it is taken. A body that does not say its length is a small one.
 */
export function beforeBody(
  route: Route,
  mounted: Mounted,
  { parts, capacity }: { parts: ServerParts; capacity: BodyCapacity },
) {
  const { maxBody = DEFAULT_MAX_BODY, largeBody } = route.shape;
  const product = mounted.product ?? mounted.module;

  async function accountOf(request: FastifyRequest, length: number): Promise<string | undefined> {
    if (length <= maxBody) return undefined;
    if (largeBody === undefined) throw tooLarge(maxBody, null);
    const { accountId } = await callerContextOf(route, request, parts);
    if (accountId === undefined || parts.planRates === undefined)
      throw new Error(`${route.name}: nobody's plan says how large its body may be`);
    const { plan, grants } = await parts.planRates.now(accountId, product);
    const most = Math.min(Number(grants[largeBody.grant] ?? 0) * MIB, largeBody.most);
    if (length > most) {
      const atLeast = Math.ceil(length / MIB);
      const isSold = length <= largeBody.most;
      const question = { product, plan, grant: largeBody.grant, atLeast };
      const upgrade = isSold ? (parts.upgradeFor?.(question) ?? null) : null;
      throw tooLarge(Math.max(most, maxBody), upgrade);
    }
    return accountId;
  }

  return async (request: FastifyRequest, reply: FastifyReply, payload: Readable): Promise<Readable> => {
    const said = request.headers['content-length'];
    const length = said === undefined ? 0 : Number(said);
    const isStreamed = said === undefined && request.headers['transfer-encoding'] !== undefined;
    if (length <= Math.min(DEFAULT_MAX_BODY, maxBody) && !isStreamed) return payload;
    try {
      const account = await accountOf(request, length);
      const free = capacity.take(isStreamed ? maxBody : length, account);
      reply.raw.once('close', free);
    } catch (error) {
      // The rest of the body is not read.
      reply.header('connection', 'close');
      throw error;
    }
    return isStreamed ? atMost(payload, maxBody) : payload;
  };
}

function tooLarge(max: number, upgrade: string | null): AppError {
  return new AppError('payload_too_large', { details: { max_bytes: max, upgrade } });
}

function atMost(payload: Readable, most: number): Readable {
  let read = 0;
  const bounded = new PassThrough({
    transform(chunk: Buffer, _encoding, done) {
      read += chunk.length;
      if (read > most) done(tooLarge(most, null));
      else done(null, chunk);
    },
  });
  // A call without a body is never read, and one that failed is not read on: an error that nobody listens to would end the process.
  bounded.on('error', () => {});
  payload.on('error', (error) => bounded.destroy(error));
  return payload.pipe(bounded);
}
