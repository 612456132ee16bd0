import { errorDeclaration } from '#platform/kernel';
import { exampleOf } from './examples.ts';
import type { Route, RouteAlias, RouteRate } from './route.ts';

/** Whether it is called with a secret of its product, or may be. */
export function takesProductKey({ shape: { auth } }: Pick<Route, 'shape'>): boolean {
  return auth === 'product_key' || auth === 'account_or_product_key';
}

/** Whether its clients may send their token or key in X-Api-Key too: those of another's protocol. */
export function takesApiKeyHeader({ shape: { auth, errorForm } }: Pick<Route, 'shape'>): boolean {
  return auth !== 'none' && errorForm !== undefined;
}

/** Whether who calls is a member of an account, or may be one. */
export function isForMembers({ shape: { auth } }: Pick<Route, 'shape'>): boolean {
  return auth === 'account' || auth === 'account_or_product_key';
}

/** How a route takes an Idempotency-Key, the default filled in: POSTs of a known caller may carry one. */
export function idempotencyOf(route: Route): 'required' | 'optional' | 'none' {
  const { idempotency, auth } = route.shape;
  const isByCaller = auth !== 'none' && !takesProductKey(route);
  return idempotency ?? (route.method === 'POST' && isByCaller ? 'optional' : 'none');
}

/** Largest body in bytes where a route says nothing else. */
export const DEFAULT_MAX_BODY = 64 * 1024;

/** The features that a route may spend; none where it spends nothing. */
export function featuresOf({ shape }: Route): readonly string[] {
  return shape.spends === undefined ? [] : [shape.spends.feature].flat();
}

/** The other names that a route answers at. */
export function aliasesOf({ shape }: Route): readonly RouteAlias[] {
  return (shape.aliases ?? []).map((alias) => (typeof alias === 'string' ? { name: alias } : alias));
}

/** The status that the example's reply is of: the first one that answers so. */
export function exampleStatusOf(route: Route): number {
  const { reply } = route.shape;
  const example = exampleOf(route);
  const statuses = Object.keys(reply).map(Number);
  return statuses.find((status) => reply[status]?.safeParse(example.reply).success) ?? Math.min(...statuses);
}

const paramsIn = (path: string): string[] => [...path.matchAll(/:\w+/g)].map(([name]) => name);

/** Whether two paths have the same parameters, in any order. */
function haveSameParams(one: string, other: string): boolean {
  const [names, others] = [paramsIn(one), paramsIn(other)];
  return names.length === others.length && names.every((name) => others.includes(name));
}

function hasStrayAlias(route: Route): boolean {
  return aliasesOf(route).some(({ name, form }) => form === undefined && !haveSameParams(name, route.path));
}

/** How often a route may be called: all that it declares. */
export function ratesOf({ shape }: Route): readonly [RouteRate, ...RouteRate[]] {
  return 'by' in shape.rate ? [shape.rate] : shape.rate;
}

/** Whether it is broken, and what is wrong then. */
type DeclarationRule = readonly [broken: boolean, says: string];

/** Rules for a route whose caller is known by a secret of its product: what it must say, and can't. */
function productKeyRules(route: Route, ratedBy: readonly RouteRate['by'][]): DeclarationRule[] {
  const { shape } = route;
  const byKey = takesProductKey(route);
  return [
    [
      byKey !== (shape.productKey !== undefined),
      '`productKey` goes with auth `product_key` or `account_or_product_key`, and they with it',
    ],
    [byKey && !ratedBy.includes('ip'), 'a secret is looked up for callers that are rated by `ip`'],
    [
      byKey && ratedBy.some((by) => by === 'user' || by === 'member'),
      'a route with `productKey` has no user to be rated by',
    ],
    [
      byKey && shape.precheck !== undefined,
      'a precheck answers before anything is looked up, and a `productKey` is',
    ],
    [byKey && shape.stepUp === true, '`stepUp` needs somebody who is signed in'],
    [byKey && idempotencyOf(route) !== 'none', 'an Idempotency-Key needs a caller to belong to'],
  ];
}

/** Types of bodies that are forms. */
export type FormType = 'multipart/form-data' | 'application/x-www-form-urlencoded';

/** The form that a route takes in place of JSON. */
export function formTypeOf({ shape }: Route): FormType | undefined {
  if (shape.multipart === true) return 'multipart/form-data';
  return shape.urlencoded === true ? 'application/x-www-form-urlencoded' : undefined;
}

/** Rules for a route's body, and for a token in its answer. */
function bodyRules(route: Route): DeclarationRule[] {
  const { shape, method } = route;
  return [
    [shape.body !== undefined && method === 'GET', `a ${method} has no body`],
    [
      shape.multipart === true && (shape.rawBody !== true || shape.socket !== undefined),
      '`multipart` goes with `rawBody`, and not with a `socket`',
    ],
    [
      shape.urlencoded === true && (shape.body === undefined || shape.rawBody === true),
      '`urlencoded` needs a `body`, whose fields are checked',
    ],
    [
      shape.streamedBody === true && idempotencyOf(route) !== 'none',
      'a `streamedBody` is read by its handler: there is no Idempotency-Key that it could be bound to',
    ],
    [
      shape.session !== undefined && idempotencyOf(route) !== 'none',
      'no stored answer has what a `session` keeps in a cookie: it takes no Idempotency-Key',
    ],
  ];
}

/** Rules for a route's socket. */
function socketRules({ shape, method, path }: Route): DeclarationRule[] {
  const { socket } = shape;
  if (socket === undefined) return [];
  const isJson = shape.body !== undefined && shape.page !== true && shape.produces === undefined;
  return [
    [method !== 'POST' || !isJson, 'a `socket` needs a POST with a body, which answers JSON'],
    [!haveSameParams(socket, path), 'its `socket` has other parameters in its path'],
    [shape.streams === true, 'a `socket` has one answer, and `streams` has many'],
  ];
}

/** Rules for a route's precheck. */
function precheckRules({ shape: { precheck, spends } }: Route): DeclarationRule[] {
  if (precheck === undefined) return [];
  return [
    [
      precheck.text === undefined && precheck.stored === undefined,
      'a precheck looks at `text`, at what is `stored`, or both',
    ],
    [
      precheck.crisis === undefined && spends !== undefined,
      'a crisis is answered before anything is spent: `precheck.crisis` says with what',
    ],
  ];
}

/** Faults of a route's declaration, in sentences; the server refuses to start with such a route. */
export function objectionsTo(route: Route): string[] {
  const { shape } = route;
  const ratedBy = ratesOf(route).map(({ by }) => by);
  const byKey = takesProductKey(route);
  const hasAccount = shape.auth === 'account' || byKey;
  const rules: readonly DeclarationRule[] = [
    ...productKeyRules(route, ratedBy),
    ...bodyRules(route),
    ...precheckRules(route),
    ...socketRules(route),
    [shape.may !== undefined && !isForMembers(route), '`may` needs auth `account`'],
    [
      shape.within !== undefined && (shape.auth !== 'user' || !route.path.includes('/:id')),
      '`within` needs auth `user` and an organization in the path',
    ],
    [hasStrayAlias(route), 'an alias has other parameters in its path, and does not say what they become'],
    [shape.stepUp === true && shape.auth === 'none', '`stepUp` needs somebody who is signed in'],
    [shape.onBehalf !== undefined && shape.auth !== 'account', '`onBehalf` needs auth `account`'],
    [shape.keysOnly === true && shape.auth !== 'admin', '`keysOnly` needs auth `admin`'],
    [shape.largeBody !== undefined && shape.auth !== 'account', '`largeBody` needs auth `account`'],
    [shape.soldRates !== undefined && !hasAccount, '`soldRates` needs auth `account`'],
    [shape.requires !== undefined && !hasAccount, '`requires` needs auth `account`'],
    [shape.holds !== undefined && !isForMembers(route), '`holds` needs auth `account`'],
    [isForMembers(route) && shape.may === undefined, 'auth `account` needs `may`'],
    [
      shape.auth !== 'none' && shape.auth !== 'product_key' && shape.scope === undefined,
      'a signed-in route needs a `scope` (or `session`)',
    ],
    [
      shape.auth === 'none' && ratedBy.some((by) => by !== 'ip'),
      'a route for anyone can only be rated by `ip`',
    ],
    [
      !hasAccount && ratedBy.some((by) => by === 'account' || by === 'member'),
      'a rate by `account` or `member` needs auth `account`',
    ],
    [new Set(ratedBy).size < ratedBy.length, 'it is rated twice by the same'],
    [shape.spends !== undefined && shape.auth !== 'account', '`spends` needs auth `account`'],
    [shape.spends !== undefined && route.method !== 'POST', '`spends` needs a POST'],
    [
      shape.spends !== undefined && featuresOf(route).length !== 1 && shape.spends.which === undefined,
      'it spends one of several features, and `which` does not say',
    ],
    [
      idempotencyOf(route) !== 'none' && shape.auth === 'none',
      'an Idempotency-Key needs a caller to belong to',
    ],
    [idempotencyOf(route) !== 'none' && route.method !== 'POST', 'an Idempotency-Key belongs to a POST'],
    [
      shape.secrets !== undefined && (idempotencyOf(route) === 'none' || shape.spends !== undefined),
      '`secrets` needs an Idempotency-Key that is taken outside of admission',
    ],
    [Object.keys(shape.reply).length === 0, 'it has no reply'],
  ];
  const objections = rules.filter(([broken]) => broken).map(([, says]) => says);
  const undeclared = (shape.errors ?? []).filter((code) => errorDeclaration(code) === undefined);
  return [...objections, ...undeclared.map((code) => `its error ${code} is not declared`)].map(
    (says) => `${route.name}: ${says}`,
  );
}
