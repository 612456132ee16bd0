import type { World } from './world/world.ts';

/** A request's form or query, decoded: `items[0][price]=p` is `{ items: [{ price: 'p' }] }`. An empty string unsets. */
export type Param = string | readonly Param[] | Params;
export interface Params {
  readonly [name: string]: Param;
}

/** An object of Stripe's, with its kind. It names other objects by their ids; the wire expands them. */
export interface Entity {
  readonly object: string;
}

export interface OperationInput {
  readonly world: World;
  readonly params: Params;
  /** What stands in the path for `:id`, in order. */
  readonly ids: readonly string[];
  /** The connected account that the call is made for, by the header `Stripe-Account`. */
  readonly account?: string | undefined;
}

/** What one of Stripe's calls does. A list is all that fits, newest first: its pages are the wire's. Throws StripeFault. */
export type Operation = (asked: OperationInput) => Entity | readonly Entity[];

/** Calls by method and path, as `POST /v1/subscriptions/:id`. */
export type Operations = Readonly<Record<string, Operation>>;

export type FaultType =
  | 'api_error'
  | 'card_error'
  | 'idempotency_error'
  | 'invalid_request_error'
  | 'rate_limit_error';

/** What Stripe says in `error`, beside type and message. */
export interface FaultDetails {
  readonly code?: string;
  readonly param?: string;
  readonly decline_code?: string;
  readonly charge?: string;
  readonly payment_intent?: Entity;
  readonly payment_method?: Entity;
  readonly setup_intent?: Entity;
}

/** A call that Stripe refuses; its reply is `{ error: fault.error }` with `status`. */
export class StripeFault extends Error {
  override readonly name = 'StripeFault';
  readonly status: number;
  /** It was refused while it was carried out: its Idempotency-Key hears the same again. */
  isKept: boolean;
  readonly error: FaultDetails & { readonly type: FaultType; readonly message: string };

  constructor(status: number, type: FaultType, said: string | (FaultDetails & { readonly message: string })) {
    const details = typeof said === 'string' ? { message: said } : said;
    super(details.message);
    this.status = status;
    this.isKept = status !== 400 && status !== 404;
    this.error = { type, ...details };
  }
}

/** 400 of a request that makes no sense. */
export function invalidRequest(message: string, details: FaultDetails = {}): StripeFault {
  return new StripeFault(400, 'invalid_request_error', { ...details, message });
}

/** 400 of a request that makes sense and can't be carried out, as where a balance is too small. */
export function refusedRequest(message: string, details: FaultDetails = {}): StripeFault {
  return Object.assign(invalidRequest(message, details), { isKept: true });
}

/** 404, or 400 where the id stood in a parameter, as Stripe has it. */
export function resourceMissing(what: string, id: string, param = 'id'): StripeFault {
  const status = param === 'id' ? 404 : 400;
  const message = `No such ${what}: '${id}'`;
  return new StripeFault(status, 'invalid_request_error', { code: 'resource_missing', message, param });
}
