import { describe, expect, test } from 'vitest';
import { openDatabase, statement } from '#platform/db';
import { atEndOfFile } from '@plinth/testkit/closing';
import { createIds, systemClock, systemRandom } from '#platform/kernel';
import { advance } from '@plinth/testkit/factories';
import { engine } from '@plinth/testkit/services';
import type { StreamEvent } from '@plinth/testkit/fixtures/follow';
import { followScope, hereOf, numbersOf } from './follow-scope.ts';
import { orbitFixture, withWorkspaces } from './fixture.ts';
import { testApp } from '@plinth/testkit/services/app';
import { createChanges } from '../changes/service.ts';

const here = await orbitFixture({ work: false });
const { db } = here;

// Most of it is waiting for the rounds in which readers are looked at: those who wait in workspaces of their own do so at once.
describe.concurrent('a reader of a scope’s events', () => {
  test('is told where the scope stands, each change as it happens in its order, and who is here', async () => {
    const { member, viewer, scope } = await here.workspace();
    const id = await scope(2);
    const stream = await followScope(viewer, id);
    expect([stream.status, stream.headers.get('content-type')]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
    ]);
    const ready = await stream.next();
    expect(ready).toMatchObject({ event: 'ready', id: '3', data: { seq: 3 } });
    const { body } = await member.post(`/v1/scopes/${id}/sections`, { type: 'risks', title: 'Risks' });
    await member.patch(`/v1/scopes/${id}/sections/${String(body['id'])}`, { content: 'Rain.' });
    await member.post(`/v1/scopes/${id}/comments`, { body: 'Look.' });
    const changes = await stream.changesUntil('comment.added');
    expect(changes.map(({ id: at, data }) => [at, data['kind'], data['user_id']])).toEqual([
      ['4', 'section.added', member.by.userId],
      ['5', 'section.updated', member.by.userId],
      ['6', 'comment.added', member.by.userId],
    ]);
    stream.leave();
    const again = await followScope(viewer, id);
    expect(hereOf(await again.until('presence'))).toContain(viewer.by.userId);
    again.leave();
  });

  test('who comes back is told what they missed, and nothing twice', async () => {
    const { member, viewer, scope } = await here.workspace();
    const id = await scope(1);
    const first = await followScope(viewer, id);
    const { id: lastEventId } = (await first.next()) ?? { id: '' };
    first.leave();
    for (const title of ['One', 'Two', 'Three'])
      await member.post(`/v1/scopes/${id}/sections`, { type: 'other', title });
    const second = await followScope(viewer, id, { lastEventId });
    await member.post(`/v1/scopes/${id}/comments`, { body: 'The last one.' });
    const changes = await second.changesUntil('comment.added');
    expect(changes.map((one) => one.id)).toEqual(['3', '4', '5', '6']);
    second.leave();
  });

  test('misses nothing across the seam of what is replayed and what comes, whenever it begins', async () => {
    const { member, viewer, scope } = await here.workspace();
    const id = await scope(0);
    const writing = (async () => {
      for (let n = 0; n < 25; n += 1)
        await member.post(`/v1/scopes/${id}/sections`, { type: 'other', title: `Section ${n}` });
      await member.post(`/v1/scopes/${id}/comments`, { body: 'Done.' });
    })();
    const readers = await Promise.all(
      Array.from({ length: 12 }, () => followScope(viewer, id, { lastEventId: '0' })),
    );
    const late = await followScope(viewer, id, { lastEventId: '1' });
    await writing;
    const told = await Promise.all([...readers, late].map((one) => one.changesUntil('comment.added')));
    const all = (await numbersOf(db, id)).map(String);
    expect(all).toHaveLength(27);
    for (const changes of told.slice(0, -1)) expect(changes.map((one) => one.id)).toEqual(all);
    expect(told.at(-1)?.map((one) => one.id)).toEqual(all.slice(1));
    for (const one of [...readers, late]) one.leave();
  });

  test('who was away for too long, or comes with a number of another life, is told to read anew', async () => {
    const { viewer, scope } = await here.workspace();
    const id = await scope(2);
    await db.asMigrator(
      statement(
        `update orbit.scope_changes set created_at = created_at - interval '8 days' where scope_id = $1`,
        [id],
      ),
    );
    await createChanges({ db, ids: createIds({ clock: systemClock, random: systemRandom }) }).prune();
    expect(await numbersOf(db, id)).toEqual([]);
    for (const lastEventId of ['1', '99']) {
      const stream = await followScope(viewer, id, { lastEventId });
      expect(await stream.next()).toMatchObject({ event: 'reset', id: '3', data: { seq: 3 } });
      stream.leave();
    }
  });

  test('a change whose signal was lost is told all the same', async () => {
    const { member, viewer, scope } = await here.workspace();
    const id = await scope(0);
    const stream = await followScope(viewer, id);
    await stream.next();
    await db.asMigrator(
      statement(
        `with head as (update orbit.scope_heads set seq = seq + 1 where scope_id = $1 returning account_id, scope_id, seq)
         insert into orbit.scope_changes (account_id, scope_id, seq, kind, data, actor_user)
         select account_id, scope_id, seq, 'scope.unheard', '{}', $2 from head`,
        [id, member.by.userId],
      ),
    );
    expect((await stream.changesUntil('scope.unheard')).map((one) => one.id)).toEqual(['2']);
    stream.leave();
  });

  test('an id that no stream gave out is 400; a stranger, and a scope in the trash, are 404', async () => {
    const { member, viewer, scope } = await here.workspace();
    const id = await scope(0);
    for (const lastEventId of ['nonsense', '-1', '1.5', '9'.repeat(30)])
      expect((await followScope(viewer, id, { lastEventId })).status).toBe(400);
    expect((await followScope(await here.stranger(), id)).status).toBe(404);
    await member.remove(`/v1/scopes/${id}`);
    expect((await followScope(viewer, id)).status).toBe(404);
  });

  test('without a stream gets what came after a number, and who is here', async () => {
    const { member, viewer, scope } = await here.workspace();
    const id = await scope(2);
    const stream = await followScope(member, id);
    await stream.until('presence');
    const { body } = await viewer.get(`/v1/scopes/${id}/events?after=1`);
    expect(body).toMatchObject({ seq: 3, reset: false, changes: [{ seq: 2 }, { seq: 3 }] });
    expect(body['here']).toMatchObject({ count: 1, users: [{ user_id: member.by.userId }] });
    expect((await viewer.get(`/v1/scopes/${id}/events`)).body).toMatchObject({ changes: [], reset: false });
    stream.leave();
  });
});

describe.concurrent('a reader whose rights end is cut:', () => {
  test('removed from the workspace, its key revoked, the scope deleted, the workspace closed', async () => {
    const workspace = await here.workspace();
    const { owner, admin, member, viewer } = workspace;
    const id = await workspace.scope(0);
    const other = await workspace.scope(0);
    const [removed, revoked, deleted, stays] = [
      await followScope(viewer, id),
      await followScope(admin, id),
      await followScope(member, other),
      await followScope(owner, id),
    ];
    // Written past the services, so that no signal is sent.
    await db.asMigrator(statement('delete from accounts.members where user_id = $1', [viewer.by.userId]));
    await db.asMigrator(
      statement('update identity.api_keys set revoked_at = app.now() where user_id = $1', [admin.by.userId]),
    );
    await db.asMigrator(statement('update orbit.scopes set deleted_at = app.now() where id = $1', [other]));
    for (const stream of [removed, revoked, deleted]) expect(await stream.until('never')).toBeUndefined();
    await member.post(`/v1/scopes/${id}/comments`, { body: 'Still here.' });
    expect(await stays.changesUntil('comment.added')).toHaveLength(1);
    await db.asMigrator(
      statement('update accounts.accounts set deleted_at = app.now() where account_id = $1', [workspace.id]),
    );
    expect(await stays.until('never')).toBeUndefined();
  });
});

describe.concurrent('who is here', () => {
  test('is everybody with a stream, once, until their last one ends', async () => {
    const { member, viewer, scope } = await here.workspace();
    const id = await scope(0);
    const watcher = await followScope(member, id);
    const [first, second] = [await followScope(viewer, id), await followScope(viewer, id)];
    const both = [member.by.userId, viewer.by.userId].toSorted();
    const isBoth = (told: Parameters<typeof hereOf>[0]) => hereOf(told).join() === both.join();
    expect(hereOf(await watcher.until('presence', isBoth))).toEqual(both);
    first.leave();
    second.leave();
    const alone = await watcher.until('presence', (told) => hereOf(told).length === 1);
    expect(alone?.data['count']).toBe(1);
    watcher.leave();
  });

  test('people who are here are told who edits which section, until they say another, none, or leave', async () => {
    const workspace = await here.workspace();
    const id = await workspace.scope(1);
    const { member, viewer } = workspace;
    const [section] = (await member.get(`/v1/scopes/${id}`)).body['sections'] as { id: string }[];
    const edit = (by: typeof member, section_id: unknown) =>
      here.call(by.by.key, `PUT /v1/scopes/${id}/editing`, {
        body: { section_id },
        headers: { 'x-account-id': workspace.id },
      });
    expect((await edit(member, section?.id)).body).toMatchObject({ count: 0 });
    const [watcher, editor] = [await followScope(viewer, id), await followScope(member, id)];
    await watcher.until('presence', (told) => hereOf(told).length === 2);
    for (const section_id of [section?.id, null, section?.id]) {
      expect((await edit(member, section_id)).status).toBe(200);
      expect(await watcher.until('presence', (told) => editedIn(told) === section_id)).toBeDefined();
    }
    expect((await edit(member, id)).body).toMatchObject({ error: { code: 'section_not_found' } });
    expect((await edit(viewer, section?.id)).status).toBe(403);
    expect((await edit(await here.stranger(), null)).status).toBe(404);
    editor.leave();
    await watcher.until('presence', (told) => hereOf(told).length === 1);
    watcher.leave();
  });
});

describe.runIf(engine === 'postgres').concurrent('where several processes answer', () => {
  test('a change at one is told by the other, both know who is here, and a reader goes on at either', async () => {
    const there = await openSecondApp();
    const workspace = await here.workspace();
    const elsewhere = workspace.at(there);
    const id = await workspace.scope(0);
    const [near, far] = [await followScope(workspace.viewer, id), await followScope(elsewhere.admin, id)];
    await workspace.member.post(`/v1/scopes/${id}/comments`, { body: 'From here.' });
    await elsewhere.member.post(`/v1/scopes/${id}/comments`, { body: 'From there.' });
    const both = [workspace.viewer, workspace.admin].map(({ by }) => by.userId).toSorted();
    for (const stream of [near, far]) {
      const first = await stream.changesUntil('comment.added');
      const second = await stream.changesUntil('comment.added');
      expect([...first, ...second].map((one) => one.id)).toEqual(['2', '3']);
    }
    const present = await followScope(workspace.member, id);
    const all = [...both, workspace.member.by.userId].toSorted();
    const told = await present.until('presence', (one) => hereOf(one).length === 3);
    expect(hereOf(told)).toEqual(all);
    const moved = await followScope(elsewhere.viewer, id, { lastEventId: '2' });
    expect((await moved.changesUntil('comment.added')).map((one) => one.id)).toEqual(['3']);
    for (const one of [near, far, present, moved]) one.leave();
  });

  test('a stream ends at once when its server stops, and nobody is left there', async () => {
    const leaving = await openSecondApp();
    const workspace = await here.workspace();
    const id = await workspace.scope(0);
    const watcher = await followScope(workspace.member, id);
    const stream = await followScope(workspace.at(leaving).viewer, id);
    const first = await stream.next();
    await watcher.until('presence', (told) => hereOf(told).length === 2);
    await leaving.close();
    expect(await stream.until('never')).toBeUndefined();
    await watcher.until('presence', (told) => hereOf(told).length === 1);
    await workspace.member.post(`/v1/scopes/${id}/comments`, { body: 'Go on here.' });
    const next = await followScope(workspace.viewer, id, { lastEventId: first?.id ?? '' });
    expect((await next.changesUntil('comment.added')).map((one) => one.id)).toEqual(['2']);
    for (const one of [watcher, next]) one.leave();
  });
});

// Alone, as it moves the time of everybody.
describe('who is here', () => {
  test('is nobody of a process that was killed, some seconds later', async () => {
    const { member, viewer, scope } = await here.workspace();
    const id = await scope(0);
    await db.asMigrator(
      statement(
        `insert into orbit.presence (account_id, scope_id, user_id, process_id, expires_at)
         select account_id, id, $2, gen_random_uuid(), app.now() + interval '15 seconds' from orbit.scopes where id = $1`,
        [id, viewer.by.userId],
      ),
    );
    const watcher = await followScope(member, id);
    await watcher.until('presence', (told) => hereOf(told).length === 2);
    await advance(db, '16 seconds');
    const alone = await watcher.until('presence', (told) => hereOf(told).length === 1);
    expect(hereOf(alone)).toEqual([member.by.userId]);
    watcher.leave();
  });
});

/** The section that the second who came edits. */
const editedIn = (told: StreamEvent) =>
  (told.data['users'] as { section_id: string | null }[])[1]?.section_id;

/** A process with a connection of its own to the database: signals between the two go by the database. */
async function openSecondApp() {
  const second = await openDatabase({ engine: 'postgres', url: here.database.url });
  atEndOfFile(() => second.close());
  return withWorkspaces(await testApp({ beside: here, work: false, over: () => second }));
}
