import type { ErrorCode } from './routes.ts';

/** Codes that no server said: there was no answer, or none that can be read; or it was not asked, for the item is to stay here; or it is a package of a plugin that is not what it should be. */
export type LocalCode =
  | 'no_answer'
  | 'unreadable_answer'
  | 'stream_cut'
  | 'local_only'
  | 'plugin_revoked'
  | 'plugin_list_forged'
  | 'plugin_not_countersigned'
  | 'plugin_signature_wrong'
  | 'plugin_bytes_wrong';

/** What is known of a failure. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  /** The HTTP status; 0 where there was no answer. */
  readonly status: number;
  /** Quote it to the operator of the server. */
  readonly requestId?: string | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  /** Seconds after which another try makes sense, as the server says it. */
  readonly retryAfter?: number | undefined;
  /** The key of a call that may have been done: with it the call can be made again, and is done once. */
  readonly idempotencyKey?: string | undefined;
  /** Whether it came in Plinth's own words, and not from a proxy on the way. */
  readonly spoken?: boolean;
  readonly cause?: unknown;
}

/** The error of every call that fails. `code` is the stable word to branch on. */
export class PlinthError extends Error {
  override readonly name: string = 'PlinthError';
  readonly code: ErrorCode | LocalCode | (string & Record<never, never>);
  readonly status: number;
  readonly requestId: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
  readonly retryAfter: number | undefined;
  readonly idempotencyKey: string | undefined;
  readonly spoken: boolean;

  constructor(failure: Failure) {
    super(failure.message, { cause: failure.cause });
    this.code = failure.code;
    this.status = failure.status;
    this.requestId = failure.requestId;
    this.details = failure.details ?? {};
    this.retryAfter = failure.retryAfter;
    this.idempotencyKey = failure.idempotencyKey;
    this.spoken = failure.spoken ?? false;
  }
}

/** A plan that would admit a denied call. */
export interface UpgradeOffer {
  readonly plan: string;
  readonly name: string;
  /** Minor units. */
  readonly price: { readonly currency: string; readonly monthly: number; readonly yearly: number | null };
  /** A page that leads to the checkout; null: nothing is sold there, or this caller does not buy for the account. */
  readonly checkout_url: string | null;
}

/** A pack of credits that would admit a denied call. */
export interface PackOffer {
  /** `product.add_on` */
  readonly add_on: string;
  readonly name: string;
  readonly limit: string;
  readonly credits: number;
  /** Months until what is left of them expires. */
  readonly months: number;
  /** Minor units. */
  readonly price: { readonly currency: string; readonly once: number };
  /** As that of a plan. */
  readonly checkout_url: string | null;
}

/** 429: a limit is reached. Nothing was charged. */
export class LimitExceeded extends PlinthError {
  override readonly name = 'LimitExceeded';
  readonly limit: string;
  readonly used: number;
  readonly max: number;
  /** When there is room again; null for what never resets by itself. */
  readonly resetsAt: Date | null;
  /** The cheapest plan that would have admitted it, `product.plan`; null when none would. */
  readonly upgrade: string | null;
  readonly offer: UpgradeOffer | null;
  /** The cheapest pack that would have admitted it, where credits are used up; null when none would. */
  readonly pack: PackOffer | null;

  constructor(failure: Failure) {
    super(failure);
    const { limit, used, max, resets_at: resetsAt } = this.details;
    this.limit = String(limit);
    this.used = Number(used);
    this.max = Number(max);
    this.resetsAt = typeof resetsAt === 'string' ? new Date(resetsAt) : null;
    this.upgrade = upgradeIn(this.details);
    this.offer = offerIn(this.details);
    this.pack = isRecord(this.details['pack']) ? (this.details['pack'] as unknown as PackOffer) : null;
  }
}

/** 402: the plan does not include this, or there is no plan. */
export class PlanRequired extends PlinthError {
  override readonly name = 'PlanRequired';
  /** The cheapest plan that includes it, `product.plan`; null when none does. */
  readonly upgrade: string | null;
  readonly offer: UpgradeOffer | null;

  constructor(failure: Failure) {
    super(failure);
    this.upgrade = upgradeIn(this.details);
    this.offer = offerIn(this.details);
  }
}

/** 401: no user is signed in, the session is over, or the key is no good. */
export class Unauthenticated extends PlinthError {
  override readonly name = 'Unauthenticated';
}

/** 404: it does not exist, or belongs to another account. */
export class NotFound extends PlinthError {
  override readonly name = 'NotFound';
}

/** 412: it was changed since you read it. */
export class StaleVersion extends PlinthError {
  override readonly name = 'StaleVersion';
}

/** 503: not now. */
export class Unavailable extends PlinthError {
  override readonly name = 'Unavailable';
}

/** The server was not reached, or the answer never came. What was asked for may have been done. */
export class NoAnswer extends PlinthError {
  override readonly name = 'NoAnswer';
}

const KINDS: Readonly<Record<string, new (failure: Failure) => PlinthError>> = {
  limit_exceeded: LimitExceeded,
  plan_required: PlanRequired,
  unauthenticated: Unauthenticated,
  not_found: NotFound,
  precondition_failed: StaleVersion,
};

/** The error of an answer that is none of success. */
export function errorOf(response: Response, text: string): PlinthError {
  const { status, headers } = response;
  const requestId = headers.get('x-request-id') ?? undefined;
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return refusalOf({ status, requestId, retryAfter: secondsIn(seconds) }, text);
}

/** The error of a socket that was closed with one: its last frame is what an HTTP answer has as its body, and has its headers too. */
export function socketError(status: number, text: string): PlinthError {
  const body = parseJson(text);
  const error = isRecord(body) && isRecord(body['error']) ? body['error'] : {};
  const { request_id: requestId, retry_after: seconds } = error;
  return refusalOf(
    {
      status,
      requestId: typeof requestId === 'string' ? requestId : undefined,
      retryAfter: secondsIn(seconds),
    },
    text,
  );
}

const secondsIn = (value: unknown) =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;

function refusalOf(common: Pick<Failure, 'status' | 'requestId' | 'retryAfter'>, text: string): PlinthError {
  const { status } = common;
  const said = envelopeIn(text);
  if (said === undefined) {
    const failure = {
      ...common,
      code: 'unreadable_answer',
      message: `The answer was ${status}, and no more is known.`,
    };
    // A proxy found no server behind it.
    const Kind = status === 503 ? Unavailable : status >= 500 ? NoAnswer : PlinthError;
    return new Kind(failure);
  }
  const failure = { ...common, ...said, spoken: true };
  const Kind = KINDS[failure.code] ?? (status === 503 ? Unavailable : PlinthError);
  return new Kind(failure);
}

/** The error that an answer tells of, beside its own success. */
export function refusalIn(said: Pick<Failure, 'code' | 'message' | 'details'>): PlinthError {
  return new (KINDS[said.code] ?? PlinthError)({ ...said, status: 200, spoken: true });
}

/** An error that was told within a stream, after the answer had begun. */
export function streamError(said: unknown): PlinthError {
  const { code, message } = isRecord(said) ? said : {};
  return new PlinthError({
    code: typeof code === 'string' ? code : 'stream_cut',
    message: typeof message === 'string' ? message : 'The stream ended with an error.',
    status: 200,
    spoken: true,
  });
}

function envelopeIn(text: string): Pick<Failure, 'code' | 'message' | 'details'> | undefined {
  const body = parseJson(text);
  const error = isRecord(body) ? body['error'] : undefined;
  if (!isRecord(error)) return undefined;
  const { code, message, details } = error;
  if (typeof code !== 'string' || typeof message !== 'string') return undefined;
  return { code, message, details: isRecord(details) ? details : undefined };
}

/** Undefined: it is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function offerIn({ offer }: Readonly<Record<string, unknown>>): UpgradeOffer | null {
  return isRecord(offer) ? (offer as unknown as UpgradeOffer) : null;
}

function upgradeIn({ upgrade }: Readonly<Record<string, unknown>>): string | null {
  return typeof upgrade === 'string' ? upgrade : null;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
