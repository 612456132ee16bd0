import { randomUUID } from 'node:crypto';
import { statement } from '#platform/db';
import { aliasesOf, exampleOf, idempotencyOf, isForMembers, type Route } from '#platform/http';
import { fillingsOf, holesOf, isRecord, otherText, type Reply, type CallInput } from '../calls.ts';
import { type Household, idsOf, makeHousehold, type Person } from '../people.ts';
import type { WalkedApp } from '../walked-app.ts';
import {
  type Content,
  envelopeFaults,
  operationOf,
  productKeyFor,
  schemaOf,
  type Rule,
  visit,
  type WalkerFixture,
} from './rule.ts';

/** What became of a route's example when a caller who may make the call really made it. */
export interface EffectResult {
  readonly sending: CallInput;
  readonly reply: Reply;
  readonly faults: readonly string[];
  /** Each refusal that was answered, with how often. */
  readonly refusals: readonly string[];
}

const isGood = ({ status }: Reply) => status < 400;

/**
 * Who makes a call: the owner of an organization that was made for it, or a platform admin about it. What an owner can't
 * do to themselves while others need them, a member can.
 */
function callersOf(
  route: Route,
  { owner, others }: Household,
  { admin }: WalkerFixture,
): (string | undefined)[] {
  const { auth, keysOnly } = route.shape;
  if (auth === 'none' || auth === 'product_key') return [undefined];
  if (auth === 'admin') return [keysOnly === true ? admin.key : admin.token];
  return auth === 'user'
    ? [owner, ...Object.values<Person>(others)].map(({ token }) => token)
    : [owner.token];
}

/** Whether a call leaves what others need as it is: it reads, it makes something more, or it needs no user. */
function isHarmless(route: Route): boolean {
  const makes = idempotencyOf(route) !== 'none' && holesOf(route).length === 0;
  return route.method === 'GET' || makes || route.shape.auth === 'none';
}

/** Households that calls which do harm were tried on, the newest first: one goes on serving until it has nothing left for a call. */
const spares = new WeakMap<WalkerFixture, readonly Spare[]>();
/** So many go on serving: one that lacks what a call needs may be followed by one that has it. */
const MOST_SPARES = 4;

interface Spare {
  readonly household: Household;
  /** Nothing was done there: a call refused there is refused elsewhere as well. */
  isUntouched: boolean;
}

/** What became of a call for a user whom it may harm, if it does. */
async function tell(
  route: Route,
  fixture: WalkerFixture,
  headers: Record<string, string> = {},
): Promise<EffectResult> {
  if (isHarmless(route)) return made(await tellFor(fixture.household, { route, fixture, headers }), route);
  const served = spares.get(fixture) ?? [];
  for (const spare of served) {
    // One that was used may have lost what the call is about: by no other id is it there.
    const others = spare.isUntouched ? {} : { others: [] };
    const tried = await tellOn(spare, { route, fixture, headers, ...others });
    if (tried !== undefined && (isGood(tried.reply) || spare.isUntouched)) return tried;
  }
  const fresh = {
    household: await makeHousehold(fixture.app, ['member'], fixture.furnishings),
    isUntouched: true,
  };
  spares.set(fixture, [fresh, ...served].slice(0, MOST_SPARES));
  return made(await tellOn(fresh, { route, fixture, headers }), route);
}

async function tellOn(spare: Spare, telling: EffectInput): Promise<EffectResult | undefined> {
  await signInAgain(spare.household, telling.fixture);
  const told = await tellFor(spare.household, telling);
  if (told === undefined) return undefined;
  // A secret, a role or a rate that is refused may have been counted.
  if (isGood(told.reply) || told.refusals.some((one) => /^(401|403|429) /.test(one)))
    spare.isUntouched = false;
  return told;
}

/** Calls before may have signed people out: their sessions go on, for to make another household takes seconds. */
async function signInAgain({ owner, others }: Household, { db }: WalkerFixture): Promise<void> {
  const users = [owner, ...Object.values<Person>(others)].map(({ userId }) => userId);
  const goOn =
    'update identity.sessions set revoked_at = null, revoked_for = null where user_id = any ($1::uuid[]) and revoked_at is not null';
  await db.asMigrator(statement(goOn, [`{${users.join()}}`]));
}

interface EffectInput {
  readonly route: Route;
  readonly fixture: WalkerFixture;
  readonly headers: Record<string, string>;
  /** These ids are tried besides the ones that are likely meant; all are, when not said and none is likely. */
  readonly others?: readonly string[];
}

function made(told: EffectResult | undefined, { name }: Route): EffectResult {
  if (told === undefined) throw new Error(`${name}: there was nothing to send`);
  return told;
}

/**
 * Sends the example, with ids that exist, until it is answered well; what is answered before must be declared too. Undefined: the
 * household has nothing that it could be about.
 */
async function tellFor(
  household: Household,
  { route, fixture, headers, others }: EffectInput,
): Promise<EffectResult | undefined> {
  const fillings =
    holesOf(route).length === 0
      ? [{}]
      : fillingsOf(route, await idsOf(fixture.db, household, fixture), others);
  const faults = new Set<string>();
  const refusals = new Map<string, number>();
  const productKey = await productKeyFor(route, fixture, household.organization);
  let last: EffectResult | undefined;
  for (const as of callersOf(route, household, fixture)) {
    for (const filling of fillings) {
      const sending = { as, productKey, filling, headers };
      const reply = await visit(fixture, route, sending);
      for (const fault of envelopeFaults(route, reply)) faults.add(fault);
      const code = `${reply.status} ${reply.code ?? ''}`;
      refusals.set(code, (refusals.get(code) ?? 0) + 1);
      const refused = [...refusals].map(([one, times]) => `${one} (${times})`);
      last = { sending, reply, faults: [...faults], refusals: refused };
      if (isGood(reply)) return last;
    }
  }
  return last;
}

const told = new WeakMap<WalkerFixture, Map<Route, Promise<EffectResult>>>();

/** One telling serves all rules that only look at its answer. */
export function tellOnce(route: Route, fixture: WalkerFixture): Promise<EffectResult> {
  const here = told.get(fixture) ?? new Map<Route, Promise<EffectResult>>();
  told.set(fixture, here);
  const before = here.get(route) ?? tell(route, fixture);
  here.set(route, before);
  return before;
}

export const answers: Rule = {
  key: 'answers',
  name: 'answers its own example with a status and a body that it declares',
  visits: () => true,
  async objections(route, fixture) {
    const { reply, faults, refusals } = await tellOnce(route, fixture);
    if (!isGood(reply)) return [`nobody is answered well: ${refusals.join(', ')}`, ...faults];
    const written = operationOf(fixture.document, route)?.responses[reply.status];
    if (written === undefined) return [`${reply.status} is not documented`, ...faults];
    if (route.shape.page === true) return isPage(reply) ? [...faults] : ['it is no page of HTML'];
    const fits = isWritten(written.content, reply);
    return fits ? [...faults] : [`the body is not as documented: ${reply.text.slice(0, 200)}`, ...faults];
  },
};

/** Whether an answer has one of the types that are written for it; JSON fits its schema, too. */
function isWritten(content: Content | undefined, { headers, text, json }: Reply): boolean {
  if (content === undefined) return text === '';
  const [type = ''] = (headers.get('content-type') ?? '').split(';');
  const media = content[type] ?? content['*/*'];
  if (media === undefined) return false;
  return type !== 'application/json' || schemaOf(media.schema).safeParse(json).success;
}

/** A page brings all that it runs, and says so: nothing that is slipped into it runs. */
function isPage({ headers, text }: Reply): boolean {
  const isHtml =
    headers.get('content-type') === 'text/html; charset=utf-8' && text.startsWith('<!doctype html>');
  const policy = headers.get('content-security-policy') ?? '';
  return isHtml && policy.startsWith("default-src 'none'") && !policy.includes('unsafe');
}

/** The example as it stands, where no rule has told it before: a refusal has a rate too. */
async function askOnce(
  route: Route,
  fixture: WalkerFixture,
): Promise<Pick<EffectResult, 'sending' | 'reply'>> {
  const sending = { as: callersOf(route, fixture.household, fixture)[0] };
  return { sending, reply: await visit(fixture, route, sending) };
}

/** How often a call is made before it is said that nothing counts it. */
const TRIES = 5;

const counted: Rule = {
  key: 'counted',
  name: 'tells how often it may still be called',
  visits: () => true,
  async objections(route, fixture) {
    const { reply, sending } = await (told.get(fixture)?.get(route) ?? askOnce(route, fixture));
    let isTold = tellsRate(reply);
    // Where rates can't be asked in a second, callers pass uncounted; a busy machine may have had a few such seconds.
    for (let tries = 1; !isTold && tries < TRIES; tries += 1)
      isTold = tellsRate(await visit(fixture, route, sending));
    return isTold ? [] : ['it has no RateLimit headers'];
  },
};

function tellsRate({ headers }: Reply): boolean {
  const policy = /^"\w+";q=\d+(;w=60)?$/.test(headers.get('ratelimit-policy') ?? '');
  return policy && /^"\w+";r=\d+;t=\d+$/.test(headers.get('ratelimit') ?? '');
}

const aliased: Rule = {
  key: 'aliased',
  name: 'answers at each of its other names, in the form of that, what it answers at its own',
  visits: (route) => aliasesOf(route).length > 0,
  async objections(route, fixture) {
    const found: string[] = [];
    for (const { name, form } of aliasesOf(route)) {
      const [method, path = ''] = name.split(' ', 2);
      const example = { ...exampleOf(route), ...form?.example };
      const { body: _, params: __, ...shape } = route.shape;
      const own = { ...(form === undefined ? route.shape : { ...shape, ...form }), example };
      const other = { ...route, name, method: method as Route['method'], path, shape: own as Route['shape'] };
      // Without a user: existing things answer so in the same words, and missing ones are 404.
      const [here, there] = [await visit(fixture, route, {}), await visit(fixture, other, {})];
      if (here.status !== there.status || here.code !== there.code)
        found.push(
          `${name} answers ${there.status} ${there.code ?? ''}, not ${here.status} ${here.code ?? ''}`,
        );
    }
    const [, path = ''] = (aliasesOf(route)[0]?.name ?? '').split(' ', 2);
    const nowhere = await visit(fixture, { ...route, path: `${path}/of/nobody` }, {});
    if (nowhere.status !== 404 && nowhere.status !== 405)
      found.push(`a name that nobody gave it answers ${nowhere.status}`);
    return found;
  },
};

const identified: Rule = {
  key: 'identified',
  name: 'answers with the request id that was sent',
  visits: () => true,
  async objections(route, { url }) {
    const requestId = randomUUID();
    const path = route.path.replace(/:\w+/g, randomUUID());
    const response = await fetch(url + path, {
      method: route.method,
      headers: { 'x-request-id': requestId },
    });
    await response.body?.cancel();
    return response.headers.get('x-request-id') === requestId ? [] : ['it has another'];
  },
};

/** An answer that is never JSON is not kept under its key. */
const isKept = ({ shape: { produces = ['application/json'] } }: Route): boolean =>
  produces.includes('application/json');

/** Whether a repeat is told what became of the first: its answer, or that there was one. */
const isTold = (route: Route, { headers, code }: Reply): boolean =>
  isKept(route) ? headers.get('idempotent-replayed') === 'true' : code === 'outcome_unknown';

const repeated: Rule = {
  key: 'repeated',
  name: 'that takes an Idempotency-Key has one effect for it, and 422 for another request',
  visits: (route) => idempotencyOf(route) !== 'none',
  async objections(route, fixture) {
    const first = await tell(route, fixture, { 'idempotency-key': randomUUID() });
    if (!isGood(first.reply)) return [`it could not be made: ${first.refusals.join(', ')}`, ...first.faults];
    const again = await visit(fixture, route, first.sending);
    const raw = otherText(route, first.sending.filling);
    const other = await visit(fixture, route, { ...first.sending, raw });
    const faults: readonly (readonly [boolean, string])[] = [
      [!isTold(route, again), `a repeat is no replay: ${again.status}`],
      [isKept(route) && again.status !== first.reply.status, 'a repeat has another status'],
      [isKept(route) && again.text !== shownAgain(route, first.reply), 'a repeat has another body'],
      [other.code !== 'idempotency_mismatch', `another request is ${other.status} ${other.code ?? ''}`],
    ];
    return faults.filter(([broken]) => broken).map(([, says]) => says);
  },
};

/** A body as a repeat shows it, byte for byte: without what is shown once. */
function shownAgain({ shape: { secrets = [] } }: Route, { text, json }: Reply): string {
  if (secrets.length === 0 || !isRecord(json)) return text;
  return JSON.stringify({ ...json, ...Object.fromEntries(secrets.map((field) => [field, null])) });
}

type Roles = Household<'admin' | 'member' | 'viewer'>;
/** An organization with everybody in it; of what a plan gives, each call of each sender takes its part. */
const teams = new WeakMap<WalkedApp, Roles>();

async function tellTeam(
  telling: EffectInput,
): Promise<{ readonly team: Roles; readonly first: EffectResult }> {
  const { app } = telling.fixture;
  const before = teams.get(app);
  const tried = before && (await tellFor(before, telling));
  if (before !== undefined && tried !== undefined && isGood(tried.reply))
    return { team: before, first: tried };
  const team = await makeHousehold(app, ['admin', 'member', 'viewer'], telling.fixture.furnishings);
  teams.set(app, team);
  return { team, first: made(await tellFor(team, telling), telling.route) };
}

type Sender = Pick<CallInput, 'as' | 'account'>;

/** Others who may send what one sender sent: in other roles, and the same person with an API key. */
function othersThan(route: Route, sending: CallInput, of: { readonly team: Roles; readonly admin: Person }) {
  const { owner, others, organization } = of.team;
  const account = isForMembers(route) ? { account: organization } : {};
  const senders: Record<string, Sender> = {
    'a viewer': { as: others.viewer.token, ...account },
    'a member': { as: others.member.token, ...account },
    'an admin': { as: others.admin.token, ...account },
    'the owner': { as: owner.token, ...account },
    'a key of the owner': { as: owner.key },
    'a key of a platform admin': { as: of.admin.key },
  };
  return Object.entries(senders).filter(([, { as }]) => as !== sending.as);
}

const unshared: Rule = {
  key: 'unshared',
  name: 'that takes an Idempotency-Key keeps its answers for who sent it: another member, in whatever role, and another API key never get one, nor hear of it',
  visits: (route) => idempotencyOf(route) !== 'none',
  async objections(route, fixture) {
    const key = { 'idempotency-key': randomUUID() };
    const { team, first } = await tellTeam({ route, fixture, headers: key });
    if (!isGood(first.reply)) return [`it could not be made: ${first.reply.status}`, ...first.faults];
    const { sending } = first;
    const faults: string[] = [];
    for (const [who, sender] of othersThan(route, sending, { team, admin: fixture.admin })) {
      const theirs = { 'idempotency-key': randomUUID() };
      const after = await visit(fixture, route, { ...sending, ...sender });
      faults.push(...findLeaked(route, after, first.reply).map((says) => `${who} ${says} of another`));
      // And the other way round.
      const before = await visit(fixture, route, { ...sending, ...sender, headers: theirs });
      const back = await visit(fixture, route, { ...sending, headers: theirs });
      faults.push(...findLeaked(route, back, before).map((says) => `another ${says} of ${who}`));
    }
    const again = await visit(fixture, route, sending);
    if (!isTold(route, again)) faults.push('its own sender gets it no more');
    return faults;
  },
};

/** What an answer tells of the one that was kept for another caller. */
function findLeaked(
  { shape: { secrets = [] } }: Route,
  { headers, code, text }: Reply,
  { json }: Reply,
): string[] {
  const shown = secrets.flatMap((field) => (isRecord(json) ? [json[field]].flat() : []));
  const faults: readonly (readonly [boolean, string])[] = [
    [headers.get('idempotent-replayed') === 'true', 'is answered what was kept for a key'],
    [code === 'idempotency_mismatch' || code === 'idempotency_in_progress', `hears ${code ?? ''} for a key`],
    [shown.some((secret) => typeof secret === 'string' && text.includes(secret)), 'gets a secret'],
  ];
  return faults.filter(([broken]) => broken).map(([, says]) => says);
}

/** What really happens. */
export const EFFECTS: readonly Rule[] = [answers, counted, aliased, identified, repeated, unshared];
