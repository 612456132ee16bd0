import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { type Colleague, orbitFixture } from './fixture.ts';

const here = await orbitFixture({ work: false });

type Line = Readonly<Record<'kind' | 'workspace_id' | 'user_id', string>> & {
  readonly scope: { readonly id: string; readonly title: string | null } | null;
  readonly data: Readonly<Record<string, unknown>>;
};

async function lines(by: Colleague, path: string): Promise<Line[]> {
  const { status, body } = await by.get(path);
  expect(status).toBe(200);
  return body['data'] as Line[];
}
const kinds = async (by: Colleague, path: string) => (await lines(by, path)).map(({ kind }) => kind);

/** A key of a person for none of their workspaces alone can't be had: they sign in. */
async function signedIn(by: Colleague): Promise<Colleague['get']> {
  const { body } = await here.call(undefined, 'POST /v1/auth/login', {
    body: { email: by.by.email, password: by.by.password },
  });
  return (path) => here.call(String(body['access_token']), `GET ${path}`);
}

describe('the feed of a scope', () => {
  test('tells what was done to it by whom, newest first, and repeated edits once', async () => {
    const { admin, member, viewer, scope } = await here.workspace();
    const id = await scope(2);
    const sections = (await member.get(`/v1/scopes/${id}/sections`)).body['data'] as { id: string }[];
    for (const [at, content] of ['a', 'b', 'c'].entries())
      await member.patch(`/v1/scopes/${id}/sections/${sections[at % 2]?.id ?? ''}`, { content });
    await admin.patch(`/v1/scopes/${id}/sections/${sections[0]?.id ?? ''}`, { content: 'd' });
    const { body } = await member.post(`/v1/scopes/${id}/comments`, { body: 'Look.' });
    await member.post(`/v1/comments/${String(body['id'])}/resolve`);
    await admin.post(`/v1/scopes/${id}/status`, { status: 'in_review' });
    const path = `/v1/scopes/${id}/activity`;
    expect(await kinds(viewer, path)).toEqual([
      'scope.status_changed',
      'comment.resolved',
      'comment.added',
      'section.updated',
      'section.updated',
      'section.updated',
      'section.added',
      'scope.created',
    ]);
    expect((await lines(viewer, path))[0]).toMatchObject({
      user_id: admin.by.userId,
      scope: { id, title: 'A new shop' },
      data: { before: 'draft', after: 'in_review' },
    });
    expect(await kinds(viewer, `${path}?kind=comment`)).toEqual(['comment.resolved', 'comment.added']);
    expect(await kinds(viewer, `${path}?kind=comment.added`)).toEqual(['comment.added']);
    expect(await kinds(viewer, `${path}?actor=${admin.by.userId}`)).toEqual([
      'scope.status_changed',
      'section.updated',
    ]);
    const page = await viewer.get(`${path}?limit=5`);
    expect(await kinds(viewer, `${path}?limit=5&cursor=${String(page.body['next_cursor'])}`)).toHaveLength(3);
    expect((await (await here.stranger()).get(path)).status).toBe(404);
    // A cursor is of one list and its filters.
    const other = await viewer.get(`${path}?kind=comment&cursor=${String(page.body['next_cursor'])}`);
    expect(other.status).toBe(400);
  });

  test('is read of a scope in the trash, and says of no user what they wrote', async () => {
    const { member, scope } = await here.workspace();
    const id = await scope(1);
    await member.post(`/v1/scopes/${id}/comments`, { body: 'Something between us.' });
    await member.remove(`/v1/scopes/${id}`);
    const [deleted] = await lines(member, `/v1/scopes/${id}/activity`);
    expect(deleted).toMatchObject({ kind: 'scope.deleted', scope: { id, title: null } });
    const told = JSON.stringify(await lines(member, `/v1/scopes/${id}/activity`));
    for (const word of ['between us', 'says', 'Section 1']) expect(told).not.toContain(word);
  });
});

describe('the feed of a person', () => {
  test('is of all workspaces that they are a member of now, and of no other', async () => {
    const [one, two] = [await here.workspace(), await here.workspace()];
    const ids = [await one.scope(0), await two.scope(0)];
    const { viewer } = one;
    await here.db.asMigrator(
      statement(`insert into accounts.members (account_id, user_id, role) values ($1, $2, 'viewer')`, [
        two.id,
        viewer.by.userId,
      ]),
    );
    const get = await signedIn(viewer);
    const scopesOf = async (query = '') => {
      const { body } = await get(`/v1/activity${query}`);
      return (body['data'] as readonly Line[]).map((line) => line.scope?.id);
    };
    expect(await scopesOf()).toEqual(ids.toReversed());
    expect(await scopesOf(`?workspace_id=${one.id}`)).toEqual([ids[0]]);
    expect(await scopesOf('?limit=1')).toEqual([ids[1]]);
    expect((await get(`/v1/activity?workspace_id=${(await here.workspace()).id}`)).status).toBe(404);
    await here.db.asMigrator(
      statement('delete from accounts.members where account_id = $1 and user_id = $2', [
        two.id,
        viewer.by.userId,
      ]),
    );
    expect(await scopesOf()).toEqual([ids[0]]);
    expect((await get(`/v1/activity?workspace_id=${two.id}`)).status).toBe(404);
  });

  test('by a key is of the workspace that the key is for, and tells of templates too', async () => {
    const [one, two] = [await here.workspace(), await here.workspace()];
    const { admin } = one;
    await here.db.asMigrator(
      statement(`insert into accounts.members (account_id, user_id, role) values ($1, $2, 'viewer')`, [
        two.id,
        admin.by.userId,
      ]),
    );
    await two.scope(0);
    await admin.post('/v1/templates', { name: 'T', sections: [{ type: 'other', title: 'One' }] });
    expect(await kinds(admin, '/v1/activity')).toEqual(['template.created']);
    expect((await admin.get(`/v1/activity?workspace_id=${two.id}`)).status).toBe(404);
  });
});
