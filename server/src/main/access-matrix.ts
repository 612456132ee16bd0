import { atLeast, type Role, type Route } from '#platform/http';

/** Callers of each route, by a name for the page; a test really calls as each of them. */
export const CALLERS = {
  nobody: 'nobody: no credential',
  nonsense: 'nonsense in place of a credential',
  expired: 'an access token that is over',
  ended: 'an access token of a session that was ended',
  revoked: 'a key that was revoked',
  suspended: 'a user who is suspended',
  narrow: 'an owner’s key with every scope but this one (for admin calls: an admin’s)',
  key: 'an owner’s key with the scope (for admin calls: an admin’s)',
  stranger: 'the owner of another account, who names this one',
  viewer: 'a viewer of the account',
  member: 'a member',
  admin: 'an admin of the account',
  owner: 'an owner',
  stale: 'an owner whose session was proven more than 15 minutes ago',
  personal: 'an owner, for their personal account',
  operator: 'a platform admin, who names the account',
  backend: 'a key of a platform admin, which names the account',
} as const;
export type Caller = keyof typeof CALLERS;

/** Fate of a call at the door: it is let in, even if its handler then refuses, or it is refused. */
export type Outcome = 'in' | 401 | 403 | 404;

const UNKNOWN: readonly Caller[] = ['nobody', 'nonsense', 'expired', 'ended', 'revoked', 'suspended'];
const ROLE_OF: Partial<Readonly<Record<Caller, Role>>> = {
  viewer: 'viewer',
  member: 'member',
  admin: 'admin',
  owner: 'owner',
  stale: 'owner',
  key: 'owner',
  narrow: 'owner',
};
const BY_KEY: readonly Caller[] = ['narrow', 'key', 'backend'];

/** A route's answer to a caller, by its declaration: its `auth`, `may`, `within`, `scope`, `holds`, `onBehalf` and `stepUp`. */
export function expectedOf({ shape }: Route, caller: Caller): Outcome {
  const { auth, scope } = shape;
  // A secret in the call opens it, and not its caller.
  if (auth === 'none' || auth === 'product_key') return 'in';
  if (auth === 'account_or_product_key' && caller === 'nobody') return 'in';
  if (UNKNOWN.includes(caller)) return 401;
  if ((caller === 'narrow' && scope !== 'any') || (scope === 'session' && BY_KEY.includes(caller)))
    return 403;
  if (shape.keysOnly === true && caller === 'operator') return 403;
  const standing = auth === 'admin' ? asAdmin(caller) : inAccount({ shape }, caller);
  if (standing !== 'in') return standing;
  return caller === 'stale' && shape.stepUp === true ? 403 : 'in';
}

/** A key for an admin's call is an admin's. */
function asAdmin(caller: Caller): Outcome {
  return caller === 'operator' || caller === 'backend' || caller === 'key' ? 'in' : 403;
}

function inAccount({ shape }: Pick<Route, 'shape'>, caller: Caller): Outcome {
  const least = shape.may ?? shape.within;
  if (least === undefined) return 'in';
  if (caller === 'personal') return shape.within !== undefined ? 404 : heldAs(shape.holds, 'personal');
  const role = ROLE_OF[caller];
  if (role === undefined) return caller === 'backend' && shape.onBehalf !== undefined ? 'in' : 404;
  return atLeast(role, least) ? heldAs(shape.holds, 'organization') : 403;
}

function heldAs(holds: 'personal' | 'organization' | undefined, kind: typeof holds): Outcome {
  return holds === undefined || holds === kind ? 'in' : 403;
}

const CALLER_NAMES = Object.keys(CALLERS) as Caller[];

const place = ({ path, method }: Route): string => `${path} ${method}`;

/** The access matrix as a page: every route, what it declares, and what becomes of each caller. */
export function accessMarkdown(routes: readonly Route[]): string {
  const sorted = [...routes].sort((a, b) => (place(a) < place(b) ? -1 : 1));
  const cells = sorted.flatMap((route) => CALLER_NAMES.map((caller) => expectedOf(route, caller)));
  const count = (outcome: Outcome) => cells.filter((one) => one === outcome).length;
  const head = ['route', 'declares', ...CALLER_NAMES];
  const rows = sorted.map((route) => [
    `\`${route.name}\``,
    declarationOf(route),
    ...CALLER_NAMES.map((caller) => symbolOf(expectedOf(route, caller))),
  ]);
  return `# Who may call what

Made from the routes by \`npm run generate\`; test/walkers/access.test.ts makes each of these calls, with the route's example, and
compares (docs/tenancy.md). ${routes.length} routes × ${CALLER_NAMES.length} callers = ${cells.length} calls: ${count('in')} are let in (✓), ${count(401)} are 401, ${count(403)} are 403, ${count(404)} are 404.
A caller who is let in may still be told no by the call itself: an id that is not there, a limit.

${CALLER_NAMES.map((caller) => `- **${caller}**: ${CALLERS[caller]}.`).join('\n')}

${[head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')}
`;
}

function symbolOf(outcome: Outcome): string {
  return outcome === 'in' ? '✓' : String(outcome);
}

/** A route's callers, in a few words: `account ≥ member, reel:write`. */
export function declarationOf({ shape }: Pick<Route, 'shape'>): string {
  const { auth, may, within, scope, holds } = shape;
  const least = may === undefined ? '' : ` ≥ ${may}`;
  return [
    `${auth}${least}`,
    ...(within === undefined ? [] : [`organization ≥ ${within}`]),
    ...(scope === undefined ? [] : [scope]),
    ...(holds === undefined ? [] : [`${holds} only`]),
    ...(shape.onBehalf !== undefined ? ['on behalf'] : []),
    ...(shape.keysOnly === true ? ['by key'] : []),
    ...(shape.stepUp === true ? ['step-up'] : []),
  ].join(', ');
}
