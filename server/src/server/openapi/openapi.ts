import {
  aliasesOf,
  exampleOf,
  exampleStatusOf,
  featuresOf,
  formTypeOf,
  idempotencyOf,
  isForMembers,
  type Mounted,
  ratesOf,
  type Route,
  type RouteAlias,
  type RouteAuth,
  takesApiKeyHeader,
  tagText,
  takesProductKey,
} from '#platform/http';
import type { EventSchema } from '#platform/webhooks';
import { z } from 'zod';
import { createFailureWriter, ERROR_SCHEMAS, type FailureWriter } from './failure-writer.ts';
import { createSchemaWriter, inlineSchema, type SchemaWriter } from './schema-writer.ts';
import { LONGEST_PARAM } from '../input.ts';
import { operationIdOf } from './operation-id.ts';
import './tags.ts';

type Json = Readonly<Record<string, unknown>>;

export interface OpenApiOptions {
  readonly version: string;
  readonly serverUrl?: string | undefined;
  readonly events?: readonly EventSchema[];
}

interface Writers {
  readonly schemas: SchemaWriter;
  readonly failures: FailureWriter;
}

/** The OpenAPI 3.1 document, made from the same schemas that check every call. */
export function openApiOf(mounted: readonly Pick<Mounted, 'routes'>[], options: OpenApiOptions): Json {
  const routes = mounted.flatMap((module) => module.routes);
  const schemas = createSchemaWriter(ERROR_SCHEMAS);
  const failures = createFailureWriter(routes.map(errorsOf));
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes.toSorted(inOrder)) {
    const path = templateOf(route.path);
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, { schemas, failures }) };
  }
  const webhooks = Object.fromEntries(
    (options.events ?? []).map((event) => [event.type, eventOperation(event, schemas)]),
  );
  const tags = [...new Set(routes.map((route) => route.shape.tag))].sort();
  return {
    openapi: '3.1.0',
    info: {
      title: 'Plinth',
      version: options.version,
      description:
        'New here? Begin with the [quick start](/docs/guides/quick-start); the [guides](/docs) say what the calls have in common.\n\nEvery answer carries X-Request-Id. Errors are `{"error": {code, message, details?, request_id, docs_url}}`. Paths under /api/v1 and /api answer like those under /v1.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: options.serverUrl ?? '/' }],
    tags: tags.map((name) => {
      const description = tagText(name);
      return { name, ...(description === undefined ? {} : { description }) };
    }),
    paths,
    ...(options.events === undefined ? {} : { webhooks }),
    components: {
      securitySchemes: SECURITY_SCHEMES,
      schemas: schemas.named(),
      responses: failures.responses,
      examples: failures.examples,
    },
  };
}

/** An event as a call that this server makes (docs/webhooks.md). */
function eventOperation({ when, schema, example }: EventSchema, schemas: SchemaWriter): Json {
  const content = { schema: schemas.write(schema, 'output'), example };
  return {
    post: {
      summary: `Sent when ${when}`,
      requestBody: { required: true, content: { 'application/json': content } },
      responses: { '2XX': { description: 'Taken: it is not sent again.' } },
    },
  };
}

/** A path as OpenAPI writes it: `/v1/items/{id}`. */
const templateOf = (path: string) => path.replace(/:(\w+)/g, '{$1}');

const METHODS: readonly Route['method'][] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** As people look for calls: by path, and of one path reading first and deleting last. */
function inOrder(a: Route, b: Route): number {
  if (a.path !== b.path) return a.path < b.path ? -1 : 1;
  return METHODS.indexOf(a.method) - METHODS.indexOf(b.method);
}

const SECURITY_SCHEMES = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description: 'An access token from signing in, or an API key.',
  },
  api_key: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Api-Key',
    description: 'The same, as clients of Anthropic’s protocol send it.',
  },
};

function operation(route: Route, writers: Writers): Json {
  const { shape } = route;
  const aliases = aliasesOf(route).map((alias) => aliasNote(route, alias));
  const notes = [
    shape.description,
    ...notesOn(route),
    aliases.length > 0 ? `Also answers at ${aliases.join(', ')}.` : undefined,
  ];
  return {
    operationId: operationIdOf(route),
    summary: shape.summary,
    description: notes.filter((note) => note !== undefined).join('\n\n'),
    tags: [shape.tag],
    security: [...SECURITY[shape.auth], ...(takesApiKeyHeader(route) ? [{ api_key: [] }] : [])],
    parameters: parameters(route),
    ...(shape.body === undefined && shape.streamedBody !== true
      ? {}
      : { requestBody: requestBody(route, writers.schemas) }),
    responses: responses(route, writers),
    ...(shape.socket === undefined ? {} : { 'x-socket': templateOf(shape.socket) }),
    'x-plinth': {
      auth: shape.auth,
      ...(shape.may === undefined ? {} : { may: shape.may }),
      ...(shape.within === undefined ? {} : { within: shape.within }),
      ...(shape.scope === undefined ? {} : { scope: shape.scope }),
      rate: ratesOf(route)
        .map(({ perMinute, by }) => `${perMinute}/minute/${by}`)
        .join(', '),
      ...(shape.spends === undefined ? {} : { spends: featuresOf(route) }),
      ...(shape.maxBody === undefined ? {} : { max_body: shape.maxBody }),
      idempotency: idempotencyOf(route),
    },
  };
}

/** An alias as a reader needs it: its method where that is another, and its body where that is. */
function aliasNote(route: Route, { name, form }: RouteAlias): string {
  const [method, path] = name.split(' ', 2);
  const said = method === route.method ? `${path}` : name;
  const body = form?.example.body === undefined ? '' : `, with ${JSON.stringify(form.example.body)}`;
  return `${said}${body}`;
}

/** A secret of a product stands in the body or the path: for OpenAPI it is no scheme, and a call with it needs none. */
const SECURITY: Readonly<Record<RouteAuth, readonly Json[]>> = {
  none: [],
  product_key: [],
  account_or_product_key: [{ bearer: [] }, {}],
  user: [{ bearer: [] }],
  account: [{ bearer: [] }],
  admin: [{ bearer: [] }],
};

const WHO: Readonly<Record<RouteAuth, string>> = {
  none: 'Anyone may call this.',
  user: 'Any signed-in user may call this.',
  account: 'For members of the account that the call is for.',
  admin: 'For platform admins.',
  product_key: 'The key in the call is enough: no token is needed.',
  account_or_product_key:
    'For members of the account that the call is for; without a token, the key in the call is enough.',
};

const HOLDS = {
  personal: 'For personal accounts only.',
  organization: 'For organizations only.',
} as const;

function notesOn(route: Route): string[] {
  const { shape } = route;
  const { may = shape.within, scope } = shape;
  const role = may === undefined || may === 'viewer' ? '' : ` Needs the role ${may} or above.`;
  const keys =
    scope === 'session'
      ? ' API keys cannot call it.'
      : scope === undefined || scope === 'any'
        ? ''
        : ` API keys need the scope \`${scope}\`.`;
  const features = featuresOf(route).map((feature) => `\`${feature}\``);
  const spending =
    features.length === 0 ? [] : [`Consumes the limits of the feature ${features.join(' or ')}.`];
  return [
    `${WHO[shape.auth]}${role}${keys}`,
    ...(shape.holds === undefined ? [] : [HOLDS[shape.holds]]),
    ...(shape.onBehalf === undefined
      ? []
      : ['A platform admin’s API key may make it for any customer or account: docs/customers.md.']),
    ...(shape.keysOnly === true ? ['By an API key alone.'] : []),
    ...spending,
    ...ratesOf(route).map(({ perMinute, by }) => `At most ${perMinute} calls a minute by ${by}.`),
    ...(shape.socket === undefined
      ? []
      : [`The same call by WebSocket: ${templateOf(shape.socket)}, docs/sockets.md.`]),
  ];
}

const ACCOUNT_HEADER = {
  name: 'X-Account-Id',
  in: 'header',
  required: false,
  description: "The account that the call is for; the caller's default account when not sent.",
  schema: { type: 'string', format: 'uuid' },
};
const CUSTOMER_HEADER = {
  name: 'X-Customer-Id',
  in: 'header',
  required: false,
  description:
    'The external id of the customer that a platform admin’s API key calls for, in place of X-Account-Id. The key needs `customers:write` besides, of a GET `customers:read`.',
  schema: { type: 'string', minLength: 1, maxLength: 200 },
};
const VERSION_HEADER = {
  name: 'If-Match',
  in: 'header',
  required: false,
  description: 'The ETag that you have read: the change is refused with 412 when there is a newer one.',
  schema: { type: 'string' },
};
const EVENT_HEADER = {
  name: 'Last-Event-ID',
  in: 'header',
  required: false,
  description: 'The id of the last event that you have had of this stream: it goes on after that.',
  schema: { type: 'string' },
};
const SESSION_HEADER = {
  name: 'Plinth-Session',
  in: 'header',
  required: false,
  description:
    'For pages of this server’s own origin: with `cookie` the refresh token is in an HttpOnly cookie, and in no body. docs/identity.md.',
  schema: { type: 'string', enum: ['cookie'] },
};

function parameters(route: Route): Json[] {
  const { shape } = route;
  const example = exampleOf(route);
  const words: Readonly<Record<string, unknown>> = shape.params ?? {};
  const inPath = [...route.path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema:
      words[name] === 'text'
        ? { type: 'string', minLength: 1, maxLength: LONGEST_PARAM }
        : { type: 'string', format: 'uuid' },
    ...(example.params?.[name] === undefined ? {} : { example: example.params[name] }),
  }));
  const takesKey = idempotencyOf(route);
  const keyHeader = {
    name: 'Idempotency-Key',
    in: 'header',
    required: takesKey === 'required',
    description:
      'The same key and request again get the stored answer, for 24 hours. Of another user, or with another API key, it is another key.',
    schema: { type: 'string', minLength: 1, maxLength: 255 },
  };
  return [
    ...inPath,
    ...queryParameters(route),
    ...(takesKey === 'none' ? [] : [keyHeader]),
    ...(shape.session === undefined ? [] : [SESSION_HEADER]),
    ...(shape.versioned === true ? [VERSION_HEADER] : []),
    ...(shape.streams === true ? [EVENT_HEADER] : []),
    ...(isForMembers(route) ? [ACCOUNT_HEADER] : []),
    ...(shape.onBehalf === undefined ? [] : [CUSTOMER_HEADER]),
  ];
}

function queryParameters(route: Route): Json[] {
  const { shape } = route;
  if (shape.query === undefined) return [];
  const schema = inlineSchema(shape.query, 'input') as {
    properties?: Readonly<Record<string, Json>>;
    required?: readonly string[];
  };
  const { query: example = {} } = exampleOf(route);
  return Object.entries(schema.properties ?? {}).map(([name, { description, ...rest }]) => ({
    name,
    in: 'query',
    required: schema.required?.includes(name) === true,
    ...(description === undefined ? {} : { description }),
    schema: rest,
    ...(example[name] === undefined ? {} : { example: example[name] }),
  }));
}

const ANY_BYTES = { '*/*': { schema: { type: 'string', format: 'binary' } } };

function requestBody(route: Route, schemas: SchemaWriter): Json {
  const { shape } = route;
  const octets = shape.streamedBody === true ? ANY_BYTES : {};
  if (shape.body === undefined) return { required: true, content: octets };
  const schema = schemas.write(shape.body, 'input');
  const { body } = exampleOf(route);
  const content = { schema, ...(body === undefined ? {} : { example: body }) };
  const required = shape.streamedBody === true || !shape.body.safeParse({}).success;
  return { required, content: { [formTypeOf(route) ?? 'application/json']: content, ...octets } };
}

function responses(route: Route, { schemas, failures }: Writers): Json {
  const { shape } = route;
  const statuses = Object.keys(shape.reply).map(Number);
  const { reply: shown } = exampleOf(route);
  const exemplary = exampleStatusOf(route);
  const good = statuses.map((status) => {
    const schema = schemas.write(shape.reply[status] ?? z.unknown(), 'output');
    const example = status === exemplary && shown !== undefined ? { example: shown } : {};
    const hasBody = status !== 204 && status !== 302;
    return [
      status,
      {
        description: DESCRIPTIONS[status] ?? 'Answered.',
        ...(hasBody ? { content: contentOf(shape, schema, example) } : {}),
      },
    ];
  });
  return { ...Object.fromEntries(good), ...failures.write(errorsOf(route)) };
}

/** An answer in each type that its route answers with: JSON and pages by their schema, files as text or bytes. The example is of the first. */
function contentOf(shape: Route['shape'], schema: Json, example: Json): Json {
  const types = shape.page === true ? ['text/html'] : (shape.produces ?? ['application/json']);
  const streams = shape.streams === true ? ['text/event-stream'] : [];
  return Object.fromEntries(
    [...types, ...streams].map((type, place) => [
      type,
      {
        schema: type === 'application/json' || type === 'text/html' ? schema : fileSchema(type),
        ...(place === 0 ? example : {}),
      },
    ]),
  );
}

const TEXTS: ReadonlySet<string> = new Set(['application/jsonl', 'application/x-pem-file']);

function fileSchema(type: string): Json {
  const isText = type.startsWith('text/') || TEXTS.has(type);
  return isText ? { type: 'string' } : { type: 'string', format: 'binary' };
}

const DESCRIPTIONS: Readonly<Record<number, string>> = {
  200: 'Done.',
  201: 'Made.',
  202: 'Taken on; it is done later.',
  204: 'Done; there is nothing to say.',
  302: 'Goes on elsewhere: the Location header says where.',
};

/** Errors of a call that comes by a socket, and never of one that does not. */
const SOCKET_ERRORS =
  'origin_not_allowed request_timeout too_many_sockets unexpected_frame upgrade_required'.split(' ');

/** All codes that a route may answer: its own, and those of the walk that its declaration brings with it. */
export function errorsOf(route: Route): string[] {
  const { shape } = route;
  const takesKey = idempotencyOf(route);
  const rules: readonly (readonly [boolean, readonly string[]])[] = [
    [true, ['validation_failed', 'limit_exceeded', 'internal', 'unavailable', 'server_stopping']],
    [takesProductKey(route), ['unauthenticated']],
    [
      shape.auth !== 'none' && shape.auth !== 'product_key',
      ['unauthenticated', 'forbidden', 'too_many_attempts'],
    ],
    [isForMembers(route) || route.path.includes(':'), ['not_found']],
    [isForMembers(route) && route.method !== 'GET', ['customer_archived']],
    [route.method !== 'GET', ['payload_too_large', 'unsupported_media_type']],
    [shape.holds !== undefined, ['wrong_account_kind']],
    [shape.session !== undefined, ['own_origin_required', 'same_site_required']],
    [shape.stepUp === true, ['step_up_required']],
    [takesKey !== 'none', ['idempotency_in_progress', 'idempotency_mismatch']],
    [takesKey === 'required', ['idempotency_key_required']],
    [shape.versioned === true, ['precondition_failed']],
    [shape.soldRates !== undefined || shape.requires !== undefined, ['plan_required']],
    [shape.socket !== undefined, SOCKET_ERRORS],
    [
      shape.spends !== undefined,
      ['plan_required', 'product_off', 'outcome_unknown', 'operator_budget_closed', 'end_user_required'],
    ],
  ];
  const walked = rules.filter(([applies]) => applies).flatMap(([, codes]) => codes);
  return [...new Set([...walked, ...(shape.errors ?? [])])].sort();
}
