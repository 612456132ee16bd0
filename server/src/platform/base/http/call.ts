import type { CommitPoint, SystemUse, Transaction } from '#platform/db';
import type { AccountId, KeyId, UserId } from '#platform/kernel';
import { isIPv6 } from 'node:net';

/** A member's role in an account, weakest first: a role may do all that a weaker one may. */
export const ROLES = ['viewer', 'member', 'admin', 'owner'] as const;
export type Role = (typeof ROLES)[number];

/** Whether a role is at least the one that is asked for. */
export function atLeast(role: Role, asked: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(asked);
}

/** The caller: a user by access token, or a user through an API key. */
export interface Caller {
  readonly userId: UserId;
  readonly platformRole: 'user' | 'admin';
  /** The session of an access token; none for a key. */
  readonly sessionId?: string;
  /** The key and what it may do (`*` is everything its user may); none for a token. */
  readonly keyId?: KeyId;
  /** The first of the keys that it comes from; none where a person made it. */
  readonly firstKeyId?: KeyId;
  readonly scopes: readonly string[];
  /** Lists of models that a key may ask for, its own and those of keys that it comes from; each must have one. None: any. */
  readonly models?: readonly (readonly string[])[];
  /** The account that a call is for when it names none: the key's account, or the user's default. */
  readonly accountId: AccountId;
}

/**
 * In whose name a call for an account is charged: the caller; the account's owner, where a platform admin's key calls for an
 * account that is not its own.
 */
export type Spender = Pick<Caller, 'userId' | 'keyId' | 'sessionId'>;

/** Whose secret of a product a call has brought, such as a licence key: what its product found by it. */
export interface ProductKey {
  readonly accountId: AccountId;
  /** Its name in rates: its id, and never the secret itself. */
  readonly id: string;
}

/** Finds the account of a secret; undefined: it has none, and the call is 401. It may throw an error of its own in its place. */
export type ResolveProductKey = (
  service: never,
  secret: string,
  origin: Origin,
) => Promise<ProductKey | undefined>;

/** Facts of every call, signed in or not. */
export interface Origin {
  readonly requestId: string;
  readonly ip: string;
  readonly userAgent: string;
  /** The W3C trace context of the caller, checked for shape; provider calls carry it on. */
  readonly traceparent: string | undefined;
  /** Ends when the client hangs up or the server stops. */
  readonly signal: AbortSignal;
}

/** The answer of an idempotent effect: what is sent, and stored under the key. */
export interface Answer<Body = unknown> {
  readonly status: number;
  readonly body: Body;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Runs an effect once per Idempotency-Key: effect and stored answer are one commit. Without a key it just runs it.
 * It runs in the scope of the call: its account's, or its user's; `within` names another, which the caller was let into, or the
 * member of its account.
 */
export type Once = <Body>(
  point: CommitPoint,
  effect: (tx: Transaction) => Promise<Answer<Body>>,
  within?: { readonly account: AccountId; readonly user?: UserId } | { readonly use: SystemUse },
) => Promise<Answer<Body>>;

/**
 * The same for an effect that is no single transaction, for an account: at a vendor, or of several commits. `run` is given a
 * key to tell the vendor, the same one whenever the call is repeated after a crash or silence. `isOver`: after this failure
 * nothing more can come of it.
 */
export type OnceInSteps = <Body>(
  effect: {
    readonly run: (vendorKey: string | undefined) => Promise<Answer<Body>>;
    readonly isOver: (error: unknown) => boolean;
  },
  within?: { readonly account: AccountId },
) => Promise<Answer<Body>>;

/** An IPv6 customer has a whole /64: counting single addresses would count nothing. */
export function addressBlock(ip: string): string {
  if (!isIPv6(ip)) return ip;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = '', tail] = ip.toLowerCase().split('%', 1)[0]?.split('::') ?? [];
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  return `${[...left, ...gap, ...right].slice(0, 4).join(':')}::/64`;
}
