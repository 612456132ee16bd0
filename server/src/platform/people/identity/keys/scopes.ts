import type { Caller } from '#platform/http';
import { AppError } from '#platform/kernel';

/** Scopes that a key can have on the platform itself; `*` is everything that its user may. */
const PLATFORM_SCOPES = [
  '*',
  'account:read',
  'account:write',
  'keys:write',
  'ai:call',
  'jobs:read',
  'usage:read',
  'permits:read',
  'permits:write',
  'billing:read',
  'billing:write',
  'customers:read',
  'customers:write',
  'admin:read',
  'admin:write',
];

/** The scopes that exist: the platform's own, reading and writing in each product, and what else their routes ask for. */
export function knownScopes(
  products: readonly string[],
  further: readonly string[] = [],
): ReadonlySet<string> {
  return new Set([
    ...PLATFORM_SCOPES,
    ...products.flatMap((product) => [`${product}:read`, `${product}:write`]),
    ...further.filter((scope) => scope !== 'session' && scope !== 'any'),
  ]);
}

/** Whether a caller may make a call that asks for a scope. `session` is for people: no key has it; each has `any`. */
export function allowsScope(caller: Pick<Caller, 'keyId' | 'scopes'>, scope: string): boolean {
  if (caller.keyId === undefined) return true;
  return scope === 'any' || (scope !== 'session' && covers(caller.scopes, scope));
}

/** Throws when a caller asks for scopes that don't exist, or hands on more than it has. */
export function assertGrantable(
  caller: Pick<Caller, 'keyId' | 'scopes'>,
  asked: readonly string[],
  known: ReadonlySet<string>,
): void {
  const message = 'There is no such scope.';
  // By their place, and not in the caller's words: errors repeat no text.
  const issues = asked.flatMap((scope, index) =>
    known.has(scope) ? [] : [{ path: `body.scopes.${index}`, message }],
  );
  if (issues.length > 0) {
    throw new AppError('validation_failed', { message, details: { issues, known: [...known] } });
  }
  assertCovers(caller, asked, 'make');
}

/** Throws when a key would make or revoke one that may do more than itself. */
export function assertCovers(
  caller: Pick<Caller, 'keyId' | 'scopes'>,
  scopes: readonly string[],
  verb: 'make' | 'revoke',
): void {
  const beyond = scopes.filter((scope) => !allowsScope(caller, scope));
  if (beyond.length === 0) return;
  throw new AppError('forbidden', {
    message: `A key can not ${verb} a key that may do more than itself.`,
    details: { scopes: beyond },
  });
}

function covers(held: readonly string[], scope: string): boolean {
  return held.includes('*') || held.includes(scope);
}
