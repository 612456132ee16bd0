import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { World } from './license-machine.ts';

/**
 * A stand-in for the licence server that does what no real one can be made to: answers that are forged, old, delayed or no
 * answers at all, and times of its own. What it does when it behaves is what the real one does; the scenarios of
 * licenses.test.ts run on both.
 */
export interface LicenseStandIn {
  readonly fetch: typeof fetch;
  /** The calls that came, as `POST /v1/licenses/acquire`. */
  readonly calls: string[];
  /** It can't be reached. */
  away: boolean;
  status: 'active' | 'suspended' | 'inactive';
  seats: number;
  offlineMinutes: number;
  /** Answers in place of the server's, where there is one; `right` is what it would answer. */
  instead: ((call: string, right: () => Answer) => Answer | undefined) | undefined;
  /** The machines that occupy a seat at this instant. */
  holders(): string[];
  /** Frees all seats. */
  free(): void;
  key: SigningPair;
  /** A token with these claims in place of the right ones. */
  signed(claims: object, options?: { readonly by?: SigningPair; readonly header?: object }): string;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface SigningPair {
  readonly kid: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

interface Seat {
  readonly id: string;
  readonly machine: string;
  readonly fence: number;
  readonly since: number;
  expires: number;
  off: number | undefined;
  over?: 'released' | 'taken_over' | 'ended';
}

/** What a call says. */
type CallParams = Readonly<Record<string, string>>;

const TTL = 360_000;

export function signingPair(kid: string): SigningPair {
  return { kid, ...generateKeyPairSync('ed25519') };
}

export function licenseStandIn(world: World): LicenseStandIn {
  const seats: Seat[] = [];
  const isHeld = ({ over, expires, off = 0 }: Seat) =>
    over === undefined && world.now < Math.max(expires, off);
  const isOwed = ({ off = 0 }: Seat) => world.now < off;
  const isOccupied = (seat: Seat) => isHeld(seat) || isOwed(seat);
  const standIn: LicenseStandIn = {
    calls: [],
    away: false,
    status: 'active',
    seats: 3,
    offlineMinutes: 30,
    instead: undefined,
    key: signingPair('first'),
    free: () => void seats.splice(0),
    holders: () => [...new Set(seats.filter(isOccupied).map(({ machine }) => machine))],
    signed(claims, { by = standIn.key, header = {} } = {}) {
      const said = { alg: 'EdDSA', kid: by.kid, typ: 'coditect-session+jwt', ...header };
      const text = [said, claims]
        .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
        .join('.');
      return `${text}.${sign(null, Buffer.from(text), by.privateKey).toString('base64url')}`;
    },
    async fetch(target, init) {
      const request = new Request(target, init);
      const call = `${request.method} ${new URL(request.url).pathname}`;
      const given = await request.text();
      standIn.calls.push(call);
      if (standIn.away) throw new TypeError('fetch failed');
      const right = () => answer(call, JSON.parse(given === '' ? '{}' : given));
      const { status, body, headers = {} } = standIn.instead?.(call, right) ?? right();
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      return new Response(status === 204 ? null : text, { status, headers });
    },
  };

  function answer(call: string, body: CallParams): Answer {
    if (call === 'GET /.well-known/license-keys') {
      const { kid, publicKey } = standIn.key;
      return { status: 200, body: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid, alg: 'EdDSA' }] } };
    }
    if (call === 'POST /v1/licenses/acquire') return acquire(body);
    const seat = seats.find(({ id }) => id === body['session_id']);
    if (call === 'POST /v1/licenses/heartbeat') return renew(seat, body['nonce']);
    if (seat !== undefined) Object.assign(seat, { over: seat.over ?? 'released', off: undefined });
    return { status: 204 };
  }

  function acquire({ hardware_id: machine = '', nonce }: CallParams): Answer {
    if (standIn.status !== 'active') return failure(403, `license_${standIn.status}`);
    const others = standIn.holders().filter((other) => other !== machine);
    if (others.length >= standIn.seats) return failure(429, 'seats_exhausted', { 'retry-after': '300' });
    for (const seat of seats) if (isHeld(seat) && seat.machine === machine) seat.over = 'taken_over';
    const fence = seats.length + 1;
    const seat: Seat = {
      id: `session-${fence}`,
      machine,
      fence,
      since: world.now,
      expires: world.now + TTL,
      off: undefined,
    };
    seats.push(seat);
    return { ...grant(seat, nonce), status: 201 };
  }

  function renew(seat: Seat | undefined, nonce: string | undefined): Answer {
    if (seat === undefined) return failure(404, 'session_not_found');
    if (seat.over === 'taken_over') return failure(409, 'seat_taken_over');
    if (!isHeld(seat)) return failure(410, 'session_expired');
    if (standIn.status !== 'active') {
      seat.over = 'ended';
      return failure(403, `license_${standIn.status}`);
    }
    seat.expires = world.now + TTL;
    const isFirst = !seats.some((other) => other !== seat && other.machine === seat.machine && isOwed(other));
    if (isFirst && world.now - seat.since >= 300_000 && standIn.offlineMinutes > 0)
      seat.off = world.now + standIn.offlineMinutes * 60_000;
    return grant(seat, nonce);
  }

  function grant({ id, machine, fence, expires, off }: Seat, nonce: string | undefined): Answer {
    const [exp, srv] = [Math.floor(expires / 1_000), Math.floor(world.now / 1_000)];
    const claims = { sid: id, lid: 'licence', mid: machine, fence, iat: srv, exp, srv, nonce };
    const lease = off === undefined ? claims : { ...claims, off: Math.floor(off / 1_000) };
    return {
      status: 200,
      body: {
        session_id: id,
        signed_token: standIn.signed(lease),
        expires_at: new Date(expires).toISOString(),
        offline_until: off === undefined ? null : new Date(off).toISOString(),
        heartbeat_interval: 300,
        license_id: 'licence',
        current_seats_used: standIn.holders().length,
        max_seats: standIn.seats,
        server_time: new Date(world.now).toISOString(),
      },
    };
  }
  return standIn;
}

export function failure(status: number, code: string, headers: Answer['headers'] = {}): Answer {
  return { status, headers, body: { error: { code, message: code, details: {}, request_id: 'r' } } };
}
