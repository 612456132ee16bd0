import { PassThrough, type Readable } from 'node:stream';
import { type BytePlace, DEFAULT_MAX_BODY, type Mounted, type Route } from '#platform/http';
import { AppError, type Clock } from '#platform/kernel';
import { callerContextOf } from './caller-context.ts';
import { createPartCounter } from './body-structure.ts';
import type { CallRequest } from './in-flight.ts';
import type { BodyCapacity, BodyCapacitySettings, ServerParts } from './parts.ts';

const MIB = 1_048_576;

export const BODY_CAPACITY: BodyCapacitySettings = { process: 256 * MIB, account: 64 * MIB };

/** The share of it that one address may hold, for all its accounts: others have room. */
const SHARE_OF_AN_ADDRESS = 0.5;

/** The share of it that is left to calls of 64 KiB and less. */
const SHARE_OF_SMALL = 0.125;

/**
 * Where there is no room, a place that took longer for so many bytes gives way to those that come: a place that holds much has to move on
 * faster, or a trickle would hold it for an hour. Milliseconds.
 */
const PATIENCE = 2_000;
const PROGRESS = 65_536;
const SHARE_IN_TIME = 1 / 64;
/** Bytes that each piece takes in memory besides: a body may come byte by byte. */
const PER_PIECE = 128;

const LIMIT = 'body_bytes_in_flight';

/** A place whose call waits for its client. */
interface WaitingPlace {
  readonly address: string;
  /** When the last `PROGRESS` bytes had moved. */
  since: number;
  drop(): void;
}

export function createBodyCapacity(
  settings: BodyCapacitySettings,
  clock: Pick<Clock, 'monotonic'>,
): BodyCapacity {
  const held = new Map<string, number>();
  const waiting = new Set<WaitingPlace>();
  let all = 0;
  const heldBy = (holder: string | undefined) => (holder === undefined ? 0 : (held.get(holder) ?? 0));

  function add(holder: string | undefined, bytes: number): void {
    if (holder === undefined) return;
    const now = heldBy(holder) + bytes;
    if (now === 0) held.delete(holder);
    else held.set(holder, now);
  }

  /** Places that stand still give way, the oldest first: those of one address, or all. */
  function makeRoom(isFull: () => boolean, address?: string): void {
    const slow = clock.monotonic() - PATIENCE;
    for (const one of waiting) {
      if (!isFull()) return;
      if (one.since < slow && (address === undefined || one.address === address)) one.drop();
    }
  }

  return {
    open({ account, address }) {
      const at = `address ${address}`;
      let taken = 0;
      let fresh = 0;
      let own: WaitingPlace | undefined;
      let dropped: AppError | undefined;
      let isOver = false;
      const change = (bytes: number): void => {
        taken += bytes;
        all += bytes;
        add(account, bytes);
        add(at, bytes);
      };
      const settle = () => void (own !== undefined && waiting.delete(own));
      const free = () => {
        isOver = true;
        settle();
        change(-taken);
      };
      const assertHeld = () => {
        if (dropped !== undefined) throw dropped;
      };
      const moved = (bytes: number): void => {
        fresh += bytes;
        if (own !== undefined && fresh >= Math.max(PROGRESS, taken * SHARE_IN_TIME))
          [own.since, fresh] = [clock.monotonic(), 0];
      };
      return {
        waits(drop) {
          settle();
          if (isOver) return;
          own = {
            address,
            since: clock.monotonic(),
            drop() {
              dropped = full('Its bytes moved too slowly while this server held', settings.process);
              free();
              drop(dropped);
            },
          };
          waiting.add(own);
        },
        take(bytes) {
          assertHeld();
          // The rest of a body whose call is over is read and kept nowhere.
          if (isOver) return;
          const size = bytes + PER_PIECE;
          if (account !== undefined && heldBy(account) + size > settings.account)
            throw accountFull(heldBy(account), settings.account);
          moved(bytes);
          const share = taken + bytes > DEFAULT_MAX_BODY ? 1 - SHARE_OF_SMALL : 1;
          const isFull = () => all + size > settings.process * share;
          const most = settings.process * SHARE_OF_AN_ADDRESS;
          const isCrowded = () => account === undefined && heldBy(at) + size > most;
          if (isCrowded()) makeRoom(isCrowded, address);
          if (isFull()) makeRoom(isFull);
          if (isFull()) throw full('This server holds', settings.process);
          if (isCrowded()) throw full('This server holds of your address', most);
          assertHeld();
          change(size);
        },
        moved,
        settle,
        free,
      };
    },
  };
}

function full(who: string, max: number): AppError {
  const message = `${who} as many bytes of requests as it can. Try again shortly.`;
  return new AppError('unavailable', { message, details: { limit: LIMIT, max }, retryAfter: 1 });
}

function accountFull(used: number, max: number): AppError {
  return new AppError('limit_exceeded', {
    message: 'The bodies of your calls under way are too large together. Wait for one to end.',
    details: { limit: LIMIT, used, max, resets_at: null, upgrade: null },
    retryAfter: 1,
  });
}

/** Takes room for the body of a call. */
export interface BodyRoom {
  /** Of a body that comes: hook before it is read. */
  hold(request: CallRequest, payload: Readable, done: DoneReading): void;
  /** Of one that is there. */
  holdWhole(request: CallRequest, body: Buffer): Promise<void>;
}

/**
 * Room for the bodies of a route: each takes it as its bytes come. The elements of a large one are counted; where the plan says
 * how large one may be, its sender is known and may send it before a byte is taken. A body that does not say its length is a small one.
 */
export function bodyRoomOf(
  route: Route,
  mounted: Mounted,
  { parts, capacity }: { parts: ServerParts; capacity: BodyCapacity },
): BodyRoom {
  const { maxBody = DEFAULT_MAX_BODY, largeBody, streamedBody, multipart } = route.shape;
  const product = mounted.product ?? mounted.module;

  async function accountOf(request: CallRequest, length: number): Promise<string | undefined> {
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

  async function takeLarge(
    request: CallRequest,
    payload: Readable,
    { length, isStreamed }: { length: number; isStreamed: boolean },
  ) {
    const { responder } = request.inFlight;
    try {
      const place = placeOf(request, await accountOf(request, length));
      const body = limitBody(payload, {
        most: isStreamed ? maxBody : length,
        place,
        isJson: multipart !== true,
        onRefused: () => responder.closeConnection(),
      });
      place.waits((error) => body.destroy(error));
      return body;
    } catch (error) {
      // The rest of the body is not read.
      responder.closeConnection();
      throw error;
    }
  }

  const placeOf = ({ inFlight }: CallRequest, account: string | undefined): BytePlace => {
    const place = capacity.open({ account, address: inFlight.ip });
    inFlight.responder.onClose(place.free);
    return place;
  };

  return {
    // Small bodies pass without a stream of their own, for which nothing may be awaited.
    hold(request, payload, done) {
      const said = request.headers['content-length'];
      const length = said === undefined ? 0 : Number(said);
      const isStreamed = said === undefined && request.headers['transfer-encoding'] !== undefined;
      // The bytes that its handler reads itself take room as it reads them.
      const isEmpty = length === 0 && !isStreamed;
      if (isEmpty || (streamedBody === true && !isJson(request))) return done(null, payload);
      if (length > Math.min(DEFAULT_MAX_BODY, maxBody) || isStreamed)
        return void takeLarge(request, payload, { length, isStreamed }).then(
          (body) => done(null, body),
          done,
        );
      holdSmall(payload, placeOf(request, undefined));
      done(null, payload);
    },
    async holdWhole(request, body) {
      placeOf(request, await accountOf(request, body.length)).take(body.length);
      assertFewParts(createPartCounter(), body);
    },
  };
}

type DoneReading = (error: Error | null, body?: Readable) => void;

/** Takes room for a small body as it comes. Its reader hears of a refusal as of a connection that breaks: by an error. */
function holdSmall(payload: Readable, place: BytePlace): void {
  const hold = (chunk: Buffer) => {
    try {
      place.take(chunk.length);
    } catch (error) {
      refuse(error);
    }
  };
  const refuse = (error: unknown) => {
    payload.off('data', hold);
    place.free();
    payload.emit('error', error);
  };
  // A body that its reader has left is read on to its end: an error then has no other listener.
  payload.on('error', () => {});
  payload.on('data', hold);
  payload.once('end', place.settle);
  place.waits(refuse);
}

function isJson({ headers }: CallRequest): boolean {
  return /^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '');
}

/** The refusal of a route that takes its body as JSON up to a size, and as octets beyond. */
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
  readonly place: BytePlace;
  /** Its elements are counted; the bytes of a file have none. */
  readonly isJson: boolean;
  /** The rest is not read. */
  readonly onRefused: () => void;
}

/** A body that is refused while it comes: for its bytes, its elements, or because there is no room for it. */
function limitBody(payload: Readable, { most, place, isJson: isCounted, onRefused }: Bounds): Readable {
  const counter = createPartCounter();
  let read = 0;
  const taken = new PassThrough({
    flush(done) {
      place.settle();
      done();
    },
    transform(chunk: Buffer, _encoding, done) {
      try {
        read += chunk.length;
        if (read > most) throw tooLarge(most, null);
        place.take(chunk.length);
        if (isCounted) assertFewParts(counter, chunk);
        done(null, chunk);
      } catch (error) {
        done(error instanceof Error ? error : new Error('the body could not be taken'));
      }
    },
  });
  // A call without a body is never read, and one that failed is not read on: an error without a listener would end the process.
  taken.on('error', onRefused);
  payload.on('error', (error) => taken.destroy(error));
  return payload.pipe(taken);
}

const TOO_MANY =
  'The body has more elements than this server takes: arrays, objects, fields and items, 200,000 together.';

function assertFewParts(counter: ReturnType<typeof createPartCounter>, chunk: Buffer): void {
  if (counter.isPast(chunk)) throw new AppError('payload_too_large', { message: TOO_MANY });
}
