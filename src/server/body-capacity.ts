import { PassThrough, type Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DEFAULT_MAX_BODY, type Mounted, type Route } from '#platform/http';
import { AppError, type Clock } from '#platform/kernel';
import { callerContextOf } from './caller-context.ts';
import { createPartCounter } from './body-structure.ts';
import type { BodyCapacitySettings, ServerParts } from './parts.ts';

const MIB = 1_048_576;

export const BODY_CAPACITY: BodyCapacitySettings = { process: 256 * MIB, account: 64 * MIB };

/** What one address may hold of it, whatever accounts it calls for: a part that leaves room for others. */
const SHARE_OF_AN_ADDRESS = 0.5;

/** Where there is no room, a body that took longer for so many bytes gives way to those that come. Milliseconds. */
const PATIENCE = 2_000;
const PROGRESS = 65_536;

/** Memory for bodies: taken as their bytes come, given back when their calls are over. */
export interface BodyCapacity {
  /** A place for the body of a call, which is empty at first. */
  open(sender: BodySender): BodyPlace;
}

interface BodySender {
  readonly account: string | undefined;
  readonly address: string;
  /** It stood still, and others need the room: nothing of it is read any more. */
  readonly dropped: (error: AppError) => void;
}

export interface BodyPlace {
  /** Throws `unavailable` where the process or the address is full, and `limit_exceeded` where the account is. */
  take(bytes: number): void;
  /** All of it is there: it gives way to nobody any more. */
  arrived(): void;
  /** Gives everything back. */
  free(): void;
}

/** A body of which more is to come. */
interface IncomingBody {
  readonly address: string;
  /** When the last `PROGRESS` bytes of it were there. */
  since: number;
  drop(): void;
}

export function createBodyCapacity(
  settings: BodyCapacitySettings,
  clock: Pick<Clock, 'monotonic'>,
): BodyCapacity {
  const held = new Map<string, number>();
  const coming = new Set<IncomingBody>();
  let all = 0;
  const heldBy = (holder: string | undefined) => (holder === undefined ? 0 : (held.get(holder) ?? 0));

  function add(holder: string | undefined, bytes: number): void {
    if (holder === undefined) return;
    const now = heldBy(holder) + bytes;
    if (now === 0) held.delete(holder);
    else held.set(holder, now);
  }

  /** What stands still gives way, the oldest first: of one address, or of all. */
  function makeRoom(isFull: () => boolean, address?: string): void {
    const slow = clock.monotonic() - PATIENCE;
    for (const one of coming) {
      if (!isFull()) return;
      if (one.since < slow && (address === undefined || one.address === address)) one.drop();
    }
  }

  return {
    open({ account, address, dropped }) {
      const at = `address ${address}`;
      let taken = 0;
      let fresh = 0;
      const change = (bytes: number): void => {
        taken += bytes;
        all += bytes;
        add(account, bytes);
        add(at, bytes);
      };
      const own: IncomingBody = {
        address,
        since: clock.monotonic(),
        drop() {
          free();
          dropped(full('It came too slowly while this server held'));
        },
      };
      const free = () => {
        coming.delete(own);
        change(-taken);
      };
      coming.add(own);
      return {
        take(bytes) {
          if (account !== undefined && heldBy(account) + bytes > settings.account)
            throw accountFull(heldBy(account), settings.account);
          fresh += bytes;
          if (fresh >= PROGRESS) [own.since, fresh] = [clock.monotonic(), 0];
          const isFull = () => all + bytes > settings.process;
          const isCrowded = () =>
            account === undefined && heldBy(at) + bytes > settings.process * SHARE_OF_AN_ADDRESS;
          makeRoom(isCrowded, address);
          makeRoom(isFull);
          if (isFull()) throw full('This server holds');
          if (isCrowded()) throw full('This server holds of your address');
          change(bytes);
        },
        arrived: () => void coming.delete(own),
        free,
      };
    },
  };
}

function full(who: string): AppError {
  const message = `${who} as many bytes of requests as it can. Try again shortly.`;
  return new AppError('unavailable', { message, retryAfter: 1 });
}

function accountFull(used: number, max: number): AppError {
  return new AppError('limit_exceeded', {
    message: 'The bodies of your calls under way are too large together. Wait for one to end.',
    details: { limit: 'body_bytes_in_flight', used, max, resets_at: null, upgrade: null },
    retryAfter: 1,
  });
}

/**
 * What a route does before a body is read: small ones pass. A larger one takes room as its bytes come, and its elements are counted; where
 * the plan says how large one may be, its sender is known and may send it before a byte is taken. A body that does not say its length is a small one.
 */
export function beforeBody(
  route: Route,
  mounted: Mounted,
  { parts, capacity }: { parts: ServerParts; capacity: BodyCapacity },
) {
  const { maxBody = DEFAULT_MAX_BODY, largeBody, streamedBody } = route.shape;
  const product = mounted.product ?? mounted.module;

  async function accountOf(request: FastifyRequest, length: number): Promise<string | undefined> {
    if (length <= maxBody) return undefined;
    if (largeBody === undefined) throw streamedBody === true ? sendOctets(maxBody) : tooLarge(maxBody, null);
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
    // What its handler reads itself takes no room here.
    if (streamedBody === true && !isJson(request)) return payload;
    const said = request.headers['content-length'];
    const length = said === undefined ? 0 : Number(said);
    const isStreamed = said === undefined && request.headers['transfer-encoding'] !== undefined;
    if (length <= Math.min(DEFAULT_MAX_BODY, maxBody) && !isStreamed) return payload;
    try {
      const place = capacity.open({
        account: await accountOf(request, length),
        address: request.inFlight.ip,
        dropped: (error) => body.destroy(error),
      });
      reply.raw.once('close', place.free);
      const most = isStreamed ? maxBody : length;
      const body = limitBody(payload, {
        most,
        place,
        onRefused: () => void reply.header('connection', 'close'),
      });
      return body;
    } catch (error) {
      // The rest of the body is not read.
      reply.header('connection', 'close');
      throw error;
    }
  };
}

function isJson({ headers }: FastifyRequest): boolean {
  return /^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '');
}

/** Of a route that takes its body as JSON up to a size, and as octets beyond. */
function sendOctets(max: number): AppError {
  const message =
    'The body is larger than this call takes as JSON: send the bytes as application/octet-stream.';
  return new AppError('payload_too_large', { message, details: { max_bytes: max, upgrade: null } });
}

function tooLarge(max: number, upgrade: string | null): AppError {
  return new AppError('payload_too_large', { details: { max_bytes: max, upgrade } });
}

interface Bounds {
  /** Bytes. */
  readonly most: number;
  readonly place: BodyPlace;
  /** The rest is not read. */
  readonly onRefused: () => void;
}

/** A body that is refused while it comes: for its bytes, its elements, or because there is no room for it. */
function limitBody(payload: Readable, { most, place, onRefused }: Bounds): Readable {
  const counter = createPartCounter();
  let read = 0;
  const taken = new PassThrough({
    flush(done) {
      place.arrived();
      done();
    },
    transform(chunk: Buffer, _encoding, done) {
      try {
        read += chunk.length;
        if (read > most) throw tooLarge(most, null);
        place.take(chunk.length);
        if (counter.isPast(chunk)) throw new AppError('payload_too_large', { message: TOO_MANY });
        done(null, chunk);
      } catch (error) {
        done(error instanceof Error ? error : new Error('the body could not be taken'));
      }
    },
  });
  // A call without a body is never read, and one that failed is not read on: an error that nobody listens to would end the process.
  taken.on('error', onRefused);
  payload.on('error', (error) => taken.destroy(error));
  return payload.pipe(taken);
}

const TOO_MANY =
  'The body has more elements than this server takes: arrays, objects, fields and items, 200,000 together.';
