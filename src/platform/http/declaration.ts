import { declaredErrors } from '#platform/kernel';
import type { Route, RouteRate } from './route.ts';

/** How a route takes an Idempotency-Key, the default filled in: POSTs of a known caller may carry one. */
export function idempotencyOf(route: Route): 'required' | 'optional' | 'none' {
  const { idempotency, auth } = route.shape;
  return idempotency ?? (route.method === 'POST' && auth !== 'none' ? 'optional' : 'none');
}

/** Largest body in bytes where a route says nothing else. */
export const DEFAULT_MAX_BODY = 64 * 1024;

/** The features that a route may spend; none where it spends nothing. */
export function featuresOf({ shape }: Route): readonly string[] {
  return shape.spends === undefined ? [] : [shape.spends.feature].flat();
}

/** How often a route may be called: all that it declares. */
export function ratesOf({ shape }: Route): readonly [RouteRate, ...RouteRate[]] {
  return 'by' in shape.rate ? [shape.rate] : shape.rate;
}

/** What is wrong with a route's declaration, in sentences; the server refuses to start with such a route. */
export function objectionsTo(route: Route): string[] {
  const { shape } = route;
  const ratedBy = ratesOf(route).map(({ by }) => by);
  const known = new Set(declaredErrors().map(([code]) => code));
  const rules: readonly (readonly [boolean, string])[] = [
    [shape.may !== undefined && shape.auth !== 'account', '`may` needs auth `account`'],
    [
      shape.within !== undefined && (shape.auth !== 'user' || !route.path.includes('/:id')),
      '`within` needs auth `user` and an organization in the path',
    ],
    [shape.stepUp === true && shape.auth === 'none', '`stepUp` needs somebody who is signed in'],
    [shape.onBehalf === true && shape.auth !== 'account', '`onBehalf` needs auth `account`'],
    [shape.largeBody !== undefined && shape.auth !== 'account', '`largeBody` needs auth `account`'],
    [shape.soldRates !== undefined && shape.auth !== 'account', '`soldRates` needs auth `account`'],
    [shape.holds !== undefined && shape.auth !== 'account', '`holds` needs auth `account`'],
    [shape.auth === 'account' && shape.may === undefined, 'auth `account` needs `may`'],
    [shape.auth !== 'none' && shape.scope === undefined, 'a signed-in route needs a `scope` (or `session`)'],
    [
      shape.auth === 'none' && ratedBy.some((by) => by !== 'ip'),
      'a route for anyone can only be rated by `ip`',
    ],
    [
      shape.auth !== 'account' && ratedBy.some((by) => by === 'account' || by === 'member'),
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
    [shape.body !== undefined && route.method === 'GET', `a ${route.method} has no body`],
    [Object.keys(shape.reply).length === 0, 'it has no reply'],
  ];
  const objections = rules.filter(([broken]) => broken).map(([, says]) => says);
  const undeclared = (shape.errors ?? []).filter((code) => !known.has(code));
  return [...objections, ...undeclared.map((code) => `its error ${code} is not declared`)].map(
    (says) => `${route.name}: ${says}`,
  );
}
