import { z } from 'zod';
import type { Database } from '#platform/db';
import { type Mounted, type Route, takesProductKey } from '#platform/http';
import { type AccountId, errorDeclaration } from '#platform/kernel';
import { errorsOf } from '#server';
import { FIELDS_TYPE } from '../forms.ts';
import { type Furnishings, type Household, idsOf, type Person } from '../people.ts';
import { makeRoom } from '../rates.ts';
import {
  type PathValues,
  fillingsOf,
  type IdsByColumn,
  isRecord,
  type Reply,
  send,
  type CallInput,
} from '../calls.ts';
import type { WalkedApp } from '../walked-app.ts';

/** What must hold for every route, and how to see that it does. */
export interface Rule {
  /** A word for the lists of exceptions and mistakes. */
  readonly key: string;
  /** Read after "every route": `… without a credential is 401`. */
  readonly name: string;
  readonly visits: (route: Route) => boolean;
  /** What is wrong with a route, in sentences; none when it keeps the rule. */
  readonly objections: (route: Route, fixture: WalkerFixture) => Promise<string[]> | string[];
}

/** What one rule objects to, route by route. */
export async function walk(rule: Rule, routes: readonly Route[], fixture: WalkerFixture): Promise<string[]> {
  const found: string[] = [];
  for (const route of routes.filter(rule.visits)) {
    const objections = await rule.objections(route, fixture);
    found.push(...objections.map((says) => `${route.name}: ${says}`));
  }
  return found;
}

/** A server to walk over, and the people who call it. */
export interface WalkerFixture<App extends WalkedApp = WalkedApp> {
  readonly url: string;
  readonly mounted: readonly Mounted[];
  /** The OpenAPI document that the server answers. */
  readonly document: OpenApi;
  /** Where the people live; its own routes are those of the whole program. */
  readonly app: App;
  readonly db: Database;
  readonly furnishings: Furnishings;
  readonly admin: Person;
  /** Someone with an organization and every best plan, who has nothing to do with the household. */
  readonly me: Person;
  readonly household: Household<'admin' | 'member' | 'viewer'>;
  /** Credentials that are not good, or no longer, by what is wrong with them. */
  readonly refused: Readonly<Record<string, string>>;
  /** How many rows of each table the household’s ids are taken from; of all, when not said. */
  readonly rowsOfEach?: number;
  /** In how many columns a call tries the ids that it is not about; in all, when not said. */
  readonly otherColumns?: number;
  /** Told of every answer to a call of a rule, for a test that looks at them all. */
  readonly heard?: (heard: VisitResult) => void;
}

export interface VisitResult {
  readonly route: Route;
  readonly sending: CallInput;
  readonly reply: Reply;
}

export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

export interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly security: readonly object[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Content } | undefined>
  >;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly schema: Schema;
}

export type Schema = Readonly<Record<string, unknown>>;
export type Content = Readonly<
  Record<
    string,
    { readonly schema: Schema; readonly example?: unknown; readonly examples?: Examples } | undefined
  >
>;
type Examples = Readonly<Record<string, { readonly value: { readonly error: { readonly code: string } } }>>;

/** A schema of the document, read back: clients have nothing else. */
export function schemaOf(schema: Schema): z.ZodType {
  return z.fromJSONSchema(schema);
}

/** The operation of a route in a document. */
export function operationOf(document: OpenApi, route: Route): Operation | undefined {
  return document.paths[route.path.replace(/:(\w+)/g, '{$1}')]?.[route.method.toLowerCase()];
}

/** The body that a call takes, as JSON or as a form. */
export function bodyOf(operation: Operation | undefined): Content[string] {
  const content = operation?.requestBody?.content;
  return content?.['application/json'] ?? content?.['multipart/form-data'] ?? content?.[FIELDS_TYPE];
}

/** The module that a route is mounted with. */
export function moduleOf(fixture: WalkerFixture, route: Route): Mounted {
  const module = fixture.mounted.find(({ routes }) => routes.includes(route));
  if (module === undefined) throw new Error(`${route.name} is not mounted`);
  return module;
}

/** The credential of someone who may make this call: none for open routes, the admin's for theirs. */
export function credentialFor(
  route: Route,
  { admin, me }: Pick<WalkerFixture, 'admin' | 'me'>,
): string | undefined {
  const { auth, keysOnly } = route.shape;
  if (auth === 'none' || auth === 'product_key') return undefined;
  if (auth === 'admin') return keysOnly === true ? admin.key : admin.token;
  return me.token;
}

/** The secret by which an account makes a call, where that takes one. */
export async function productKeyFor(
  route: Route,
  fixture: WalkerFixture,
  accountId: AccountId,
): Promise<string | undefined> {
  if (!takesProductKey(route)) return undefined;
  const { module } = moduleOf(fixture, route);
  const make = fixture.furnishings.productKeys?.[module];
  if (make === undefined)
    throw new Error(`${module}: its furnishings (productKeys) do not say how an account comes by a key`);
  return make(fixture.app, accountId);
}

const foreign = new WeakMap<WalkerFixture, Promise<IdsByColumn>>();

/** The household’s ids, without public ones. They are read once: refused calls change nothing. */
function foreignIds(fixture: WalkerFixture): Promise<IdsByColumn> {
  const ids =
    foreign.get(fixture) ??
    idsOf(fixture.db, fixture.household, fixture).then(
      (all) => new Map([...all].filter(([column]) => !column.startsWith('public_'))),
    );
  foreign.set(fixture, ids);
  return ids;
}

/**
 * A call’s holes with the household’s ids: each that the call may be about, and one of each other column, which names nothing to
 * it. The next call takes the next one of a column, and goes on where this one ended if it tries but some columns.
 */
export async function foreignFillings(route: Route, fixture: WalkerFixture): Promise<PathValues[]> {
  const ids = await foreignIds(fixture);
  const turn = Math.max(0, fixture.mounted.flatMap(({ routes }) => routes).indexOf(route));
  const others = new Set([...ids.values()].flatMap((column) => column[turn % column.length] ?? []));
  const { otherColumns = others.size } = fixture;
  const from = (turn * otherColumns) % Math.max(1, others.size);
  return fillingsOf(route, ids, [...others, ...others].slice(from, from + otherColumns));
}

/** Makes a call that no rate stands in the way of. */
export async function visit(fixture: WalkerFixture, route: Route, sending: CallInput): Promise<Reply> {
  await makeRoom(fixture.app, route);
  const reply = await send(fixture.url, route, sending);
  fixture.heard?.({ route, sending, reply });
  return reply;
}

/** Nothing, when a call was refused as it must be; otherwise what was answered instead. */
export function refusedAs(
  route: Route,
  reply: Reply,
  expected: { readonly status: number; readonly code?: string; readonly when: string },
): string[] {
  const { status, code, when } = expected;
  const faults = envelopeFaults(route, reply);
  if (reply.status === status && (code === undefined || reply.code === code)) return faults;
  const [said, wanted] = [
    [reply.status, reply.code],
    [status, code],
  ].map((parts) => parts.filter((part) => part !== undefined).join(' '));
  return [`${when}: ${said}, not ${wanted}`, ...faults];
}

/** What is wrong with a refusal itself: its form, its request id, a code that the route does not declare. */
export function envelopeFaults(route: Route, reply: Reply): string[] {
  if (reply.status < 400) return [];
  if (!isEnvelope(reply)) return [`its refusal is no envelope: ${reply.status} ${reply.text.slice(0, 200)}`];
  const known = errorDeclaration(reply.code ?? '');
  const rules: readonly (readonly [boolean, string])[] = [
    [reply.status >= 500, `it fails: ${reply.text.slice(0, 200)}`],
    [known?.status !== reply.status, `${reply.code ?? ''} is not declared with ${reply.status}`],
    [!errorsOf(route).includes(reply.code ?? ''), `its error ${reply.code ?? ''} is not documented`],
  ];
  return rules.filter(([broken]) => broken).map(([, says]) => says);
}

/**
 * Whether an answer is `{"error": {code, message, details?, request_id, docs_url}}` and nothing else, with its request id. Where OpenAI's
 * clients call, its `type` and `param` are there too; Google's have another form.
 */
export function isEnvelope({ json, headers }: Pick<Reply, 'json' | 'headers'>): boolean {
  const { error, ...frame } = isRecord(json) ? json : {};
  if (!isRecord(error)) return false;
  const {
    code,
    message,
    request_id: requestId,
    docs_url: docs,
    details,
    type,
    param,
    status,
    ...more
  } = error;
  // Google's has the status as its code, and ours among the details.
  const isGoogles = typeof code === 'number' && typeof status === 'string' && Array.isArray(details);
  // The frame of Anthropic's protocol says so beside the error.
  const isFramed = frame['type'] === 'error' && frame['request_id'] === requestId;
  return (
    Object.keys(frame).length === (isFramed ? 2 : 0) &&
    Object.keys(more).length === 0 &&
    (isGoogles || (typeof code === 'string' && status === undefined && typeof docs === 'string')) &&
    typeof message === 'string' &&
    (isGoogles || details === undefined || isRecord(details)) &&
    (type === undefined || typeof type === 'string') &&
    (param === undefined || param === null || typeof param === 'string') &&
    typeof requestId === 'string' &&
    requestId === headers.get('x-request-id')
  );
}
