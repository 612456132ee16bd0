import fc from 'fast-check';
import { expect } from 'vitest';
import { statement } from '#platform/db';
import type { openMemory, Rememberer } from './fixture.ts';
import {
  type Audience,
  isIn,
  isReader,
  type Item,
  type Kind,
  lowerPatterns,
  type Model,
  outcomeOfChange,
  outcomeOfRemoval,
  removeItem,
} from './model.ts';

const WORDS = 'heron otter badger lynx walrus puffin gecko jackal marmot tapir dingo osprey'.split(' ');
const TOPICS = 2;
const PEOPLE = [0, 1, 2, 3];
/** Members of each team in the beginning. */
const TEAMS = [
  [0, 2],
  [1, 2, 3],
];
const PATHS: Readonly<Record<Kind, string>> = {
  session: 'sessions',
  decision: 'decisions',
  document: 'context/documents',
  pattern: 'patterns',
};

/** A rule that sessions of one topic say, and no others. */
const ruleOf = (topic: number): string => {
  const letter = 'ab'.charAt(topic);
  return `Always keep ${['kiwi', 'lemon', 'mango', 'papaya'].map((word) => `${word}${letter}`).join(' ')}.`;
};

const member = fc.constantFrom(...PEOPLE);
const team = fc.integer({ min: 0, max: 1 });
const to = fc
  .record({ level: fc.constantFrom<Audience['level']>('private', 'team', 'organization'), team })
  .map((one): Audience => ({ level: one.level, team: one.level === 'team' ? one.team : null }));
const absentee = fc.integer({ min: 1, max: 3 });
const which = fc.nat(60);

const CREATE = fc.record({ does: fc.constant('create' as const), by: member, to });
const CHANGE = fc.record({ does: fc.constant('change' as const), by: member, which, to });
const REMOVE = fc.record({ does: fc.constant('remove' as const), by: member, which });
const EXTRACT = fc.record({ does: fc.constant('extract' as const), by: member });
const MERGE = fc.record({ does: fc.constant('merge' as const), by: member, which, other: which });
const TEAM = fc.record({ does: fc.constant('team' as const), by: member, team, joins: fc.boolean() });
const END = fc.record({ does: fc.constant('end' as const), by: fc.constant(0), team });
const LEAVE = fc.record({ does: fc.constant('leave' as const), by: absentee });
const RETURN = fc.record({ does: fc.constant('return' as const), by: absentee });
const STEP = fc.oneof(
  { weight: 5, arbitrary: CREATE },
  { weight: 12, arbitrary: CHANGE },
  { weight: 2, arbitrary: REMOVE },
  { weight: 4, arbitrary: EXTRACT },
  { weight: 2, arbitrary: MERGE },
  { weight: 7, arbitrary: TEAM },
  { weight: 1, arbitrary: END },
  { weight: 2, arbitrary: LEAVE },
  { weight: 3, arbitrary: RETURN },
);
/** Everybody has patterns found. */
const EXTRACTS = PEOPLE.map((by) => ({ does: 'extract' as const, by }));
/** Everybody leaves the teams: what was drawn from others’ sessions there is their author’s no more. */
const LEAVINGS = PEOPLE.flatMap((by) =>
  [0, 1].map((left) => ({ does: 'team' as const, by, team: left, joins: false })),
);
/** A history of some sessions and their patterns. */
export const history = fc
  .tuple(fc.array(CREATE, { minLength: 5, maxLength: 5 }), fc.array(STEP, { minLength: 10, maxLength: 30 }))
  .map(([first, then]) => [...first, ...EXTRACTS, ...then, ...EXTRACTS, ...LEAVINGS]);
type ValueOf<A> = A extends fc.Arbitrary<infer Value> ? Value : never;

/** An owner, an admin and two members; and a stranger, who has an organization of their own. */
export async function openOrganization(memory: Awaited<ReturnType<typeof openMemory>>) {
  const owner = await memory.rememberer();
  const people = [owner];
  for (const role of ['admin', 'member', 'member']) people.push(await memory.colleagueOf(owner, role));
  const teams: string[] = [];
  const model: Model = { present: new Set(PEOPLE), teams: [], items: [], merges: [] };
  for (const members of TEAMS) {
    const path = `/v1/organizations/${owner.accountId}/teams`;
    const id = String((await owner.call(`POST ${path}`, { name: `Team ${teams.length}` })).body['id']);
    for (const place of members)
      await owner.call(`PUT ${path}/${id}/members/${String(people[place]?.userId)}`);
    teams.push(id);
    model.teams.push(new Set(members));
  }
  return { memory, people, owner, stranger: await memory.rememberer(), teams, model, words: [...WORDS] };
}
export type Organization = Awaited<ReturnType<typeof openOrganization>>;

/** Does one thing at the server and in the model; of people who are none of it any more nothing but their return. */
export async function take(organization: Organization, taken: ValueOf<typeof STEP>): Promise<void> {
  const { people, model } = organization;
  const by = people[taken.by];
  if (by === undefined || (!model.present.has(taken.by) && taken.does !== 'return')) return;
  await does(organization, by, taken);
  lowerPatterns(model);
}

function does(organization: Organization, by: Rememberer, taken: ValueOf<typeof STEP>): Promise<void> {
  switch (taken.does) {
    case 'create':
      return create(organization, by, taken);
    case 'change':
      return change(organization, by, taken);
    case 'remove':
      return remove(organization, by, taken);
    case 'extract':
      return extract(organization, by, taken);
    case 'merge':
      return merge(organization, by, taken);
    case 'team':
      return setTeam(organization, by, taken);
    case 'end':
      return endTeam(organization, taken);
    case 'leave':
    case 'return':
      return setMember(organization, by, taken);
  }
}

const bodyOf = ({ teams }: Organization, { level, team: of }: Audience) => ({
  level,
  team_id: of === null ? null : teams[of],
});

/** A session, and a decision and a document for the same people. */
async function create(
  organization: Organization,
  by: Rememberer,
  { by: author, to: audience }: ValueOf<typeof CREATE>,
): Promise<void> {
  const { model, words } = organization;
  const word = words[0];
  if (word === undefined) return;
  const body = bodyOf(organization, audience);
  const made = await by.call('POST /v1/sessions', { client_id: word, ...body });
  const may = isIn(model, author, audience);
  expect(made.status).toBe(may ? 201 : 404);
  if (!may) return;
  const topic = words.shift() === undefined ? 0 : words.length % TOPICS;
  const common = { author, audience, word, topic };
  const session: Item = { ...common, kind: 'session', id: String(made.body['id']), sources: new Set() };
  const decision = await by.decide(word, body);
  await by.call(`POST /v1/decisions/${decision}/links`, { type: 'drawn_from', session_id: session.id });
  await by.call(`POST /v1/decisions/${decision}/links`, { type: 'implements', path: `docs/${word}.md` });
  const document = await by.document(word, `About the ${word}`, body);
  await by.say(
    session.id,
    { client_id: '1', text: `we all saw a ${word} today, see src/${word}.ts and src/shared.ts` },
    { client_id: '2', text: ruleOf(topic) },
  );
  model.items.push(
    session,
    { ...common, kind: 'decision', id: decision, sources: new Set([session]) },
    { ...common, kind: 'document', id: document, sources: new Set() },
  );
}

const pick = ({ items }: Model, place: number): Item | undefined => items[place % Math.max(1, items.length)];

async function change(
  organization: Organization,
  by: Rememberer,
  taken: ValueOf<typeof CHANGE>,
): Promise<void> {
  const { model } = organization;
  const item = pick(model, taken.which);
  if (item === undefined) return;
  const expected = outcomeOfChange(model, item, taken);
  const path = `PATCH /v1/${PATHS[item.kind]}/${item.id}`;
  expect([path, (await by.call(path, bodyOf(organization, taken.to))).status]).toEqual([path, expected]);
  if (expected === 200) item.audience = taken.to;
}

async function remove({ model }: Organization, by: Rememberer, taken: ValueOf<typeof REMOVE>): Promise<void> {
  const item = pick(model, taken.which);
  if (item === undefined) return;
  const expected = outcomeOfRemoval(model, item, taken.by);
  const path = `DELETE /v1/${PATHS[item.kind]}/${item.id}`;
  expect([path, (await by.call(path)).status]).toEqual([path, expected]);
  if (expected === 200) removeItem(model, item);
}

/** A job that finds patterns in sessions, or in all of one's own, without a queue. */
export const extractionOf = (
  { accountId, userId }: Rememberer,
  sessions: readonly { readonly id: string }[] = [],
) => ({
  accountId,
  payload: { user_id: userId, session_ids: sessions.map(({ id }) => id).join(',') },
  signal: new AbortController().signal,
  progressing: () => statement('select 1'),
});

/** Has patterns found in all sessions that a member may read. */
async function extract(
  { memory, model }: Organization,
  by: Rememberer,
  { by: author }: ValueOf<typeof EXTRACT>,
): Promise<void> {
  const sessions = model.items.filter((one) => one.kind === 'session' && isReader(model, author, one));
  if (sessions.length === 0) return;
  await memory.coditect.patterns.extract(extractionOf(by, sessions));
  const { data } = await memory.coditect.patterns.list(by, { limit: 100 });
  for (let topic = 0; topic < TOPICS; topic += 1) {
    const found = sessions.filter((one) => one.topic === topic);
    if (found.length < 2) continue;
    const known = model.items.find(
      (one) => one.kind === 'pattern' && one.author === author && one.topic === topic,
    );
    for (const source of known?.sources ?? [])
      if (!isReader(model, author, source)) known?.sources.delete(source);
    for (const source of found) known?.sources.add(source);
    if (known !== undefined) continue;
    const word = ruleOf(topic);
    const id = data.find((one) => one.author_id === by.userId && one.texts[0] === word)?.id;
    expect(id, word).toBeDefined();
    const audience: Audience = { level: 'organization', team: null };
    model.items.push({
      kind: 'pattern',
      id: id ?? '',
      author,
      audience,
      word,
      topic,
      sources: new Set(found),
    });
  }
}

/** Says of two files that they are one, to members who see both. */
async function merge({ model }: Organization, by: Rememberer, taken: ValueOf<typeof MERGE>): Promise<void> {
  const [one, other] = [pick(model, taken.which), pick(model, taken.other)];
  if (one === undefined || other === undefined || one.word === other.word) return;
  if (one.kind === 'pattern' || other.kind === 'pattern') return;
  const isNamed = (word: string) =>
    model.items.some(
      (item) => item.kind === 'session' && item.word === word && isReader(model, taken.by, item),
    );
  const [source, target] = [`src/${one.word}.ts`, `src/${other.word}.ts`];
  const { status } = await by.call('POST /v1/graph/merges', { source, target });
  const may = isNamed(one.word) && isNamed(other.word);
  expect(may ? [200, 201] : [404]).toContain(status);
  if (may) model.merges.push([source, target]);
}

async function setTeam(
  { owner, model, teams }: Organization,
  { userId }: Rememberer,
  taken: ValueOf<typeof TEAM>,
): Promise<void> {
  const members = model.teams[taken.team];
  if (members === undefined) return;
  const path = `/v1/organizations/${owner.accountId}/teams/${String(teams[taken.team])}/members/${userId}`;
  await owner.call(`${taken.joins ? 'PUT' : 'DELETE'} ${path}`);
  members[taken.joins ? 'add' : 'delete'](taken.by);
}

/** Items that were shown to it are their authors' alone. */
async function endTeam({ owner, model, teams }: Organization, taken: ValueOf<typeof END>): Promise<void> {
  if (model.teams[taken.team] === undefined) return;
  const path = `/v1/organizations/${owner.accountId}/teams/${String(teams[taken.team])}`;
  expect((await owner.call(`DELETE ${path}`)).status).toBe(200);
  model.teams[taken.team] = undefined;
  for (const item of model.items)
    if (item.audience.team === taken.team) item.audience = { level: 'private', team: null };
}

async function setMember(
  { memory, people, model }: Organization,
  by: Rememberer,
  taken: ValueOf<typeof LEAVE> | ValueOf<typeof RETURN>,
): Promise<void> {
  if (taken.does === 'leave') {
    await memory.db.asMigrator(
      statement('delete from accounts.members where account_id = $1 and user_id = $2', [
        by.accountId,
        by.userId,
      ]),
    );
    model.present.delete(taken.by);
    for (const members of model.teams) members?.delete(taken.by);
    return;
  }
  people[taken.by] = await memory.enter(by, taken.by === 1 ? 'admin' : 'member');
  model.present.add(taken.by);
}
