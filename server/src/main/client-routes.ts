/** Routes as types for the client in sdk/, made from the OpenAPI document, so that the two can't drift apart. */

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
}

interface Media {
  readonly schema?: Schema;
  readonly examples?: Readonly<Record<string, unknown>>;
}

interface Operation {
  readonly summary: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly description?: string;
    readonly schema: Schema;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, Media>> }>>;
  /** Where the same call is made by a WebSocket. */
  readonly 'x-socket'?: string;
  readonly 'x-plinth': { readonly idempotency: string };
}

interface OpenApi {
  /** Events that the operator's endpoints receive. */
  readonly webhooks?: Readonly<Record<string, { readonly post: Pick<Operation, 'requestBody'> }>>;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    /** Error answers; their examples are named after the codes. */
    readonly examples: Readonly<Record<string, unknown>>;
  };
}

/** Values of callers may hold an `undefined`, which JSON leaves out; answers never do. */
type Direction = 'sent' | 'answered';

/** The routes that clients call: those outside of /v1 and pages for people are no client's. */
function clientRoutes({ paths }: OpenApi) {
  return Object.entries(paths)
    .filter(([path]) => path.startsWith('/v1/'))
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        name: `${method.toUpperCase()} ${path}`,
        operation,
      })),
    )
    .filter(({ operation }) => !isForBrowsers(operation))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

type ClientRoutes = ReturnType<typeof clientRoutes>;

const keyedNames = (routes: ClientRoutes) =>
  routes.filter(({ operation }) => operation['x-plinth'].idempotency !== 'none').map(({ name }) => name);

/** The fields of the interfaces of schemas and routes. */
const schemaFields = (document: OpenApi, routes: ClientRoutes) =>
  namedTypes(
    document.components.schemas,
    routes.map(({ operation }) => operation),
    receivedEvents(document).map(({ schema }) => schema),
  );

/** Bodies that the operator's endpoints receive, by their types. */
const receivedEvents = ({ webhooks = {} }: OpenApi) =>
  Object.entries(webhooks).map(([type, { post }]) => ({
    type,
    schema: post.requestBody?.content['application/json']?.schema ?? {},
  }));
const routeFields = (routes: ClientRoutes) =>
  routes.map(({ name, operation }) => indent(`${comment(operation.summary)}'${name}': ${shape(operation)};`));

/** The text of a team's file that adds its routes to those which `@plinth/sdk` knows, and replaces those that it knows otherwise. */
export function addedClientTypes(openApi: object): string {
  const document = openApi as OpenApi;
  const routes = clientRoutes(document);
  return [
    '// Made by `plinth generate`. Import it once where a client is made, and the client knows these calls.',
    "import { addRoutes, type Schemas } from '@plinth/sdk/routes';",
    '',
    "declare module '@plinth/sdk/routes' {",
    '  interface AddedSchemas {',
    ...schemaFields(document, routes).map(indent),
    '  }',
    '  interface AddedRoutes {',
    ...routeFields(routes).map(indent),
    '  }',
    '}',
    '',
    'addRoutes({',
    '  // Routes that take an Idempotency-Key.',
    '  keyed: [',
    ...keyedNames(routes).map((name) => `    '${name}',`),
    '  ],',
    '});',
    '',
  ].join('\n');
}

/** The text of sdk/src/routes.generated.ts. */
export function clientTypes(openApi: object): string {
  const document = openApi as OpenApi;
  const { components } = document;
  const routes = clientRoutes(document);
  return [
    '// Made from the routes by `npm run generate`.',
    "import type { Schemas } from './routes.ts';",
    '',
    '/** What routes take and answer, by name. */',
    'export interface KnownSchemas {',
    ...schemaFields(document, routes),
    '}',
    '',
    '/** What each route takes and answers. */',
    'export interface KnownRoutes {',
    ...routeFields(routes),
    '}',
    '',
    '/** An event of a webhook, by its `type`: verify it before you read it (docs/webhooks.md). */',
    'export type WebhookEvent =',
    `${receivedEvents(document)
      .map(({ schema }) => `  | KnownSchemas['${nameIn(schema.$ref ?? '')}']`)
      .join('\n')};`,
    '',
    '/** Routes that take an Idempotency-Key. */',
    `export const KEYED: ReadonlySet<string> = new Set([`,
    ...keyedNames(routes).map((name) => `  '${name}',`),
    ']);',
    '',
    '/** Routes that are called by WebSocket too, and at which path. */',
    'export const SOCKETS = {',
    ...routes.flatMap(({ name, operation: { 'x-socket': path } }) =>
      path === undefined ? [] : [`  '${name}': '${path}',`],
    ),
    '} as const;',
    '',
    '/** A route that is called by WebSocket too. */',
    'export type SocketRoute = keyof typeof SOCKETS;',
    '',
    '/** Every code that an error may have. */',
    `export type ErrorCode =`,
    `${Object.keys(components.examples)
      .map((code) => `  | '${code}'`)
      .join('\n')};`,
    '',
  ].join('\n');
}

/** The named schemas of these routes as fields of one interface. */
function namedTypes(
  schemas: OpenApi['components']['schemas'],
  operations: readonly Operation[],
  events: readonly Schema[],
): string[] {
  const bodies = operations.map(({ requestBody }) => requestBody?.content['application/json']?.schema);
  const replies = operations.flatMap(({ responses }) => goodAnswers(responses));
  const sent = namesIn(bodies, schemas);
  const answered = namesIn([...replies, ...events], schemas);
  return [...new Set([...sent, ...answered])].sort().map((name) => {
    const schema = schemas[name] ?? {};
    const type = typeOf(schema, sent.has(name) ? 'sent' : 'answered');
    if (answered.has(name) && type !== typeOf(schema, 'answered'))
      throw new Error(
        `${name} is both sent and answered, with fields that may be missing: make it two schemas`,
      );
    return indent(`${comment(schema.description)}readonly ${name}: ${type};`);
  });
}

/** All names that a part of the document refers to, and what those refer to. */
function namesIn(
  part: unknown,
  schemas: OpenApi['components']['schemas'],
  found: Set<string> = new Set(),
): ReadonlySet<string> {
  if (typeof part !== 'object' || part === null) return found;
  for (const [key, value] of Object.entries(part)) {
    const name = key === '$ref' ? nameIn(String(value)) : undefined;
    if (name === undefined) namesIn(value, schemas, found);
    else if (!found.has(name)) namesIn(schemas[name], schemas, found.add(name));
  }
  return found;
}

function nameIn($ref: string): string {
  return $ref.slice($ref.lastIndexOf('/') + 1);
}

/** A page of HTML, or a call that only sends a browser on: no client calls those. */
function isForBrowsers({ responses }: Operation): boolean {
  const isPage = Object.values(responses).some(({ content }) => content?.['text/html'] !== undefined);
  return isPage || !Object.keys(responses).some((status) => status.startsWith('2'));
}

function shape({ parameters, requestBody, responses }: Operation): string {
  const inPath = parameters.filter((one) => one.in === 'path');
  const inQuery = parameters.filter((one) => one.in === 'query');
  const body = requestBody?.content['application/json']?.schema;
  const fields = [
    ...(inPath.length === 0 ? [] : [`readonly params: ${object(inPath, 'sent')};`]),
    ...(inQuery.length === 0 ? [] : [`readonly query: ${object(inQuery, 'sent')};`]),
    ...(body === undefined ? [] : [`readonly body: ${typeOf(body, 'sent')};`]),
    `readonly reply: ${reply(responses)};`,
  ];
  return braces(fields);
}

/** All good answers; one without a body is null, save of a stream: there it ends the stream. A file, and what is a stream alone, is read by `open`. */
function reply(responses: Operation['responses']): string {
  const good = goodAnswers(responses);
  const streams = good.some(({ content }) => content?.['text/event-stream'] !== undefined);
  const types = good.flatMap(({ content }) => {
    const schema = content?.['application/json']?.schema;
    if (schema !== undefined) return [typeOf(schema, 'answered')];
    if (content !== undefined && !streams) return ['unknown'];
    return streams ? [] : ['null'];
  });
  return types.length === 0 ? 'unknown' : [...new Set(types)].join(' | ');
}

function goodAnswers(responses: Operation['responses']): Operation['responses'][string][] {
  return Object.entries(responses).flatMap(([status, one]) => (Number(status) < 300 ? [one] : []));
}

interface Field {
  readonly name: string;
  readonly required: boolean;
  readonly description?: string | undefined;
  readonly schema: Schema;
}

function object(fields: readonly Field[], direction: Direction): string {
  return braces(
    fields.map(({ name, required, description, schema }) => {
      const key = /^[A-Za-z_]\w*$/.test(name) ? name : `'${name}'`;
      const type = typeOf(schema, direction);
      const value = required || direction === 'answered' ? type : `${type} | undefined`;
      return `${comment(description)}readonly ${key}${required ? '' : '?'}: ${value};`;
    }),
  );
}

function typeOf(schema: Schema, direction: Direction): string {
  if (schema.$ref !== undefined) return `Schemas['${nameIn(schema.$ref)}']`;
  if (schema.const !== undefined) return literal(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(literal).join(' | ');
  if (schema.anyOf !== undefined) return schema.anyOf.map((one) => typeOf(one, direction)).join(' | ');
  if (Array.isArray(schema.type))
    return schema.type.map((type: string) => typeOf({ ...schema, type }, direction)).join(' | ');
  if (schema.type === 'array') return list(typeOf(schema.items ?? {}, direction));
  if (schema.type === 'object') return record(schema, direction);
  if (schema.type === 'integer' || schema.type === 'number') return 'number';
  if (schema.type === 'string' || schema.type === 'boolean' || schema.type === 'null') return schema.type;
  return 'unknown';
}

function list(item: string): string {
  return /^[\w[\]']+$/.test(item) ? `readonly ${item}[]` : `readonly (${item})[]`;
}

/** An object with named fields, open or not, or one with any names. */
function record(schema: Schema, direction: Direction): string {
  const { properties = {}, required = [], additionalProperties: rest = false, propertyNames } = schema;
  const fields = Object.entries(properties).map(([name, field]) => ({
    name,
    required: required.includes(name),
    description: field.description,
    schema: field,
  }));
  if (rest === false) return object(fields, direction);
  const value = rest === true ? 'unknown' : typeOf(rest, direction);
  const keys = propertyNames?.enum === undefined ? 'string' : propertyNames.enum.map(literal).join(' | ');
  const open = `Readonly<Record<${keys}, ${value}>>`;
  return fields.length === 0 ? open : `${object(fields, direction)} & ${open}`;
}

function literal(value: unknown): string {
  return typeof value === 'string' ? `'${value.replaceAll("'", "\\'")}'` : JSON.stringify(value);
}

function comment(text: string | undefined): string {
  return text === undefined ? '' : `/** ${text.replaceAll('*/', '* /').replaceAll('\n', ' ')} */\n`;
}

function braces(lines: readonly string[]): string {
  return lines.length === 0 ? '{}' : `{\n${lines.map(indent).join('\n')}\n}`;
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}
