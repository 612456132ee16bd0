import type { IncomingHttpHeaders } from 'node:http';
import { randomBytes } from 'node:crypto';
import { type Entity, invalidRequest, type Params, StripeFault } from '../operation.ts';
import type { World } from '../world/index.ts';
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
      'stripe-version': this.#parts.world.settings.apiVersion,
      ...(logged.idempotencyKey === undefined ? {} : { 'idempotency-key': logged.idempotencyKey }),
    };
    try {
      const fault = this.#parts.faults.take(`${request.method} ${request.path}`);
      if (fault?.kind === 'status' && fault.status !== 500) throw faultOf(fault);
      if ((fault?.kind === 'hang' || fault?.kind === 'reset') && fault.done !== true) return silence(fault);
      const answer = await this.#admit(request, logged, fault);
      if (fault?.kind === 'hold') await this.#parts.faults.hold(pathOf(request));
      if (fault?.kind === 'hang' || fault?.kind === 'reset') return silence(fault);
      logged.status = answer.status;
      return { ...answer, headers: { ...headers, ...answer.headers } };
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
    const asked = { called, params: decode(request.text), logged, fault };
    const { idempotencyKey: key } = logged;
    if (key === undefined) return { ...(await this.#perform(asked)), headers: {} };
    const params = JSON.stringify([request.headers['stripe-version'], asked.params]);
    const known = keys.take({ key, path: request.path, params }, world.now());
    if (known !== undefined)
      return {
        ...known,
        headers: { 'idempotent-replayed': 'true', 'original-request': this.#firstWith(key) },
      };
    const reply = await this.#perform(asked);
    // What was refused before anything was done may be sent again, put right.
    keys.conclude(key, reply.status === 400 || reply.status === 404 ? undefined : reply);
    return { ...reply, headers: {} };
  }

  #firstWith(key: string): string {
    return this.log.find(({ idempotencyKey }) => idempotencyKey === key)?.id ?? '';
  }

  async #perform(asked: {
    called: MatchedOperation;
    params: Params;
    logged: LoggedCall;
    fault: Fault | undefined;
  }): Promise<Reply> {
    const { called, params, logged, fault } = asked;
    const { world, faults, catchUp, included } = this.#parts;
    if (fault?.kind === 'wait') await faults.hold(logged);
    try {
      if (fault?.kind === 'status' && fault.done !== true) throw faultOf(fault);
      catchUp();
      const request = { id: logged.id, idempotency_key: logged.idempotencyKey ?? null };
      const body = world.during(request, () =>
        carriedOut(world, { called, params, path: logged.path, included }),
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
}

function carriedOut(world: World, { called, params, path, included }: CarriedOut): Entity {
  const { expand, ...own } = params;
  const known = { find: (id: string) => world.find(id) ?? deletedOf(world, id), included };
  const named = [...called.ids, ...Object.values(own)].map((id) =>
    typeof id === 'string' ? world.find(id) : undefined,
  );
  return world.byClockOf(named, () => {
    const result = called.operation({ world, params: own, ids: called.ids });
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

/** `Bearer sk_…`, or the key as the name of basic authentication. */
function authorize({ headers }: Request, { secretKey, world }: RequestHandlerParts): void {
  const [scheme = '', given = ''] = headers.authorization?.split(' ') ?? [];
  const key =
    scheme.toLowerCase() === 'basic'
      ? Buffer.from(given, 'base64').toString('utf8').replace(/:.*$/s, '')
      : given;
  if (key === '')
    throw unauthorizedFault(
      'You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth.',
    );
  if (key !== secretKey)
    throw unauthorizedFault(`Invalid API Key provided: ${key.slice(0, 8)}****${key.slice(-4)}`);
  const version = headers['stripe-version'];
  if (version !== undefined && version !== world.settings.apiVersion)
    throw invalidRequest(
      `Invalid Stripe API version: ${String(version)}. This sandbox speaks ${world.settings.apiVersion}.`,
    );
}

const unauthorizedFault = (message: string) => new StripeFault(401, 'invalid_request_error', message);

function tooMany(): StripeFault {
  return new StripeFault(429, 'invalid_request_error', {
    message:
      'Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.',
    code: 'rate_limit',
  });
}

function faultOf({ status, code }: Extract<Fault, { kind: 'status' }>): StripeFault {
  if (status === 429) return tooMany();
  const type = status >= 500 ? 'api_error' : 'invalid_request_error';
  const message = 'The sandbox was asked to refuse this.';
  return new StripeFault(status, type, code === undefined ? message : { message, code });
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
  return { reply: { status, body: { error: { ...said, ...link } } }, more };
}
