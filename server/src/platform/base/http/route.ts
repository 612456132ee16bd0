import type { AccountId, AppError } from '#platform/kernel';
import type { z } from 'zod';
import type {
  Answer,
  Caller,
  Once,
  OnceInSteps,
  Origin,
  ProductKey,
  ResolveProductKey,
  Role,
  Spender,
} from './call.ts';
import type { Precheck, SafetySupport } from './safety.ts';
import type { Wire } from './wire.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
/** `POST /v1/organizations/:id`; the path's parameters follow from it. */
export type RouteName = `${Method} /${string}`;
export type PathParams<Name extends string> = Name extends `${string}:${infer Param}/${infer Rest}`
  ? { readonly [K in Param]: string } & PathParams<`/${Rest}`>
  : Name extends `${string}:${infer Param}`
    ? { readonly [K in Param]: string }
    : unknown;

/**
 * Callers of a route: `none` anyone; `user` anyone signed in; `account` a member of the account that the call is for
 * (`may` says the least role); `admin` platform admins. Keys need `scope` besides. `product_key`: a caller with a secret of
 * the product (`productKey` says where it stands), for the account that the product finds by it; `account_or_product_key`:
 * by that secret where the call has no Authorization header, and as `account` where it has one.
 */
export type RouteAuth = 'none' | 'user' | 'account' | 'admin' | 'product_key' | 'account_or_product_key';

/** How often a route may be called in a minute, and what is counted. Leaves no row; answers 429 with RateLimit headers. */
export interface RouteRate {
  readonly perMinute: number;
  /** `member`: a user in an account. `key`: the API key, or the user where an access token calls. */
  readonly by: 'ip' | 'user' | 'account' | 'member' | 'key';
}

/** A second rate by something in the input, decided together with the route's own: sign-ins per email. */
export interface SubjectRate<Input> {
  /** The counted thing, in a word: `email`. */
  readonly name: string;
  readonly perMinute: number;
  readonly of: (input: Input) => string | undefined;
}

/** The facts of a model call that admission plans for and only the call itself tells: its model and what it may cost. */
export interface Prepared {
  /** A `PlannedCall` of the limits module, which is above this one. */
  readonly planned: unknown;
  /** The smallest reserve, in micro-dollars, that still makes sense: with less left of a budget, the permit carries what is left. */
  readonly leastReserve?: number;
  /** The same of tokens. */
  readonly leastTokens?: number | undefined;
  /** Names and values that the ledger keeps with the call. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /**
   * The same call, measured closely at some cost: asked for only where a budget has no room for the bound. Undefined: it
   * asks for no less.
   */
  readonly closer?: () => Promise<Prepared | undefined>;
}

/** The charge of a call before its handler runs. */
export interface Spending<Input> {
  /**
   * A feature of the route's product, whose declaration says which limits it consumes; several where `which` chooses, and
   * none where it chooses among those of all products.
   */
  readonly feature: string | readonly string[];
  /** The feature that this request spends; needed unless there is one. */
  readonly which?: (input: Input) => string;
  /** The product whose feature it is, where that is not the route's own. */
  readonly product?: (input: Input) => string;
  /**
   * Looked at before anything is charged: throws for a request that can't succeed under any limits, such as one
   * for another account's draft. A repeat under a known Idempotency-Key passes: its answer is kept.
   */
  readonly check?: (
    call: Input & { readonly accountId: AccountId; readonly caller: Caller },
    service: never,
  ) => Promise<void>;
  /**
   * Answers a repeat of an Idempotency-Key from what was kept under it, such as an id: read anew, so that what its owner deleted
   * meanwhile is in no answer. Without it what was kept is sent as it is.
   */
  readonly replay?: (
    call: Input & { readonly accountId: AccountId; readonly kept: unknown },
    service: never,
  ) => Promise<unknown>;
  /** `job`: the permit is handed to a job that the handler enqueues; `inline`: the handler itself calls the model. */
  readonly as: 'job' | 'inline';
  readonly units?: (input: Input) => number;
  /** Bytes that its prompt takes of what is stored, at most: of a post and its brief. Those of the body come on top. */
  readonly storedBytes?: number;
  /** The subject that a limit counts by: a draft's id for its cooldown. */
  readonly subject?: (input: Input) => string | undefined;
  /** Grants that this request needs at least; less is 402 `plan_required`: `{ variants: 3 }`. */
  readonly needs?: (input: Input) => Readonly<Record<string, number>>;
  /**
   * For calls whose model and size the caller chooses: reads the request before admission. The handler finds what it
   * made as `call.prepared`. Without it, the feature's policy says what is planned.
   */
  readonly prepare?: (
    request: Input & {
      readonly wire: Wire;
      readonly caller: Caller | undefined;
      readonly accountId: AccountId | undefined;
    },
    service: never,
  ) => Prepared | Promise<Prepared>;
}

/** Another name of a call, for clients that know it by that: the same answer, rates and rights. */
export interface RouteAlias {
  readonly name: RouteName;
  /** Where it takes another form than the route itself: what that is, and what of the route's own it becomes. */
  readonly form?: {
    readonly params?: Readonly<Record<string, 'text'>>;
    readonly body?: z.ZodType;
    readonly becomes: (given: never) => AliasedInput;
    readonly example: { readonly params?: Readonly<Record<string, string>>; readonly body?: unknown };
  };
}

/** An alias's input in the route's own form; it is checked as if it had come so. */
export interface AliasedInput {
  readonly params?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** An alias that takes another form than its route: `{session_id}` in its body where the route has `:id` in its path. */
export function routeAlias<const Name extends RouteName, Body extends z.ZodType = z.ZodUndefined>(
  name: Name,
  form: {
    readonly params?: { readonly [Param in keyof PathParams<Name>]?: 'text' };
    readonly body?: Body;
    readonly becomes: (given: Omit<RouteInput<Name, Body, undefined>, 'query'>) => AliasedInput;
    readonly example: { readonly params?: PathParams<Name>; readonly body?: unknown };
  },
): RouteAlias {
  return { name, form: form as NonNullable<RouteAlias['form']> };
}

export interface RouteShape<Name extends RouteName, Body extends z.ZodType, Query extends z.ZodType> {
  readonly summary: string;
  readonly description?: string;
  readonly tag: string;
  /** The call's name in OpenAPI, where the path does not make a good one: a verb in camelCase, then what it acts on (server/openapi/operation-id.ts). */
  readonly operation?: string;
  readonly auth: RouteAuth;
  /** The least role in the account; only with auth `account`. */
  readonly may?: Role;
  /**
   * The least role in the organization that the path names as `:id`; only with auth `user`. The service holds it, under a
   * lock where it writes; the access matrix tries every role (docs/tenancy.md).
   */
  readonly within?: Role;
  /** The kind of account that the call is for, where its product holds data of one kind alone; another is 403. */
  readonly holds?: 'personal' | 'organization' | undefined;
  /** A platform admin's key may make it for any customer, as its owner (`archived`: an archived one, too). Its handler audits changes. */
  readonly onBehalf?: true | 'archived';
  /** With auth `admin`: by an API key alone. */
  readonly keysOnly?: true;
  /** The right that an API key needs: `reel:write`. Required unless auth is `none`; `session` = keys can't call it, `any` = all can. */
  readonly scope?: string;
  /**
   * Not for a person who found a session open: it must have been proven within the last 15 minutes, or the answer is 403
   * `step_up_required`. A key has no session; what it may do, its scopes say.
   */
  readonly stepUp?: true;
  /** Several are decided together: a call counts against all of them, or is refused and counts against none. */
  readonly rate: RouteRate | readonly [RouteRate, ...RouteRate[]];
  readonly rateOf?: SubjectRate<RouteInput<Name, Body, Query>>;
  /**
   * Limits of kind `rate` of its product, by their names: a call counts against what the account's plan says of them, together
   * with all other routes that name them. Without a plan, or of size 0, it is 402 `plan_required`.
   */
  readonly soldRates?: readonly string[];
  /**
   * Options of its product that the account's plan must grant, for a call that spends nothing: less is 402 `plan_required`. What a
   * call that spends needs, its feature and `spends.needs` say.
   */
  readonly requires?: readonly string[];
  /**
   * Where a secret of the product stands in the call: in its body or path. Calls are counted by IP before it is looked up, and by all
   * other rates after it. Only with auth `product_key` and `account_or_product_key`.
   */
  readonly productKey?: (input: RouteInput<Name, Body, Query>) => string | undefined;
  /** The machine that calls, for a rate that is sold by machines. A call of none is not counted by it. */
  readonly machine?: (input: RouteInput<Name, Body, Query>) => string | undefined;
  /**
   * Other names that it answers at: with the same parameters and form, or as `routeAlias` says. A trailing slash, and `/api` in place of
   * `/v1` or before it, need none.
   */
  readonly aliases?: readonly (RouteName | RouteAlias)[];
  /** Path parameters are UUIDs, and anything else is 404; `text` for those that are words: `{ id: 'text' }` of a plan. */
  readonly params?: { readonly [Param in keyof PathParams<Name>]?: 'text' };
  readonly body?: Body;
  /** The handler reads `wire.body` itself, checks included; the schema is for the docs alone. For bodies in a vendor's protocol. */
  readonly rawBody?: true;
  /** The body is a form with a file (multipart/form-data), in place of JSON; with `rawBody`, as its handler reads it (`readForm`). */
  readonly multipart?: true;
  /** The body is a form of fields (application/x-www-form-urlencoded), in place of JSON: each is text, and of two of a name the last counts. */
  readonly urlencoded?: true;
  /**
   * The body is of any type and length, and its handler reads it as it comes: `wire.bytes()`, for as long as the handler says. A route that
   * has an optional `body` besides takes JSON too, up to `maxBody`: what came otherwise leaves `call.body` undefined.
   */
  readonly streamedBody?: true;
  readonly query?: Query;
  /** Schema of the body for each status that the handler answers. */
  readonly reply: Readonly<Record<number, z.ZodType>>;
  /** Codes beyond those that the walk itself may answer (validation, sign-in, rate …). */
  readonly errors?: readonly string[];
  /** A request and its answer as the docs show them, where they are not recorded in `examples.json` (docs/products.md). */
  readonly example?: {
    readonly params?: PathParams<Name>;
    readonly query?: unknown;
    readonly body?: unknown;
    readonly reply: unknown;
  };
  /**
   * The call's effect on a session: with `Plinth-Session: cookie` its refresh token is in a cookie, and not in the `refresh_token` of the
   * answer (server/session-cookie.ts). `refreshes`: it reads that cookie as `body.refresh_token`.
   */
  readonly session?: 'opens' | 'refreshes' | 'ends';
  /** Whether a POST takes an Idempotency-Key: `required`, `optional` (default for POST), or `none` with a reason in the description. */
  readonly idempotency?: 'required' | 'optional' | 'none';
  /** The stored answer holds user text: it is sealed under the Idempotency-Key and the master key. */
  readonly private?: boolean;
  /** Fields of the answer, at its top, that are shown once: they are never stored, and null when the call is repeated. */
  readonly secrets?: readonly string[];
  readonly spends?: Spending<RouteInput<Name, Body, Query>>;
  /** Takes an If-Match header with the version that the caller has read: `call.ifMatch`. */
  readonly versioned?: true;
  /**
   * Has the safety precheck look at what the user wrote. A crisis is answered in place of the handler, before limits, plan and rates
   * are looked at: with status 200, nothing generated and nothing charged. The handler finds all else as `call.safety`; where nothing is
   * generated, a crisis too.
   */
  readonly precheck?: Precheck<RouteInput<Name, Body, Query>>;
  /** Largest body in bytes; 64 KiB when not said. */
  readonly maxBody?: number;
  /**
   * A larger one, up to `most` bytes, where the plan grants it: an option of the product, in MiB. Its sender is known before it is
   * read; only with auth `account`.
   */
  readonly largeBody?: { readonly grant: string; readonly most: number };
  /**
   * Answers a stream of events to a client that accepts `text/event-stream`. Its client comes back with Last-Event-ID, to
   * any process: a server that stops ends it at once.
   */
  readonly streams?: true;
  /**
   * A path at which the same call is made by a WebSocket: the first frame is the body, `wire.socket` takes frames of text, and what the
   * handler answers is the last frame (docs/sockets.md). It has the parameters of the route's own path.
   */
  readonly socket?: `/${string}`;
  /** Answers a page of HTML for people, as one text. */
  readonly page?: true;
  /** Types of content that it answers with, where that is not JSON alone. The schema of its reply is that of its JSON; `fileReply` where there is none. */
  readonly produces?: readonly string[];
  /** For a protocol of another's: its clients' form of an error, in place of our own. */
  readonly errorForm?: ErrorForm;
  /** How many seconds the call may take, for one that waits for a model; the server's own limit when not said. */
  readonly maxSeconds?: number;
}

/** The whole body of an error's answer, as clients of another's protocol read it. */
export type ErrorForm = (error: AppError, requestId: string) => object;

export interface RouteInput<Name extends RouteName, Body, Query> {
  readonly params: PathParams<Name>;
  readonly body: Body extends z.ZodType ? z.infer<Body> : undefined;
  readonly query: Query extends z.ZodType ? z.infer<Query> : undefined;
}

/** A value from the Authorization header: it is there with some words of `auth`, may be with one, and is not with others. */
type BySignedIn<Auth extends RouteAuth, Words extends RouteAuth, Value> = Auth extends Words
  ? Value
  : Auth extends 'account_or_product_key'
    ? Value | undefined
    : undefined;

/** The input of a handler. Parts that the route's declaration rules out are typed away. */
export interface Call<
  Name extends RouteName,
  Body,
  Query,
  Auth extends RouteAuth,
  Permit,
  Key extends ProductKey = ProductKey,
> extends RouteInput<Name, Body, Query> {
  readonly origin: Origin;
  readonly caller: BySignedIn<Auth, 'user' | 'account' | 'admin', Caller>;
  /** Whether the answer may say what model calls cost: to operators, and to all where `SHOW_MODEL_COST` is on. */
  readonly seesModelCost: boolean;
  readonly accountId: Auth extends 'none' | 'user' | 'admin' ? undefined : AccountId;
  readonly role: BySignedIn<Auth, 'account', Role>;
  readonly spender: BySignedIn<Auth, 'account', Spender>;
  /** The product's answer for the secret of the call, where it was made by one. */
  readonly productKey: BySignedIn<Auth, 'product_key', Key>;
  readonly permit: Permit;
  /** The result of `spends.prepare` for the request. */
  readonly prepared: unknown;
  /** The request's Idempotency-Key, checked for shape. */
  readonly idempotencyKey: string | undefined;
  readonly once: Once;
  readonly onceInSteps: OnceInSteps;
  /** The precheck's finding, with words and helplines where it is not `ok`; `ok` where the route has none. Never a crisis that is answered in place of the handler. */
  readonly safety: SafetySupport;
  /** The version in the If-Match header, where the route is `versioned` and the caller sent one. */
  readonly ifMatch: number | undefined;
  /** The wire itself, for event streams and the AI endpoint: call `take()` and the server keeps its hands off the answer. */
  readonly wire: Wire;
}

/** A route as the server, the docs and the walkers see it. */
export interface Route {
  readonly name: RouteName;
  readonly method: Method;
  readonly path: string;
  readonly shape: RouteShape<RouteName, z.ZodType, z.ZodType>;
  readonly handle: (call: never, service: never) => Promise<unknown>;
}

/** Answers with a status other than 200, or with headers. */
export function answer<Body>(
  status: number,
  body: Body,
  headers?: Readonly<Record<string, string>>,
): Answer<Body> {
  return { [ANSWER]: true, status, body, ...(headers === undefined ? {} : { headers }) } as Answer<Body>;
}
const ANSWER = Symbol('answer');

/** Tells an answer with a status of its own from a plain body. */
export function isAnswer(value: unknown): value is Answer {
  return typeof value === 'object' && value !== null && ANSWER in value;
}

/**
 * The `route` function of one module: its handlers take that module's service as their second argument.
 * One value says everything about a call; a module exports its routes, and being exported registers them.
 */
export function routesFor<Service, Permit = never, Key extends ProductKey = ProductKey>() {
  return function route<
    const Name extends RouteName,
    const Auth extends RouteAuth,
    Body extends z.ZodType = z.ZodUndefined,
    Query extends z.ZodType = z.ZodUndefined,
    const Feature extends string = never,
  >(
    name: Name,
    shape: Omit<RouteShape<Name, Body, Query>, 'auth' | 'spends'> & {
      readonly auth: Auth;
      readonly spends?: Spending<RouteInput<Name, Body, Query>> & {
        readonly feature: Feature | readonly Feature[];
      };
    },
    handle: (
      call: Call<Name, Body, Query, Auth, [Feature] extends [never] ? undefined : Permit, Key>,
      service: Service,
    ) => Promise<unknown>,
  ): Route {
    const [method, path] = name.split(' ', 2) as [Method, string];
    return {
      name,
      method,
      path,
      shape: shape as Route['shape'],
      handle,
    };
  };
}

/** A module's routes with the service that their handlers take: what the server mounts. */
export interface Mounted {
  readonly module: string;
  /** The product whose features the routes spend; the module's name when not said. */
  readonly product?: string;
  readonly routes: readonly Route[];
  readonly service: unknown;
  /** For a product that is off: the answer to each of the calls, before the caller is identified. */
  readonly refusal?: (() => AppError) | undefined;
  /** Needed as soon as one of the routes is called by a secret of the product. */
  readonly resolveKey?: ResolveProductKey | undefined;
}

/** All routes among a module's exports. */
export function routesOf(exports: Readonly<Record<string, unknown>>): Route[] {
  return Object.values(exports).filter(
    (value): value is Route =>
      typeof value === 'object' && value !== null && 'handle' in value && 'shape' in value,
  );
}
