import { createHash } from 'node:crypto';
import { aliasesOf, type Route } from '#platform/http';
import { errorsOf, operationIdOf } from '#server';
import { declarationOf } from '../../server/src/main/access-matrix.ts';

interface Document {
  readonly paths?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Keys that describe a call to its reader and change nothing of it. */
const TOLD = new Set(['summary', 'description', 'title', 'tags', 'operationId', 'example', 'examples']);
/** Objects whose keys are names that we chose, and no words of OpenAPI. */
const OF_NAMES = new Set(['properties', 'patternProperties', 'content', 'responses']);
/** Their order says nothing. */
const SETS = new Set(['required', 'enum']);

const HEAD = `# Each call: method and path, its name, who may make it, and a digest of what it takes and answers (without texts and examples).
# Made from the routes by npm run generate. All of it is in openapi.json, which npm ci makes beside this file; /docs/reference of a server shows it.
`;

/** A line for each call, so that a review sees which ones a change touches. */
export function apiText(routes: readonly Route[], document: Document): string {
  const sorted = routes.toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
  return `${HEAD}${sorted.map((route) => `${apiLine(route, document)}\n`).join('')}`;
}

const placeOf = ({ path, method }: Route) => `${path} ${method}`;

/** `GET /v1/account  getAccount  account ≥ viewer  1f8e22c0` */
export function apiLine(route: Route, document: Document): string {
  return [route.name, operationIdOf(route), declarationOf(route), digestOfCall(route, document)].join('  ');
}

function digestOfCall(route: Route, document: Document): string {
  const operation = document.paths?.[route.path.replace(/:(\w+)/g, '{$1}')]?.[route.method.toLowerCase()];
  const said = [
    contractOf(operation, document),
    aliasesOf(route).map(({ name }) => name),
    errorsOf(route).toSorted(),
  ];
  return createHash('sha256').update(JSON.stringify(said)).digest('hex').slice(0, 8);
}

/** A part of the document without its texts, in one order, and the named schemas that it refers to. */
function contractOf(part: unknown, document: object): unknown {
  const schemas = new Map<string, unknown>();
  const plain = (value: unknown, isOfNames = false): unknown => {
    if (Array.isArray(value)) return value.map((one) => plain(one));
    if (!isRecord(value)) return value;
    const { $ref } = value;
    if (typeof $ref === 'string' && !isOfNames) {
      // An answer is written once where several calls give it: that says nothing of this one.
      if (!$ref.startsWith(SCHEMAS)) return plain(pointedAt(document, $ref));
      if (!schemas.has($ref)) schemas.set($ref, undefined).set($ref, plain(pointedAt(document, $ref)));
    }
    const kept = Object.entries(value).filter(([key]) => isOfNames || !TOLD.has(key));
    return Object.fromEntries(
      kept
        .toSorted(byName)
        .map(([key, one]) => [
          key,
          SETS.has(key) && Array.isArray(one)
            ? one.map(String).toSorted()
            : plain(one, OF_NAMES.has(key) && !isOfNames),
        ]),
    );
  };
  return [plain(part), [...schemas].toSorted(byName)];
}

const SCHEMAS = '#/components/schemas/';

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => (a < b ? -1 : 1);

function pointedAt(document: object, $ref: string): unknown {
  const names = $ref.replace(/^#\//, '').split('/');
  return names.reduce<unknown>((value, name) => (isRecord(value) ? value[name] : undefined), document);
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
