import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { refusalOf } from '@plinth/testkit/fixtures/calls';
import { type Reply, testApp } from '@plinth/testkit/services/app';
import { type Colleague, orbitFixture, type Workspace } from './fixture.ts';

const fixture = await orbitFixture();

interface SectionView {
  readonly id: string;
  readonly rank: string;
  readonly version: number;
  readonly title: string;
  readonly content: string;
}

async function sectionsOf(by: Colleague, scope: string): Promise<SectionView[]> {
  const { body } = await by.get(`/v1/scopes/${scope}/sections`);
  return body['data'] as SectionView[];
}

const byBytes = (a: SectionView, b: SectionView) =>
  Buffer.compare(Buffer.from(a.rank), Buffer.from(b.rank)) || (a.id < b.id ? -1 : 1);

/** The n-th of a fixed sequence that looks like chance: nothing here hangs on a seed. */
const chance = (n: number, most: number) => (n * 7_919 + 104_729) % most;

/** Asks again where the server was too busy and said so, as clients do. */
async function patient(ask: () => Promise<Reply>): Promise<Reply> {
  for (;;) {
    const reply = await ask();
    if (reply.status !== 503) return reply;
  }
}

describe('the fields of a section', () => {
  test('are what its text says, also after it was edited', async () => {
    const { member, ...workspace } = await fixture.workspace();
    const scope = await workspace.scope(0);
    const path = `/v1/scopes/${scope}/sections`;
    const added = await member.post(path, {
      type: 'budget',
      title: 'Budget',
      content: 'Design costs €23,000, due by 2026-12-01.',
    });
    expect(added.body['fields']).toMatchObject({
      dates: [{ date: '2026-12-01' }],
      money: [{ currency: 'EUR', amount_minor: 2_300_000 }],
    });
    const one = `${path}/${String(added.body['id'])}`;
    const changed = await member.patch(one, {
      content: 'Design costs $25,000, net 30, and takes two weeks.',
    });
    const fields = {
      dates: [],
      durations: [{ unit: 'weeks', count: 2 }],
      money: [{ currency: 'USD', amount_minor: 2_500_000 }],
    };
    expect(changed.body['fields']).toMatchObject(fields);
    expect((await member.patch(one, { title: 'What it costs' })).body['fields']).toMatchObject(fields);
  });
});

describe('the order of sections', () => {
  test('200 parallel moves from two processes converge to one order with all sections there', async () => {
    const workspace = await fixture.workspace();
    const beside = workspace.at(await testApp({ beside: fixture }));
    const scope = await workspace.scope(10);
    const before = await sectionsOf(workspace.member, scope);
    const ids = before.map(({ id }) => id);
    const moves = Array.from({ length: 200 }, (_, n) => {
      const who = n % 2 === 0 ? workspace.member : beside.admin;
      const section = ids[chance(n, 10)] ?? '';
      const anchor = ids[chance(n + 3, 10)] ?? '';
      const to = n % 5 === 0 ? { after: null } : n % 7 === 0 ? { before: null } : { after: anchor };
      return patient(() => who.post(`/v1/scopes/${scope}/sections/${section}/move`, to));
    });
    const answers = await Promise.all(moves);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const [here, there] = [await sectionsOf(workspace.member, scope), await sectionsOf(beside.viewer, scope)];
    expect(there).toEqual(here);
    expect(here.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    expect(here.toSorted(byBytes).map(({ id }) => id)).toEqual(here.map(({ id }) => id));
    expect(new Set(here.map(({ rank }) => rank)).size).toBe(ids.length);
  });

  test('those that are moved to one place at once, from two processes, stand apart there', async () => {
    const workspace = await fixture.workspace();
    const beside = workspace.at(await testApp({ beside: fixture }));
    const scope = await workspace.scope(10);
    for (let round = 0; round < 5; round += 1) {
      const [first, ...others] = (await sectionsOf(workspace.member, scope)).map(({ id }) => id);
      const moves = others.map((section, n) =>
        patient(() =>
          (n % 2 === 0 ? workspace.member : beside.admin).post(
            `/v1/scopes/${scope}/sections/${section}/move`,
            { after: first },
          ),
        ),
      );
      expect(new Set((await Promise.all(moves)).map(({ status }) => status))).toEqual(new Set([200]));
      const ranks = (await sectionsOf(beside.viewer, scope)).map(({ rank }) => rank);
      expect(new Set(ranks).size).toBe(10);
    }
  });

  test('a move writes one row, and a section that stands there already none', async () => {
    const { member, ...workspace } = await fixture.workspace();
    const scope = await workspace.scope(4);
    const [a, b, c, d] = await sectionsOf(member, scope);
    const moved = await member.post(`/v1/scopes/${scope}/sections/${d?.id}/move`, { after: a?.id });
    expect(moved.status).toBe(200);
    const after = await sectionsOf(member, scope);
    expect(after.map(({ id }) => id)).toEqual([a?.id, d?.id, b?.id, c?.id]);
    const isSameRank = (one: SectionView | undefined) =>
      after.find(({ id }) => id === one?.id)?.rank === one?.rank;
    expect([a, b, c, d].map(isSameRank)).toEqual([true, true, true, false]);
    const version = (await member.get(`/v1/scopes/${scope}`)).body['version'];
    await member.post(`/v1/scopes/${scope}/sections/${d?.id}/move`, { after: a?.id });
    await member.post(`/v1/scopes/${scope}/sections/${d?.id}/move`, { after: d?.id });
    expect((await member.get(`/v1/scopes/${scope}`)).body['version']).toBe(version);
  });

  test('keys are compared by bytes: Z stands before a, and no language has a say in it', async () => {
    const { member, ...workspace } = await fixture.workspace();
    const scope = await workspace.scope(3);
    const [, , last] = await sectionsOf(member, scope);
    // Before the first key of all, keys begin with Z.
    await member.post(`/v1/scopes/${scope}/sections/${last?.id}/move`, { after: null });
    const order = await sectionsOf(member, scope);
    expect(order[0]).toMatchObject({ id: last?.id, rank: expect.stringMatching(/^Z/) });
  });

  test('equal keys have an order by id, and there is room between them again', async () => {
    const { member, ...workspace } = await fixture.workspace();
    const scope = await workspace.scope(3);
    await fixture.db.asMigrator(
      statement(`update orbit.sections set rank = 'a0' where scope_id = $1`, [scope]),
    );
    const [a, b, c] = await sectionsOf(member, scope);
    expect([a?.id, b?.id, c?.id]).toEqual(
      [a, b, c].map((one) => String(one?.id)).toSorted((x, y) => (x < y ? -1 : 1)),
    );
    const path = `/v1/scopes/${scope}/sections/${c?.id}/move`;
    expect((await member.post(path, { after: a?.id })).status).toBe(200);
    const order = await sectionsOf(member, scope);
    expect(order.map(({ id }) => id)).toEqual([a?.id, c?.id, b?.id]);
    expect(new Set(order.map(({ rank }) => rank)).size).toBe(3);
  });

  test('keys stay short however often sections go to one place', async () => {
    const { member, ...workspace } = await fixture.workspace();
    const scope = await workspace.scope(3);
    await fixture.db.asMigrator(
      statement(
        `update orbit.sections set rank = 'a0' || repeat('0', 110) || '1' where scope_id = $1 and title = 'Section 2'`,
        [scope],
      ),
    );
    const [a, , c] = await sectionsOf(member, scope);
    await member.post(`/v1/scopes/${scope}/sections/${c?.id}/move`, { after: a?.id });
    const ranks = (await sectionsOf(member, scope)).map(({ rank }) => rank.length);
    expect(Math.max(...ranks)).toBeLessThan(10);
  });

  test('a place that is no section of the scope is 404, and two places are 400', async () => {
    const workspace = await fixture.workspace();
    const { member } = workspace;
    const [scope, other] = [await workspace.scope(2), await workspace.scope(1)];
    const [a] = await sectionsOf(member, scope);
    const [stranger] = await sectionsOf(member, other);
    const path = `/v1/scopes/${scope}/sections/${a?.id}/move`;
    expect(refusalOf(await member.post(path, { after: stranger?.id }))).toMatchObject({
      status: 404,
      code: 'section_not_found',
    });
    expect((await member.post(path, { after: null, before: null })).status).toBe(400);
    expect((await member.post(path, {})).status).toBe(400);
    expect((await member.post(`/v1/scopes/${other}/sections/${a?.id}/move`, { after: null })).status).toBe(
      404,
    );
  });

  test('the name that other clients know moves it too', async () => {
    const { member, ...workspace } = await fixture.workspace();
    const scope = await workspace.scope(2);
    const [a, b] = await sectionsOf(member, scope);
    const moved = await member.post(`/api/scopes/${scope}/sections/reorder`, {
      section_id: b?.id,
      before: a?.id,
    });
    expect(moved.status).toBe(200);
    expect((await sectionsOf(member, scope)).map(({ id }) => id)).toEqual([b?.id, a?.id]);
  });
});

async function createEdited(): Promise<{ workspace: Workspace; path: string }> {
  const workspace = await fixture.workspace();
  const scope = await workspace.scope(1);
  const [section] = await sectionsOf(workspace.member, scope);
  return { workspace, path: `/v1/scopes/${scope}/sections/${section?.id}` };
}

describe('two editors of one section', () => {
  test('the second one is refused with the newer text, and can save after a look at it', async () => {
    const { workspace, path } = await createEdited();
    const first = await workspace.member.patch(path, { content: 'the first' }, { 'if-match': '"1"' });
    expect(first).toMatchObject({ status: 200, body: { version: 2, content: 'the first' } });
    const second = refusalOf(
      await workspace.admin.patch(path, { content: 'the second' }, { 'if-match': '"1"' }),
    );
    expect(second).toMatchObject({
      status: 412,
      code: 'precondition_failed',
      details: { current: { version: 2, content: 'the first' } },
    });
    const again = await workspace.admin.patch(path, { content: 'both' }, { 'if-match': '"2"' });
    expect(again).toMatchObject({ status: 200, body: { content: 'both' } });
  });

  test('of twenty at once from one version one wins, and nineteen get the text of that one', async () => {
    const { workspace, path } = await createEdited();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        (n % 2 === 0 ? workspace.member : workspace.admin).patch(
          path,
          { content: `text ${n}` },
          { 'if-match': '"1"' },
        ),
      ),
    );
    const won = answers.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    const lost = answers.filter(({ status }) => status !== 200).map(refusalOf);
    expect(lost).toHaveLength(19);
    for (const { status, details } of lost)
      expect({ status, details }).toMatchObject({
        status: 412,
        details: { current: { content: won[0]?.body['content'] } },
      });
  });

  test('a move meanwhile is in nobody’s way', async () => {
    const { workspace, path } = await createEdited();
    await workspace.member.post(path.replace(/\/[^/]+$/, ''), { type: 'risks', title: 'Risks' });
    await workspace.admin.post(`${path}/move`, { before: null });
    const saved = await workspace.member.patch(path, { content: 'saved' }, { 'if-match': '"1"' });
    expect(saved.status).toBe(200);
  });
});

test('sections are added where somebody wants them, once under one key, and at most 200', async () => {
  const { member, ...workspace } = await fixture.workspace();
  const scope = await workspace.scope(2);
  const [a, b] = await sectionsOf(member, scope);
  const path = `/v1/scopes/${scope}/sections`;
  const added = { type: 'budget', title: 'Budget', content: '| a | b |', after: a?.id };
  const key = { 'idempotency-key': 'a-budget' };
  const first = await member.post(path, added, key);
  const again = await member.post(path, added, key);
  expect([first.status, again.status]).toEqual([201, 201]);
  expect(again.body).toEqual(first.body);
  expect((await sectionsOf(member, scope)).map(({ id }) => id)).toEqual([a?.id, first.body['id'], b?.id]);
  await fixture.db.asMigrator(
    statement(
      `insert into orbit.sections (account_id, id, scope_id, type, title, rank)
       select account_id, gen_random_uuid(), id, 'other', 'x', 'b' || lpad(n::text, 3, '0') from orbit.scopes, generate_series(1, 197) n where id = $1`,
      [scope],
    ),
  );
  expect(refusalOf(await member.post(path, { type: 'other', title: 'too many' }))).toMatchObject({
    status: 409,
    code: 'section_limit',
  });
});

test('a deleted section is gone from the scope, and its versions keep it', async () => {
  const { member, ...workspace } = await fixture.workspace();
  const scope = await workspace.scope(2);
  const [a] = await sectionsOf(member, scope);
  await member.patch(`/v1/scopes/${scope}/status`, { status: 'in_review' });
  expect((await member.remove(`/v1/scopes/${scope}/sections/${a?.id}`)).status).toBe(200);
  expect((await member.remove(`/v1/scopes/${scope}/sections/${a?.id}`)).status).toBe(404);
  const { body } = await member.get(`/v1/scopes/${scope}/versions`);
  const [, before] = body['data'] as { number: number }[];
  const kept = await member.get(`/v1/scopes/${scope}/versions/${before?.number}`);
  expect(JSON.stringify(kept.body)).toContain(a?.id);
});
