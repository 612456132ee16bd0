import { gzipSync } from 'node:zlib';
import { DEFAULT_MAX_BODY, exampleOf, type Route } from '#platform/http';
import { jsonIn } from '#platform/kernel';
import { isRecord, type Reply, type CallInput } from '../calls.ts';
import { bodyTypeOf, FIELDS_TYPE } from '../forms.ts';
import { misshapenValues, wrongValues } from '../shapes.ts';
import {
  bodyOf,
  credentialFor,
  type WalkerFixture,
  operationOf,
  refusedAs,
  type Rule,
  type Schema,
  visit,
} from './rule.ts';

const takesBody = ({ shape }: Route) => shape.body !== undefined;
/** Raw bodies are checked by their handler, against the signature. */
const mayCarryBody = ({ method, shape }: Route) => method !== 'GET' && shape.streamedBody !== true;

/** As someone who may call, and for whom nothing but the input can be wrong. */
function visitAsCaller(fixture: WalkerFixture, route: Route, sending: CallInput): Promise<Reply> {
  return visit(fixture, route, { as: credentialFor(route, fixture), ...sending });
}

/**
 * Which wrong values are sent: the first of each field, and all that the route's own form would take. That a form refuses the others
 * is asked of the form itself, which the server reads every call by; a handler that reads its body by itself is sent them all.
 */
function sentOf<Wrong extends { readonly path: string; readonly value: unknown }>(
  { shape }: Route,
  form: Route['shape']['body'],
  values: readonly Wrong[],
): Wrong[] {
  const fields = new Set<string>();
  return values.filter(({ path, value }) => {
    const isFirst = !fields.has(path);
    fields.add(path);
    return isFirst || shape.rawBody === true || form?.safeParse(value).success !== false;
  });
}

const bodies: Rule = {
  key: 'bodies',
  name: 'is 400 for a field of the wrong shape, a missing and an undeclared one, and names the field',
  visits: takesBody,
  async objections(route, fixture) {
    const schema = bodyOf(operationOf(fixture.document, route))?.schema;
    if (schema === undefined) return ['its body is not documented'];
    const found = new Set<string>();
    const values = misshapenValues(schema, exampleOf(route).body).filter(
      ({ path, value }) => bodyTypeOf(route.shape) === 'application/json' || isSayable(path, value),
    );
    for (const { path, value } of sentOf(route, route.shape.body, values)) {
      const reply = await visitAsCaller(fixture, route, { body: value });
      for (const one of objectionsTo(route, reply, `body.${path}`)) found.add(one);
    }
    return [...found];
  },
};

/** In a form everything is text. */
const isSayable = (path: string, value: unknown): boolean =>
  isRecord(value) && (path === 'undeclared' || ['string', 'undefined'].includes(typeof value[path]));

const queries: Rule = {
  key: 'queries',
  name: 'is 400 for a wrong or undeclared query parameter, and names it',
  visits: () => true,
  async objections(route, fixture) {
    const parameters = operationOf(fixture.document, route)?.parameters ?? [];
    const given = exampleOf(route).query ?? {};
    const wrong = parameters
      .filter((one) => one.in === 'query')
      .flatMap(({ name, schema }) => wrongTexts(schema).map((value) => ({ path: name, value })));
    // A link to a page for people may carry what its server does not know.
    const isPage = route.shape.page === true && route.method === 'GET';
    const values = [...wrong, ...(isPage ? [] : [{ path: 'undeclared', value: '1' }])].map(
      ({ path, value }) => ({
        path,
        value: { ...given, [path]: value },
      }),
    );
    const found = new Set<string>();
    for (const { path, value } of sentOf(route, route.shape.query, values)) {
      const reply = await visitAsCaller(fixture, route, { query: value });
      for (const one of objectionsTo(route, reply, `query.${path}`)) found.add(one);
    }
    return [...found];
  },
};

/** What `Number` reads though no client writes a number so. */
const ODD_NUMERALS = ['', ' ', ' 1', '0x10', '1e1', '+1', '01', '1.0'];

/** In a query everything is text: a number is what reads as one. */
function wrongTexts(schema: Schema): unknown[] {
  const isText = schema['type'] === 'string';
  const outside = wrongValues(schema).filter((value) => typeof value === (isText ? 'string' : 'number'));
  return [...outside, ['1', '2'], ...(isText ? [] : ['x', '1e400', 'NaN', ...ODD_NUMERALS])];
}

/** A refusal of the input must say which field it is about. */
function objectionsTo(route: Route, reply: Reply, path: string): string[] {
  // A vendor's protocol knows fields that are not offered here, and says so.
  const code =
    route.shape.rawBody === true && reply.code === 'field_refused' ? reply.code : 'validation_failed';
  const faults = refusedAs(route, reply, { status: 400, code, when: path });
  if (faults.length > 0 || namesField(reply, path)) return faults;
  return [`${path}: the refusal does not name it: ${reply.text.slice(0, 200)}`];
}

function namesField({ json }: Reply, path: string): boolean {
  const error = isRecord(json) && isRecord(json['error']) ? json['error'] : {};
  const details = detailsIn(error['details']);
  const issues = Array.isArray(details['issues']) ? (details['issues'] as { path: string }[]) : [];
  const named =
    typeof details['field'] === 'string' ? [`body.${details['field']}`] : issues.map((one) => one.path);
  if (path === 'body.')
    return named.includes('body') || String(error['message']).includes('The body must be');
  return named.some((one) => one === path || one.startsWith(`${path}.`));
}

/** Google's form has a list, and our details as texts in the one that names our code. */
function detailsIn(details: unknown): Readonly<Record<string, unknown>> {
  if (!Array.isArray(details)) return isRecord(details) ? details : {};
  const [told] = details.flatMap((one: unknown) =>
    isRecord(one) && isRecord(one['metadata']) ? [one['metadata']] : [],
  );
  return { ...told, issues: jsonIn(String(told?.['issues'])) };
}

const bodiless: Rule = {
  key: 'bodiless',
  name: 'that takes no body is 400 for one',
  visits: (route) => mayCarryBody(route) && !takesBody(route),
  async objections(route, fixture) {
    const found: string[] = [];
    for (const body of [{ undeclared: 1 }, ['a'], 'a word']) {
      const reply = await visitAsCaller(fixture, route, { body });
      found.push(...refusedAs(route, reply, { status: 400, code: 'validation_failed', when: 'a body' }));
    }
    return found;
  },
};

const sizes: Rule = {
  key: 'sizes',
  name: 'is 413 for a body above its size',
  visits: mayCarryBody,
  async objections(route, fixture) {
    const most = route.shape.largeBody?.most ?? route.shape.maxBody ?? DEFAULT_MAX_BODY;
    const raw = JSON.stringify(exampleOf(route).body ?? {}).padEnd(most + 1, ' ');
    const reply = await visitAsCaller(fixture, route, { raw });
    return refusedAs(route, reply, { status: 413, code: 'payload_too_large', when: `${most + 1} bytes` });
  },
};

const types: Rule = {
  key: 'types',
  name: 'is 415 for a body that is no JSON in UTF-8, or no form where it takes one',
  visits: mayCarryBody,
  async objections(route, fixture) {
    const text = JSON.stringify(exampleOf(route).body ?? {});
    const others = [
      { type: route.shape.urlencoded === true ? 'application/json' : FIELDS_TYPE, raw: 'a=b' },
      {
        type: route.shape.multipart === true ? 'application/json' : 'multipart/form-data; boundary=x',
        raw: '--x--',
      },
      { type: 'application/json; charset=utf-16', raw: text },
      { type: 'application/json; charset=latin1', raw: text },
      { type: 'application/json', raw: new Uint8Array(gzipSync(text)), encoding: 'gzip' },
    ];
    // One place refuses them all for all routes: each is sent one, and the next of the others.
    const turn = fixture.mounted.flatMap(({ routes }) => routes).indexOf(route) + others.length;
    const attempts = [
      { type: 'text/plain', raw: text, encoding: undefined },
      ...others.slice(turn % others.length).slice(0, 1),
    ];
    const found: string[] = [];
    for (const { type, raw, encoding } of attempts) {
      const more: Record<string, string> = encoding === undefined ? {} : { 'content-encoding': encoding };
      const reply = await visitAsCaller(fixture, route, { raw, headers: { 'content-type': type, ...more } });
      const when = encoding ?? type;
      found.push(...refusedAs(route, reply, { status: 415, code: 'unsupported_media_type', when }));
    }
    return found;
  },
};

/** What may be said. */
export const INPUT: readonly Rule[] = [bodies, queries, bodiless, sizes, types];
