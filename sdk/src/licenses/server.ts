import type { BodyOf } from '../calls.ts';
import type { Client } from '../client.ts';
import { isRecord, PlinthError } from '../errors.ts';
import { readJson, send, type WireParts } from '../wire.ts';
import type { LastCall } from './exit.ts';
import { type Lease, type PublicKey, publicKeysIn } from './tokens.ts';

/** What the server answers to an acquire or a heartbeat, before anybody has looked at the signature. */
export interface Granted {
  readonly sessionId: string;
  readonly token: string;
  /** Milliseconds until the next heartbeat. */
  readonly interval: number;
  readonly seats: { readonly used: number; readonly max: number } | undefined;
  /** What it was asked for with, and what its token has to say. */
  readonly nonce: string;
}

export interface LicenseServer {
  acquire(signal: AbortSignal): Promise<Granted>;
  heartbeat(lease: Lease, signal: AbortSignal): Promise<Granted>;
  borrow(lease: Lease, minutes: number, signal: AbortSignal): Promise<Granted>;
  /** Tries once, and not for long, where the server was away just now. */
  release(lease: Lease, isAway: boolean): Promise<void>;
  /** The same as a call that another thread can make. */
  lastCall(lease: Lease): LastCall;
  publicKeys(signal: AbortSignal): Promise<PublicKey[]>;
}

export interface LicenseServerParts extends WireParts {
  readonly baseUrl: string;
  readonly timeout: number;
  /** What is said in each acquire: the key, the machine. */
  readonly asked: BodyOf<'POST /v1/licenses/acquire'>;
  /** The member of the account who asks, in place of a key. */
  readonly user: Pick<Client, 'licenses'> | undefined;
}

interface PostOptions {
  readonly signal?: AbortSignal;
  readonly max?: number;
  readonly timeout?: number;
}

/** Shorter and longer than this no server means. Milliseconds. */
const INTERVALS = { least: 10_000, usual: 300_000, most: 3_600_000 };

export function licenseServer(parts: LicenseServerParts): LicenseServer {
  const { baseUrl, timeout } = parts;
  const json = { accept: 'application/json', 'content-type': 'application/json' };
  const post = async (path: string, body: object, options: PostOptions) => {
    const { signal, max = parts.retries.max } = options;
    const request = { method: 'POST', url: baseUrl + path, headers: json, body: JSON.stringify(body) };
    // A second acquire of one machine takes its session over, a second heartbeat renews, a second release does nothing.
    return send(
      { ...parts, retries: { ...parts.retries, max } },
      { ...request, repeatable: true, signal, timeout: options.timeout ?? timeout },
      readJson,
    );
  };
  return {
    acquire: (signal) =>
      requestGrant((nonce) => {
        const { user, asked } = parts;
        const body = { ...asked, nonce };
        return user === undefined
          ? post(ACQUIRE, body, { signal })
          : user.licenses.acquire(body, { signal, timeout });
      }),
    borrow: (lease, minutes, signal) =>
      requestGrant((nonce) => post(BORROW, { ...bodyOf(lease), minutes, nonce }, { signal })),
    heartbeat: (lease, signal) =>
      requestGrant((nonce) => post(HEARTBEAT, { ...bodyOf(lease), nonce }, { signal })),
    async release(lease, isAway) {
      const hasty = isAway ? { max: 0, timeout: 2_000 } : { max: 1, timeout };
      await post(RELEASE, bodyOf(lease), hasty);
    },
    lastCall: (lease) => ({ url: baseUrl + RELEASE, body: JSON.stringify(bodyOf(lease)) }),
    async publicKeys(signal) {
      const request = { method: 'GET', url: `${baseUrl}/.well-known/license-keys`, headers: json };
      return publicKeysIn(await send(parts, { ...request, repeatable: true, signal, timeout }, readJson));
    },
  };
}

/** Each call is asked for with a name of its own, so that an earlier answer can't be replayed. */
async function requestGrant(ask: (nonce: string) => Promise<unknown>): Promise<Granted> {
  const nonce = crypto.randomUUID();
  return grantedIn(await ask(nonce), nonce);
}

const ACQUIRE = '/v1/licenses/acquire';
const HEARTBEAT = '/v1/licenses/heartbeat';
const BORROW = '/v1/licenses/borrow';
const RELEASE = '/v1/licenses/release';

function bodyOf({ sessionId, token }: Lease) {
  return { session_id: sessionId, signed_token: token };
}

function grantedIn(answer: unknown, nonce: string): Granted {
  const said = isRecord(answer) ? answer : {};
  const { session_id: sessionId, signed_token: token, heartbeat_interval: seconds } = said;
  const { current_seats_used: used, max_seats: max } = said;
  if (typeof sessionId !== 'string' || typeof token !== 'string')
    throw new PlinthError({
      code: 'unreadable_answer',
      message: 'The answer holds no session.',
      status: 200,
    });
  const asked = typeof seconds === 'number' && seconds > 0 ? seconds * 1_000 : INTERVALS.usual;
  return {
    sessionId,
    token,
    interval: Math.min(Math.max(asked, INTERVALS.least), INTERVALS.most),
    seats: typeof used === 'number' && typeof max === 'number' ? { used, max } : undefined,
    nonce,
  };
}

/** What is to be done about an error: the session is `lost` and another may be had, the server is `away`, or it has said no. */
export function verdictOf(error: unknown): 'lost' | 'away' | PlinthError {
  // What a proxy or the login page of a hotel's network says of us does not count.
  if (!(error instanceof PlinthError) || !error.spoken || error.status >= 500) return 'away';
  // An admin who ended it by hand wants the seat for another machine.
  if (error.details['ended'] === 'forced') return error;
  if (error.status === 410 || error.code === 'session_not_found' || error.code === 'token_invalid')
    return 'lost';
  const isBusy = error.status === 408 || (error.status === 429 && error.code !== 'seats_exhausted');
  return isBusy ? 'away' : error;
}
