import { expect, test } from 'vitest';
import { statement } from '#platform/db';
import { advance, ids } from '@plinth/testkit/factories';
import { allDataRules } from '../../../../server/src/app/lists.ts';
import { contentsOf } from '../../../../server/src/platform/work/erasure/contents.ts';
import { eraseStatement, type Subject } from '../../../../server/src/platform/work/erasure/plan.ts';
import { refusalOf } from '@plinth/testkit/fixtures/calls';
import { NO_FILES, openMemory, type Rememberer } from '../fixture.ts';
import { extract, patternsOf } from './fixture.ts';

const memory = await openMemory();
const WORDS = 'heron otter badger lynx walrus puffin gecko jackal marmot tapir dingo osprey'.split(' ');
const LEVELS = ['private', 'team', 'organization'] as const;

/** An organization with a team of its owner and one more. */
async function openTeam() {
  const ada = await memory.rememberer();
  const write = (sql: string, ...values: readonly unknown[]) =>
    memory.db.asMigrator(statement(sql, [ada.accountId, ...values]));
  const [bob, cy] = [await memory.colleagueOf(ada), await memory.colleagueOf(ada)];
  const team = ids.next();
  await write('insert into accounts.teams (account_id, id, name) values ($1, $2::uuid, $2)', team);
  const join = ({ userId }: Rememberer) =>
    write(
      'insert into accounts.team_members (account_id, team_id, user_id) values ($1, $2, $3)',
      team,
      userId,
    );
  const leave = ({ userId }: Rememberer) =>
    write(
      'delete from accounts.team_members where account_id = $1 and team_id = $2 and user_id = $3',
      team,
      userId,
    );
  for (const one of [ada, bob]) await join(one);
  return { ada, bob, cy, team, leave, write };
}

const audience = (level: string, team: string) => ({ level, team_id: level === 'team' ? team : null });

/** A rule of four words that no other one has. */
const ruleOf = (n: number): string => {
  const letter = 'abcdefghijklmnop'.charAt(n);
  return `Always keep ${WORDS.slice(0, 4)
    .map((word) => `${word}${letter}`)
    .join(' ')}.`;
};

async function sayRule(
  by: Rememberer,
  { name, n }: { readonly name: string; readonly n: number },
  more: object = {},
): Promise<string> {
  const id = await by.session(name, more);
  await by.say(id, { client_id: '1', text: ruleOf(n) });
  return id;
}

/** Rows by their title. */
const inOrder = (rows: readonly (readonly unknown[])[]) =>
  rows.toSorted(([one], [other]) => (String(one) < String(other) ? -1 : 1));

const shown = async (by: Rememberer) =>
  inOrder((await patternsOf(by)).map(({ title, level }) => [title, level]));

/** The rule in two sessions, as a pattern. */
async function recur(by: Rememberer, more: object = {}) {
  const sessions = [
    await sayRule(by, { name: 'one', n: 0 }, more),
    await sayRule(by, { name: 'two', n: 0 }, more),
  ] as const;
  await extract(by);
  const [pattern] = await patternsOf(by);
  if (pattern === undefined) throw new Error('nothing was found');
  return { sessions, pattern };
}

test('a pattern of sessions of two levels is for those alone who may read both', async () => {
  const { ada, bob, cy, team } = await openTeam();
  const pairs = LEVELS.flatMap((one) => LEVELS.map((other) => [one, other] as const));
  for (const [n, [one, other]] of pairs.entries()) {
    await sayRule(ada, { name: `${n}-1`, n }, audience(one, team));
    await sayRule(ada, { name: `${n}-2`, n }, audience(other, team));
  }
  await extract(ada);
  const ranks: readonly string[] = LEVELS;
  const expected = pairs.map((pair, n) => [
    ruleOf(n),
    ranks[Math.min(...pair.map((level) => ranks.indexOf(level)))],
  ]);
  expect(await shown(ada)).toEqual(inOrder(expected));
  expect(await shown(bob)).toEqual(inOrder(expected.filter(([, level]) => level !== 'private')));
  expect(await shown(cy)).toEqual(inOrder(expected.filter(([, level]) => level === 'organization')));
  for (const level of LEVELS)
    expect(inOrder((await patternsOf(ada, `&scope=${level}`)).map(({ title }) => [title, level]))).toEqual(
      inOrder(expected.filter(([, own]) => own === level)),
    );
});

test('a personal account shares no pattern, and no plan is asked for', async () => {
  const alone = await memory.personal('coditect.free');
  const { pattern } = await recur(alone);
  const answer = await alone.call(`PATCH /v1/patterns/${pattern.id}`, { level: 'organization' });
  expect(refusalOf(answer)).toMatchObject({ status: 409, code: 'organization_only' });
});

test('a session that is lowered takes the pattern with it in the same commit, and raised it brings none back', async () => {
  const { ada, cy } = await openTeam();
  const { sessions, pattern } = await recur(ada, { level: 'organization' });
  expect(await patternsOf(cy)).toMatchObject([{ id: pattern.id, level: 'organization' }]);
  await ada.call(`PATCH /v1/sessions/${sessions[0]}`, { level: 'private' });
  expect(await patternsOf(cy)).toEqual([]);
  expect((await cy.call(`GET /v1/patterns/${pattern.id}`)).status).toBe(404);
  expect(await patternsOf(ada)).toMatchObject([{ level: 'private' }]);
  const raise = () => ada.call(`PATCH /v1/patterns/${pattern.id}`, { level: 'organization' });
  expect(refusalOf(await raise())).toMatchObject({ status: 409, code: 'sources_more_private' });
  await ada.call(`PATCH /v1/sessions/${sessions[0]}`, { level: 'organization' });
  expect(await patternsOf(cy)).toEqual([]);
  expect((await raise()).status).toBe(200);
  expect(await patternsOf(cy)).toMatchObject([{ level: 'organization' }]);
});

test('who leaves a team, or may no longer read one of the sessions, sees nothing of their pattern, its author neither', async () => {
  const { ada, bob, team, leave } = await openTeam();
  const [own, others, lowered] = [
    await sayRule(bob, { name: 'own', n: 0 }),
    await sayRule(ada, { name: 'others', n: 0 }, audience('team', team)),
    await sayRule(ada, { name: 'lowered', n: 1 }, { level: 'organization' }),
  ];
  const second = await sayRule(bob, { name: 'second', n: 1 });
  await extract(bob, [own, others, lowered, second]);
  expect((await patternsOf(bob)).map(({ title }) => title).toSorted()).toEqual([ruleOf(0), ruleOf(1)]);
  await leave(bob);
  expect((await patternsOf(bob)).map(({ title }) => title)).toEqual([ruleOf(1)]);
  await ada.call(`PATCH /v1/sessions/${lowered}`, { level: 'private' });
  expect(await patternsOf(bob)).toEqual([]);
  await sayRule(bob, { name: 'third', n: 1 });
  await extract(bob);
  expect(await patternsOf(bob)).toMatchObject([{ title: ruleOf(1), sessions: 2, level: 'private' }]);
});

test('a session that is deleted, however large, takes its words along, and the pattern goes when one session is left', async () => {
  const { ada, cy, write } = await openTeam();
  const third = await sayRule(ada, { name: 'three', n: 0 }, { level: 'organization' });
  const { sessions, pattern } = await recur(ada, { level: 'organization' });
  // A large one is deleted bit by bit later.
  await write(
    'update coditect.memory_sessions set messages = 30000 where account_id = $1 and id = $2',
    third,
  );
  await ada.call(`DELETE /v1/sessions/${third}`);
  const { body } = await cy.call(`GET /v1/patterns/${pattern.id}`);
  const sources = body['sources'] as readonly { readonly session_id: string }[];
  expect(sources.map(({ session_id }) => session_id)).toEqual(sessions);
  await sayRule(ada, { name: 'four', n: 0 });
  await extract(ada);
  const all = await ada.sees();
  const deleted = await Promise.all(all.map((id) => ada.call(`DELETE /v1/sessions/${id}`)));
  expect(deleted.map(({ status }) => status)).toEqual([200, 200, 200]);
  for (const table of ['patterns', 'pattern_sources'])
    expect(await memory.count(ada, `coditect.${table}`)).toBe(0);
});

test('its author alone names, raises and deletes it; an admin lowers it, and the audit says so', async () => {
  const { ada, bob, cy } = await openTeam();
  const admin = await memory.colleagueOf(ada, 'admin');
  const { pattern } = await recur(bob, { level: 'organization' });
  const path = `/v1/patterns/${pattern.id}`;
  expect((await bob.call(`PATCH ${path}`, { title: 'Of four animals' })).body['title']).toBe(
    'Of four animals',
  );
  for (const [by, call, body] of [
    [cy, `PATCH ${path}`, { level: 'private' }],
    [admin, `PATCH ${path}`, { title: 'Mine' }],
    [admin, `DELETE ${path}`, undefined],
  ] as const)
    expect(refusalOf(await by.call(call, body))).toMatchObject({ status: 403, code: 'author_only' });
  expect((await admin.call(`PATCH ${path}`, { level: 'private' })).body['level']).toBe('private');
  expect((await admin.call(`PATCH ${path}`, { level: 'organization' })).status).toBe(404);
  expect(await memory.count(ada, 'audit.events', "action = 'coditect.memory.level_changed'")).toBe(1);
  expect((await bob.call(`DELETE ${path}`)).status).toBe(200);
  expect(await patternsOf(bob)).toEqual([]);
});

test('a rating moves the confidence, once for each who may read the pattern', async () => {
  const { ada, cy } = await openTeam();
  const { pattern } = await recur(ada, { level: 'organization' });
  const rate = async (by: Rememberer, rating: string | null) =>
    (await by.call(`POST /v1/patterns/${pattern.id}/rating`, { rating })).body;
  expect(pattern.confidence).toBe(0.667);
  expect(await rate(cy, 'unhelpful')).toMatchObject({
    confidence: 0.5,
    unhelpful: 1,
    your_rating: 'unhelpful',
  });
  expect(await rate(cy, 'helpful')).toMatchObject({ confidence: 0.75, helpful: 1, unhelpful: 0 });
  expect(await rate(ada, 'helpful')).toMatchObject({ confidence: 0.8, helpful: 2 });
  expect(await rate(cy, null)).toMatchObject({ confidence: 0.75, helpful: 1, your_rating: null });
  await ada.call(`PATCH /v1/patterns/${pattern.id}`, { level: 'private' });
  expect((await cy.call(`POST /v1/patterns/${pattern.id}/rating`, { rating: 'helpful' })).status).toBe(404);
});

test('a plan without sharing raises no pattern', async () => {
  const ada = await memory.rememberer('coditect.starter');
  const { pattern } = await recur(ada);
  const raised = await ada.call(`PATCH /v1/patterns/${pattern.id}`, { level: 'organization' });
  expect(refusalOf(raised)).toMatchObject({ status: 402, code: 'plan_required' });
});

test('patterns are in the exports of who may read them, and go with their author or account', async () => {
  const { ada, bob, write } = await openTeam();
  await recur(ada, { level: 'organization' });
  const { pattern } = await recur(bob);
  await bob.call(`PATCH /v1/patterns/${pattern.id}`, { title: 'Of my own animals' });
  await bob.call(`POST /v1/patterns/${pattern.id}/rating`, { rating: 'helpful' });
  const { dataKeys } = memory.app.modules;
  const exported = async (subject: Subject) => {
    const rules = allDataRules().filter(({ table }) => table.startsWith('coditect.pattern'));
    let all = '';
    const parts = { db: memory.db, dataKeys, rules, ...NO_FILES };
    for await (const { pieces } of contentsOf(parts, [subject]))
      for await (const piece of pieces) all += piece;
    return all;
  };
  const person: Subject = { kind: 'user', id: bob.userId, email: null };
  const account: Subject = { kind: 'account', id: ada.accountId };
  const [theirs, shared] = [await exported(person), await exported(account)];
  expect([theirs.includes('Of my own animals'), shared.includes('Of my own animals')]).toEqual([true, false]);
  expect([theirs, shared].map((one) => one.includes(ruleOf(0)))).toEqual([true, true]);
  await write('delete from accounts.members where account_id = $1 and user_id = $2', bob.userId);
  await memory.coditect.forgetDeparted();
  await advance(memory.db, '31 days');
  await memory.coditect.forgetDeparted();
  for (const table of ['patterns', 'pattern_sources'])
    expect(await memory.count(ada, `coditect.${table}`)).toBe(table === 'patterns' ? 1 : 2);
  await memory.db.asMigrator(eraseStatement(allDataRules(), account));
  for (const table of ['patterns', 'pattern_sources', 'pattern_ratings'])
    expect(await memory.count(ada, `coditect.${table}`)).toBe(0);
});
