import type { IncomingHttpHeaders } from 'node:http';
import { randomBytes } from 'node:crypto';
import { type Entity, invalidRequest, type Params, StripeFault } from '../operation.ts';
import { accountAt, CONNECTED_CALLS, NO_CAPABILITY, TOO_SMALL, type World } from '../world/index.ts';
import type { MatchedOperation, Calls } from './calls.ts';
import { decode } from './decode.ts';
import { expandAnswer, type FindIncluded } from './expand-answer.ts';
import type { Fault, FaultPlan } from './faults.ts';
import type { IdempotencyKeys, Reply } from './idempotency.ts';
import { pageOf } from './page-of.ts';
import type { Rate } from './rate.ts';

/** A call as it came. */
export interface Request {
  readonly method: string;
  readonly path: string;
  /** Query or body, as it was written. */
  readonly text: string;
  readonly headers: IncomingHttpHeaders;
}

export interface Answer extends Reply {
  readonly headers: Record<string, string>;
}

/** A call that came, and what became of it. */
export interface LoggedCall {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly params: Params;
  readonly idempotencyKey: string | undefined;
  /** Milliseconds of the wall clock, with fractions. */
  readonly at: number;
  /** undefined: it was not answered. */
  status: number | undefined;
}

export interface RequestHandlerParts {
  readonly world: World;
  readonly calls: Calls;
  readonly keys: IdempotencyKeys;
  readonly faults: FaultPlan;
  readonly rate: Rate;
  readonly secretKey: string;
  /** Runs due events before a call is handled. */
  readonly catchUp: () => void;
  /** What objects have only for those who ask for it by `expand`. */
  readonly included: FindIncluded;
}

/** So many calls are remembered for those who look. */
const LOGGED = 20_000;

/** Takes calls: who asks, how often, whether it was asked before, what goes wrong on the way; and has them carried out. */
export class RequestHandler {
  readonly log: LoggedCall[] = [];
  readonly #parts: RequestHandlerParts;

  constructor(parts: RequestHandlerParts) {
    this.#parts = parts;
  }

  /** `reset`: the connection is to be cut; `nothing`: no answer comes, ever. */
  async answer(request: Request): Promise<Answer | 'nothing' | 'reset'> {
    const logged = this.#logged(request);
    const headers = {
      'request-id': logged.id,
      date: new Date(this.#parts.world.now() * 1_000).toUTCString(),
      'stripe-version': this.#parts.world.settings.apiVersion,
      ...(logged.idempotencyKey === undefined ? {} : { 'idempotency-key': logged.idempotencyKey }),
    };
    try {
      const fault = this.#parts.faults.take(`${request.method} ${request.path}`);
      if (fault?.kind === 'status' && fault.status !== 500 && fault.begun !== true) throw faultOf(fault);
      if ((fault?.kind === 'hang' || fault?.kind === 'reset') && fault.done !== true) return silence(fault);
      const answer = await this.#admit(request, logged, fault);
      if (fault?.kind === 'hold') await this.#parts.faults.hold(pathOf(request));
      if (fault?.kind === 'hang' || fault?.kind === 'reset') return silence(fault);
      logged.status = answer.status;
      // Its key hears the same again.
      const isVain = answer.status === 500;
      return {
        ...answer,
        headers: { ...headers, ...answer.headers, ...(isVain ? { 'stripe-should-retry': 'false' } : {}) },
      };
    } catch (error) {
      const { reply, more } = refusal(error);
      logged.status = reply.status;
      return { ...reply, headers: { ...headers, ...more } };
    }
  }

  #logged({ method, path, text, headers }: Request): LoggedCall {
    const key = headers['idempotency-key'];
    const logged: LoggedCall = {
      id: `req_${randomBytes(7).toString('hex')}`,
      method,
      path,
      params: decodeOrEmpty(text),
      idempotencyKey: typeof key === 'string' && method === 'POST' ? key : undefined,
      at: performance.timeOrigin + performance.now(),
      status: undefined,
    };
    this.log.push(logged);
    if (this.log.length > LOGGED) this.log.shift();
    return logged;
  }

  async #admit(request: Request, logged: LoggedCall, fault: Fault | undefined): Promise<Answer> {
    const { calls, keys, world, rate } = this.#parts;
    if (!rate.take()) throw tooMany();
    authorize(request, this.#parts);
    const called = calls.find(request.method, request.path);
    const account = accountOf(request, called, world);
    const asked = { called, params: decode(request.text), logged, fault, account };
    const key = logged.idempotencyKey === undefined ? undefined : keyOf(logged.idempotencyKey, account);
    if (key === undefined) return { ...(await this.#perform(asked)), headers: {} };
    const params = JSON.stringify([request.headers['stripe-version'], asked.params]);
    const known = keys.take({ key, path: request.path, params }, world.now());
    if (known !== undefined)
      return {
        ...known,
        headers: {
          'idempotent-replayed': 'true',
          'original-request': this.#firstWith(logged.idempotencyKey),
        },
      };
    const { isForgotten, ...reply } = await this.#perform(asked);
    keys.conclude(key, isForgotten === true ? undefined : reply);
    return { ...reply, headers: {} };
  }

  #firstWith(key: string | undefined): string {
    return this.log.find(({ idempotencyKey }) => idempotencyKey === key)?.id ?? '';
  }

  async #perform(asked: {
    called: MatchedOperation;
    params: Params;
    logged: LoggedCall;
    fault: Fault | undefined;
    account: string | undefined;
  }): Promise<Reply> {
    const { called, params, logged, account } = asked;
    const { world, faults, catchUp, included } = this.#parts;
    const fault = asked.fault ?? faults.takeOfKind(called.call);
    if (fault?.kind === 'wait') await faults.hold(logged);
    try {
      if (fault?.kind === 'status' && fault.done !== true) throw faultOf(fault);
      catchUp();
      const request = { id: logged.id, idempotency_key: logged.idempotencyKey ?? null };
      const body = world.during(request, () =>
        carriedOut(world, { called, params, path: logged.path, included, account }),
      );
      if (fault?.kind === 'status') throw faultOf(fault);
      return { status: 200, body };
    } catch (error) {
      return refusal(error).reply;
    }
  }
}

interface CarriedOut {
  readonly called: MatchedOperation;
  readonly params: Params;
  readonly path: string;
  readonly included: FindIncluded;
  readonly account: string | undefined;
}

function carriedOut(world: World, { called, params, path, included, account }: CarriedOut): Entity {
  const { expand, ...own } = params;
  const known = { find: (id: string) => world.find(id) ?? deletedOf(world, id), included };
  const named = [...called.ids, ...Object.values(own)].map((id) =>
    typeof id === 'string' ? world.find(id) : undefined,
  );
  return world.byClockOf(named, () => {
    const result = called.operation({ world, params: own, ids: called.ids, account });
    return expandAnswer(known, isMany(result) ? pageOf(result, own, path) : result, expand);
  });
}

/** Who was deleted is still named by invoices. */
function deletedOf(world: World, id: string): Entity | undefined {
  if (!id.startsWith('cus_') || !world.deleted.has(id)) return undefined;
  const deleted = { id, object: 'customer', deleted: true };
  return deleted;
}

function isMany(result: ReturnType<MatchedOperation['operation']>): result is readonly Entity[] {
  return Array.isArray(result);
}

const silence = ({ kind }: Fault) => (kind === 'reset' ? 'reset' : 'nothing');

const pathOf = ({ method, path, text }: Request) => ({
  method,
  path: method === 'GET' && text !== '' ? `${path}?${text}` : path,
});

function decodeOrEmpty(text: string): Params {
  try {
    return decode(text);
  } catch {
    return {};
  }
}

/** A restricted key that may read and change nothing. */
const READER = 'rk_test_sandbox';

/** `Bearer sk_…`, or the key as the name of basic authentication. */
function authorize({ headers, method }: Request, { secretKey, world }: RequestHandlerParts): void {
  const [scheme = '', given = ''] = headers.authorization?.split(' ') ?? [];
  const key =
    scheme.toLowerCase() === 'basic'
      ? Buffer.from(given, 'base64').toString('utf8').replace(/:.*$/s, '')
      : given;
  if (key === '')
    throw unauthorizedFault(
      'You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth.',
    );
  if (key === READER && method !== 'GET')
    throw new StripeFault(
      403,
      'invalid_request_error',
      `The provided key '${READER}' does not have the required permissions for this endpoint.`,
    );
  if (key !== secretKey && key !== READER)
    throw unauthorizedFault(`Invalid API Key provided: ${key.slice(0, 8)}****${key.slice(-4)}`);
  const version = headers['stripe-version'];
  if (version !== undefined && version !== world.settings.apiVersion)
    throw invalidRequest(
      `Invalid Stripe API version: ${String(version)}. This sandbox speaks ${world.settings.apiVersion}.`,
    );
}

/** The connected account that a call is made for. Throws for one that there is not, and for a call that is not made so here. */
function accountOf({ headers }: Request, { call }: MatchedOperation, world: World): string | undefined {
  const id = headers['stripe-account'];
  if (typeof id !== 'string' || id === '') return undefined;
  if (CONNECTED_CALLS.has(call)) return accountAt(world, id).id;
  throw invalidRequest(`This sandbox has no ${call} of a connected account.`);
}

/** Each account has its own keys. */
const keyOf = (key: string, account: string | undefined) =>
  account === undefined ? key : `${account} ${key}`;

const unauthorizedFault = (message: string) => new StripeFault(401, 'invalid_request_error', message);

function tooMany(): StripeFault {
  return new StripeFault(429, 'invalid_request_error', {
    message:
      'Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.',
    code: 'rate_limit',
  });
}

/** What Stripe says with codes that tests ask for. */
const SAID: Readonly<Record<string, string>> = {
  balance_insufficient: TOO_SMALL,
  insufficient_capabilities_for_transfer: NO_CAPABILITY,
};

function faultOf({ status, code, begun }: Extract<Fault, { kind: 'status' }>): StripeFault {
  if (status === 429) return tooMany();
  const type = status >= 500 ? 'api_error' : 'invalid_request_error';
  const message = SAID[code ?? ''] ?? 'The sandbox was asked to refuse this.';
  const fault = new StripeFault(status, type, code === undefined ? message : { message, code });
  return Object.assign(fault, { isKept: begun ?? status === 500 });
}

function refusal(error: unknown): { reply: Reply; more: Record<string, string> } {
  if (!(error instanceof StripeFault)) {
    const message = `The sandbox failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
    return { reply: { status: 500, body: { error: { type: 'api_error', message } } }, more: {} };
  }
  const { status, error: said } = error;
  const link =
    said.code === undefined
      ? {}
      : { doc_url: `https://stripe.com/docs/error-codes/${said.code.replaceAll('_', '-')}` };
  const more: Record<string, string> = {};
  if (status === 401) more['www-authenticate'] = 'Bearer realm="Stripe"';
  if (status === 429) more['stripe-rate-limited-reason'] = 'global-rate';
  // As it is now: its key hears the same, also after the objects in it have changed.
  const body = structuredClone({ error: { ...said, ...link } });
  return { reply: { status, body, ...(error.isKept ? {} : { isForgotten: true }) }, more };
}
