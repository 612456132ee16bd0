import { randomUUID } from 'node:crypto';
import { isForMembers, type Route, takesApiKeyHeader, takesProductKey } from '#platform/http';
import { type CallInput, type PathValues, holesOf } from '../calls.ts';
import {
  credentialFor,
  foreignFillings,
  productKeyFor,
  refusedAs,
  type Rule,
  visit,
  type WalkerFixture,
} from './rule.ts';

const isSignedIn = (route: Route) => route.shape.auth !== 'none';

const signedIn: Rule = {
  key: 'signedIn',
  name: 'is 401 without a credential, and with a key that is good no longer',
  visits: isSignedIn,
  async objections(route, fixture) {
    // What else is refused, and that it is on every route, the access matrix says.
    const revoked = fixture.refused['a revoked key'];
    const header = { headers: { 'x-api-key': revoked ?? '' } };
    const credentials: readonly (readonly [string, CallInput])[] = [
      ['no credential', {}],
      ['a revoked key', { as: revoked }],
      ...(takesApiKeyHeader(route) ? [['a revoked key in X-Api-Key', header] as const] : []),
    ];
    const found: string[] = [];
    for (const [when, sending] of credentials) {
      const reply = await visit(fixture, route, sending);
      // A product may say in words of its own that a secret is unknown, where the route documents them.
      const isRefused = reply.status === 401 || reply.status === 404;
      const isNobodys = isRefused && route.shape.errors?.includes(reply.code ?? '') === true;
      if (takesProductKey(route) && isNobodys) continue;
      found.push(...refusedAs(route, reply, { status: 401, code: 'unauthenticated', when }));
      if (reply.headers.get('www-authenticate') !== 'Bearer') found.push(`${when}: no WWW-Authenticate`);
    }
    return found;
  },
};

const admins: Rule = {
  key: 'admins',
  name: 'under /v1/admin/ is for platform admins, and 403 for everybody else',
  visits: ({ path, shape }) => path.startsWith('/v1/admin/') || shape.auth === 'admin',
  async objections(route, fixture) {
    const { auth, keysOnly } = route.shape;
    // The operator's backend calls with keys alone, beside the pages of admins.
    const isAdmins = route.path.startsWith('/v1/admin/') || keysOnly === true;
    const misplaced = auth !== 'admin' || !isAdmins;
    const found = misplaced ? ['its path and its auth do not agree'] : [];
    for (const as of [fixture.me.token, fixture.me.key]) {
      const reply = await visit(fixture, route, { as });
      found.push(...refusedAs(route, reply, { status: 403, code: 'forbidden', when: 'no admin' }));
    }
    return found;
  },
};

const accounts: Rule = {
  key: 'accounts',
  name: 'is 404 for an account that the caller is no member of, or that their key is not bound to',
  visits: isForMembers,
  async objections(route, fixture) {
    const { me, household } = fixture;
    const { viewer } = household.others;
    const isForSessions = route.shape.scope === 'session';
    const attempts = [
      { when: 'another’s account', as: me.token, account: household.organization },
      { when: 'no id', as: me.token, account: 'mine' },
      { when: 'two ids', as: me.token, account: `${me.accountId}, ${household.organization}` },
      // The viewer is a member there; their key is bound to another account of theirs.
      { when: 'a key of another account', as: viewer.key, account: household.organization },
    ].filter(({ as }) => !isForSessions || as === me.token);
    const found: string[] = [];
    for (const { when, ...sending } of attempts) {
      const reply = await visit(fixture, route, sending);
      found.push(...refusedAs(route, reply, { status: 404, code: 'not_found', when }));
    }
    return found;
  },
};

export const foreign: Rule = {
  key: 'foreign',
  name: 'is 404 for every id of another account or user, in path, query and body, as for an id that is nobody’s',
  visits: (route) => isSignedIn(route) && route.shape.auth !== 'admin' && holesOf(route).length > 0,
  async objections(route, fixture) {
    const fillings = await foreignFillings(route, fixture);
    if (fillings.length < 2) return ['there is no foreign id to try'];
    const found = new Set<string>();
    const productKey = await productKeyFor(route, fixture, fixture.me.accountId);
    const ask = (filling: PathValues) => visit(fixture, route, { as: fixture.me.token, productKey, filling });
    const nobodys = await ask(
      Object.fromEntries(Object.keys(fillings[0] ?? {}).map((hole) => [hole, randomUUID()])),
    );
    if (!/^(\w+_)?not_found$/.test(nobodys.code ?? ''))
      found.add(`an id that is nobody’s: ${nobodys.status} ${nobodys.code ?? ''}, not 404`);
    for (const filling of fillings) {
      const expected = { status: 404, code: nobodys.code ?? 'not_found', when: 'another’s id' };
      for (const one of refusedAs(route, await ask(filling), expected)) found.add(one);
    }
    return [...found];
  },
};

const readers: Rule = {
  key: 'readers',
  name: 'that writes is not for viewers',
  visits: (route) => route.method !== 'GET' && isForMembers(route),
  objections: ({ shape }) => (shape.may === 'viewer' ? ['a viewer may make it'] : []),
};

const declared: Rule = {
  key: 'declared',
  name: 'on an organization says in `within` which role it asks for there',
  visits: ({ path }) => path.startsWith('/v1/organizations/:id'),
  objections: ({ shape }) =>
    shape.within === undefined ? ['it has no `within`: the least role that its service lets in'] : [],
};

/** Where the role is looked up by the handler, because the account is in the path and not in a header. */
const visitors: Rule = {
  key: 'visitors',
  name: 'that changes an organization refuses its viewers',
  visits: (route) => route.shape.auth === 'user' && route.method !== 'GET' && holesOf(route).length > 0,
  async objections(route, fixture) {
    const { viewer } = fixture.household.others;
    const fillings = (await foreignFillings(route, fixture)).filter(
      (filling) => !Object.values(filling).includes(viewer.userId) && !isOwn(filling, fixture),
    );
    const found = new Set<string>();
    const statuses = new Set<number>();
    for (const filling of fillings) {
      const reply = await visit(fixture, route, { as: viewer.token, filling });
      statuses.add(reply.status);
      if (reply.status !== 403 && reply.status !== 404) found.add(`a viewer is answered ${reply.status}`);
    }
    const mayForbid = route.shape.errors?.includes('forbidden') === true;
    if (mayForbid && !statuses.has(403)) found.add('no viewer was told that it is not theirs to do');
    return [...found];
  },
};

/** Whether a filling names what is the viewer’s own: their account, their sessions. */
function isOwn(filling: PathValues, { household }: WalkerFixture): boolean {
  const { viewer } = household.others;
  return (
    Object.values(filling).includes(viewer.accountId) || filling['params.id'] === sessionOf(viewer.token)
  );
}

function sessionOf(token: string): string {
  const [, claims = ''] = token.split('.');
  return String((JSON.parse(Buffer.from(claims, 'base64url').toString()) as { sid?: unknown }).sid);
}

const WORDS = ['x', '%ED%A0%80', '%00', '%F0%9F%92%A9', '..%2f..%2fetc', "'%20or%20true--", 'a'.repeat(250)];

const takesText = ({ shape }: Route): boolean => Object.values(shape.params ?? {}).includes('text');

/** Whether a call makes what its path names in words: each of them names something then. */
const makesByName = (route: Route): boolean =>
  route.method === 'PUT' && takesText(route) && route.shape.errors?.includes('not_found') !== true;

const nowhere: Rule = {
  key: 'nowhere',
  name: 'is 404 at a path that names nothing',
  visits: (route) => route.path.includes(':') && !makesByName(route),
  async objections(route, fixture) {
    // An id is a UUID or nothing; a word may be anything, and comes to the handler.
    const found: string[] = [];
    for (const word of takesText(route) ? WORDS : WORDS.slice(0, 2)) {
      const path = route.path.replace(/:\w+/g, word);
      const reply = await visit(fixture, route, { as: credentialFor(route, fixture), path });
      const isBroken = reply.status === 400 && reply.code === 'validation_failed';
      // An unknown secret in the path gets the same answer as any other; what can't be one is told so, where the route says that.
      const isNone = reply.status === 400 && route.shape.errors?.includes(reply.code ?? '') === true;
      const isSecret = takesProductKey(route) && (reply.status === 401 || isNone);
      // By `not_found`, or by a 404 of its own that the route documents: a model has one.
      if (!isBroken && !isSecret) found.push(...refusedAs(route, reply, { status: 404, when: word }));
    }
    return found;
  },
};

/** Who may call; who is let in for which role and scope, the access matrix says (../access.test.ts). */
export const ACCESS: readonly Rule[] = [
  signedIn,
  admins,
  accounts,
  foreign,
  readers,
  declared,
  visitors,
  nowhere,
];
