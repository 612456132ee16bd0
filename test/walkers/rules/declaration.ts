import type { Catalogue } from '#platform/entitlements';
import {
  exampleOf,
  exampleStatusOf,
  featuresOf,
  idempotencyOf,
  ratesOf,
  type Route,
  type RouteAuth,
  takesApiKeyHeader,
  takesProductKey,
} from '#platform/http';
import { errorsOf, openApiOf } from '#server';
import { apiLine } from '../../../scripts/generate/api.ts';
import { readGenerated } from '@plinth/testkit/house/source';
import { isRecord, paramNames } from '@plinth/testkit/walkers/calls';
import { RECORD } from '../examples/examples-text.ts';
import { KEYLESS } from '../keyless.ts';
import {
  bodyOf,
  type Content,
  moduleOf,
  schemaOf,
  type OpenApi,
  type Operation,
  operationOf,
  type Rule,
} from '@plinth/testkit/walkers/rules/rule';

const KEPT = new Set(readGenerated('api.txt').split('\n'));

/** A secret of a product is no scheme of the document; where a token does as well, it may be left out. */
const SCHEMES: Readonly<Record<RouteAuth, number>> = {
  none: 0,
  product_key: 0,
  user: 1,
  account: 1,
  admin: 1,
  account_or_product_key: 2,
};

/** A call of another's protocol takes its key in a header more. */
const schemesOf = (route: Route) => SCHEMES[route.shape.auth] + (takesApiKeyHeader(route) ? 1 : 0);

const documented: Rule = {
  key: 'documented',
  name: 'is documented, with a summary, every error code and an example',
  visits: () => true,
  objections(route, { document }) {
    const operation = operationOf(document, route);
    if (operation === undefined) return ['it is not in the document'];
    const said = Object.values(operation.responses).map((response) => response?.description ?? '');
    const codes = errorsOf(route).filter((code) => !said.some((text) => text.includes(`\`${code}\``)));
    const faults: readonly (readonly [boolean, string])[] = [
      [(operation.summary ?? '').length < 10, 'it has no summary'],
      [operation.security.length !== schemesOf(route), 'its security is wrong'],
      [codes.length > 0, `errors are missing: ${codes.join()}`],
      [lacksExample(route, operation), `an example is missing: ${RECORD}`],
      [!isKept(route), 'docs/generated/api.txt does not have it so: npm run generate'],
    ];
    return faults.filter(([broken]) => broken).map(([, says]) => says);
  },
};

function isKept(route: Route): boolean {
  return KEPT.has(apiLine(route, openApiOf([{ routes: [route] }], { version: '0' })));
}

/** Done, or to be found elsewhere. */
const SAYS_NOTHING: ReadonlySet<number> = new Set([204, 302]);

function lacksExample(route: Route, operation: Operation): boolean {
  const { responses } = operation;
  const body = bodyOf(operation);
  const first = exampleStatusOf(route);
  const [reply] = Object.values(responses[first]?.content ?? {});
  return (
    (body !== undefined && body.example === undefined) ||
    (!SAYS_NOTHING.has(first) && reply?.example === undefined)
  );
}

const exemplary: Rule = {
  key: 'exemplary',
  name: 'keeps its own schemas in its example, as the server reads them and as the document writes them',
  visits: () => true,
  objections(route, { document }) {
    const { shape } = route;
    const { body, query, params = {}, reply: replied } = exampleOf(route);
    const operation = operationOf(document, route);
    const first = exampleStatusOf(route);
    const faults: readonly (readonly [boolean, string])[] = [
      [shape.body?.safeParse(body).success === false, 'its body is not one that it takes'],
      [shape.query?.safeParse(query ?? {}).success === false, 'its query is not one that it takes'],
      [
        shape.reply[first]?.safeParse(replied).success === false,
        `its reply is not one that it gives: ${RECORD}`,
      ],
      [!fitsWritten(operation?.requestBody?.content, body), 'the document does not take its body'],
      [
        !fitsWritten(operation?.responses[first]?.content, replied),
        `the document does not know its reply: ${RECORD}`,
      ],
      [paramNames(route).some((name) => !(name in params)), `a parameter of its path is missing: ${RECORD}`],
    ];
    return faults.filter(([broken]) => broken).map(([, says]) => says);
  },
};

const named: Rule = {
  key: 'named',
  name: 'has a name for each object that it takes or answers, so that generated clients have one',
  visits: () => true,
  objections(route) {
    const { paths, components } = openApiOf([{ routes: [route] }], { version: '0' }) as {
      readonly paths: OpenApi['paths'];
      readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
    };
    const { requestBody, responses } = operationOf({ paths }, route) ?? { responses: {} };
    const parts = Object.values(components.schemas).map((schema) =>
      Object.values(isRecord(schema) ? schema : {}),
    );
    const answers = Object.values(responses).map((response) => response?.content);
    return [
      ...[...namelessIn([requestBody, responses], 1), ...namelessIn(parts, 2)].map(
        (fields) => `its object of ${fields} has no name: namedObject()`,
      ),
      ...(answers.some(hasNamelessJson)
        ? ['its JSON has no name: namedObject() or namedUnion(); a file is said by `produces`']
        : []),
    ];
  },
};

/** Whether JSON is answered whose schema stands there and not under a name of its own. */
function hasNamelessJson(content: Content | undefined): boolean {
  const schema = content?.['application/json']?.schema;
  return schema !== undefined && !('$ref' in schema);
}

/** The fields of each object that is written out where it is used, and has at least so many of them. */
function namelessIn(value: unknown, least: number): string[] {
  if (Array.isArray(value)) return value.flatMap((one) => namelessIn(one, least));
  if (!isRecord(value)) return [];
  const { properties, example: _, ...rest } = value;
  const fields = isRecord(properties) ? Object.keys(properties) : [];
  const isNameless = value['type'] === 'object' && fields.length >= least;
  return [
    ...(isNameless ? [fields.join(', ')] : []),
    ...namelessIn([Object.values(isRecord(properties) ? properties : {}), Object.values(rest)], least),
  ];
}

function fitsWritten(content: Content | undefined, value: unknown): boolean {
  const schema = (content?.['application/json'] ?? content?.['multipart/form-data'])?.schema;
  return schema === undefined || schemaOf(schema).safeParse(value).success;
}

const spending: Rule = {
  key: 'spending',
  name: 'that spends names a feature of its product, whose limits exist and are granted by every plan',
  visits: ({ shape }) => shape.spends !== undefined,
  objections(route, fixture) {
    const { module, product = module } = moduleOf(fixture, route);
    const catalogue = fixture.app.app.modules.entitlements.catalogues.get(product);
    return featuresOf(route).flatMap((name) => {
      const feature = catalogue?.features[name];
      return catalogue === undefined || feature === undefined
        ? [`there is no feature ${name}`]
        : objectionsToFeature(catalogue, feature);
    });
  },
};

function objectionsToFeature(catalogue: Catalogue, feature: Catalogue['features'][string]): string[] {
  const missing = feature.consumes.filter((limit) => !Object.hasOwn(catalogue.limits, limit));
  const ungranted = Object.entries(catalogue.plans).flatMap(([plan, { grants }]) =>
    feature.consumes.filter((limit) => grants[limit] === undefined).map((limit) => `${plan} has no ${limit}`),
  );
  return [
    ...(feature.consumes.length === 0 ? ['it consumes no limit'] : []),
    ...missing.map((limit) => `the limit ${limit} is not declared`),
    ...ungranted,
  ];
}

const repeatable: Rule = {
  key: 'repeatable',
  name: 'that is a POST takes an Idempotency-Key, or says why not',
  visits: ({ method }) => method === 'POST',
  objections: (route) =>
    idempotencyOf(route) !== 'none' || /takes no Idempotency-Key: \w+/.test(route.shape.description ?? '')
      ? []
      : ['it takes none, and its description does not say why'],
};

const keyed: Rule = {
  key: 'keyed',
  name: 'that is a POST of somebody who is signed in takes an Idempotency-Key, or is on the short list of those that do not',
  visits: (route) => route.method === 'POST' && route.shape.auth !== 'none' && !takesProductKey(route),
  objections: (route) =>
    idempotencyOf(route) !== 'none' || Object.hasOwn(KEYLESS, route.name)
      ? []
      : ['it takes none, and is not in test/walkers/keyless.ts'],
};

/** Names of fields that hold credentials. */
const SECRET_NAME = /(^|_)(key|secret|token|password|codes)$/;

const shownOnce: Rule = {
  key: 'shown-once',
  name: 'that takes an Idempotency-Key and answers a secret says so: it is not kept, and null in a repeat',
  visits: (route) => idempotencyOf(route) !== 'none',
  objections(route) {
    const { shape } = route;
    const { reply } = exampleOf(route);
    const first = exampleStatusOf(route);
    const { secrets = [] } = shape;
    const fields = isRecord(reply) ? Object.keys(reply) : [];
    const unsaid = fields.filter((field) => SECRET_NAME.test(field) && !secrets.includes(field));
    const missing = secrets.filter((field) => !fields.includes(field));
    const nothing = Object.fromEntries(secrets.map((field) => [field, null]));
    const repeated = isRecord(reply) ? { ...reply, ...nothing } : reply;
    const faults: readonly (readonly [boolean, string])[] = [
      [unsaid.length > 0, `it answers secrets that a repeat is shown again: ${unsaid.join()}`],
      [missing.length > 0, `it does not answer ${missing.join()}`],
      [shape.reply[first]?.safeParse(repeated).success === false, 'its schema has no null for a repeat'],
    ];
    return faults.filter(([broken]) => broken).map(([, says]) => says);
  },
};

const rated: Rule = {
  key: 'rated',
  name: 'declares how often it may be called',
  visits: () => true,
  objections: (route) =>
    ratesOf(route).flatMap(({ perMinute, by }) => {
      const isSane = Number.isInteger(perMinute) && perMinute > 0 && perMinute <= 60_000;
      const isKnown = ['ip', 'user', 'account', 'member', 'key'].includes(by);
      return isSane && isKnown ? [] : [`its rate of ${perMinute} by ${by} is none`];
    }),
};

/** What a route says of itself. */
export const DECLARATION: readonly Rule[] = [
  documented,
  exemplary,
  named,
  spending,
  repeatable,
  keyed,
  shownOnce,
  rated,
];
