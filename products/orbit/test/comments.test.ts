import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { refusalOf } from '@plinth/testkit/fixtures/calls';
import { orbitMails } from '../mails.ts';
import { testApp } from '@plinth/testkit/services/app';
import { type Colleague, orbitFixture } from './fixture.ts';

const here = await orbitFixture();

async function writeComment(by: Colleague, scopeId: string, more: object = {}): Promise<string> {
  const { status, body } = await by.post(`/v1/scopes/${scopeId}/comments`, { body: 'Is this all?', ...more });
  expect([status, body['error']]).toEqual([201, undefined]);
  return String(body['id']);
}

const dataOf = ({ body }: Awaited<ReturnType<Colleague['get']>>) =>
  body['data'] as Readonly<Record<string, unknown>>[];

describe('a thread', () => {
  test('is on the scope or a section, and has its replies in their order, those to a reply too', async () => {
    const { member, admin, viewer, scope } = await here.workspace();
    const id = await scope(1);
    const [section] = dataOf(await viewer.get(`/v1/scopes/${id}/sections`));
    const first = await writeComment(member, id);
    const second = await writeComment(admin, id, { section_id: section?.['id'] });
    const reply = await writeComment(admin, id, { body: 'One.', reply_to: second });
    await writeComment(member, id, { body: 'Two.', reply_to: reply });
    const threads = dataOf(await viewer.get(`/v1/scopes/${id}/comments`));
    expect(threads.map((one) => [one['id'], one['section_id'], one['reply_count']])).toEqual([
      [second, section?.['id'], 2],
      [first, null, 0],
    ]);
    const replies = threads[0]?.['replies'] as Readonly<Record<string, unknown>>[];
    expect(replies.map((one) => [one['body'], one['thread_id'], one['section_id']])).toEqual([
      ['One.', second, section?.['id']],
      ['Two.', second, section?.['id']],
    ]);
    const one = await viewer.get(`/v1/comments/${second}/replies?limit=1`);
    expect(dataOf(one).map(({ body }) => body)).toEqual(['One.']);
    const rest = await viewer.get(
      `/v1/comments/${second}/replies?limit=1&cursor=${String(one.body['next_cursor'])}`,
    );
    expect([dataOf(rest).map(({ body }) => body), rest.body['next_cursor']]).toEqual([['Two.'], null]);
    const on = await viewer.get(`/v1/scopes/${id}/comments?section_id=${String(section?.['id'])}`);
    expect(dataOf(on)).toHaveLength(1);
  });

  test('stays on the scope when its section is deleted', async () => {
    const { member, scope } = await here.workspace();
    const id = await scope(1);
    const [section] = dataOf(await member.get(`/v1/scopes/${id}/sections`));
    const thread = await writeComment(member, id, { section_id: section?.['id'] });
    await member.remove(`/v1/scopes/${id}/sections/${String(section?.['id'])}`);
    expect((await member.get(`/v1/comments/${thread}`)).body).toMatchObject({ section_id: null });
  });

  test('is listed in pages, and gone with its scope', async () => {
    const { member, scope } = await here.workspace();
    const id = await scope(0);
    const all = [
      await writeComment(member, id),
      await writeComment(member, id),
      await writeComment(member, id),
    ].toReversed();
    const page = await member.get(`/v1/scopes/${id}/comments?limit=2`);
    const rest = await member.get(
      `/v1/scopes/${id}/comments?limit=2&cursor=${String(page.body['next_cursor'])}`,
    );
    expect([...dataOf(page), ...dataOf(rest)].map((one) => one['id'])).toEqual(all);
    await member.remove(`/v1/scopes/${id}`);
    expect((await member.get(`/v1/scopes/${id}/comments`)).status).toBe(404);
    expect((await member.get(`/v1/comments/${all[0] ?? ''}`)).status).toBe(404);
  });

  test('is resolved and taken up again by who began it and by admins, and by nobody else', async () => {
    const { owner, admin, member, viewer, scope } = await here.workspace();
    const id = await scope(0);
    const mine = await writeComment(member, id);
    const theirs = await writeComment(owner, id);
    const reply = await writeComment(member, id, { reply_to: theirs });
    expect((await member.post(`/v1/comments/${theirs}/resolve`)).status).toBe(403);
    expect((await viewer.post(`/v1/comments/${mine}/resolve`)).status).toBe(403);
    expect(refusalOf(await member.post(`/v1/comments/${reply}/resolve`)).code).toBe('comment_is_reply');
    const { body } = await member.post(`/v1/comments/${mine}/resolve`);
    expect(body).toMatchObject({ resolved_by: member.by.userId, version: 2 });
    // Again: it stays as it is.
    expect((await admin.post(`/v1/comments/${mine}/resolve`)).body).toMatchObject({
      resolved_by: member.by.userId,
      version: 2,
    });
    expect(
      dataOf(await viewer.get(`/v1/scopes/${id}/comments?resolved=true`)).map((one) => one['id']),
    ).toEqual([mine]);
    expect((await admin.post(`/v1/comments/${mine}/unresolve`)).body).toMatchObject({ resolved_at: null });
    expect(dataOf(await viewer.get(`/v1/scopes/${id}/comments?resolved=true`))).toEqual([]);
  });
});

describe('a comment', () => {
  test('is changed by its author alone, of the version that they have read', async () => {
    const { owner, member, scope } = await here.workspace();
    const id = await writeComment(member, await scope(0));
    expect((await owner.patch(`/v1/comments/${id}`, { body: 'Mine now.' })).status).toBe(403);
    const changed = await member.patch(`/v1/comments/${id}`, { body: 'Is it?' }, { 'if-match': '"1"' });
    expect(changed.body).toMatchObject({ body: 'Is it?', version: 2, edited_at: expect.any(String) });
    expect((await member.patch(`/v1/comments/${id}`, { body: 'Old.' }, { 'if-match': '"1"' })).status).toBe(
      412,
    );
  });

  test('is deleted by its author and by admins; with replies it stays without its text until they are gone', async () => {
    const { admin, owner, member, scope } = await here.workspace();
    const scopeId = await scope(0);
    const thread = await writeComment(owner, scopeId);
    const reply = await writeComment(member, scopeId, { reply_to: thread });
    expect((await member.remove(`/v1/comments/${thread}`)).status).toBe(403);
    expect((await admin.remove(`/v1/comments/${thread}`)).status).toBe(200);
    expect((await admin.get(`/v1/comments/${thread}`)).body).toMatchObject({ body: null, reply_count: 1 });
    expect((await owner.patch(`/v1/comments/${thread}`, { body: 'Back.' })).status).toBe(404);
    expect((await member.remove(`/v1/comments/${reply}`)).status).toBe(200);
    expect((await admin.get(`/v1/comments/${thread}`)).status).toBe(404);
  });

  test('of a viewer, of a stranger, on another scope’s section, or without a word is refused', async () => {
    const { member, viewer, scope } = await here.workspace();
    const [id, other] = [await scope(0), await scope(1)];
    const [section] = dataOf(await member.get(`/v1/scopes/${other}/sections`));
    const path = `/v1/scopes/${id}/comments`;
    expect((await viewer.post(path, { body: 'Hello.' })).status).toBe(403);
    expect((await (await here.stranger()).post(path, { body: 'Hello.' })).status).toBe(404);
    expect(refusalOf(await member.post(path, { body: 'a', section_id: section?.['id'] })).code).toBe(
      'section_not_found',
    );
    const elsewhere = await writeComment(member, other);
    expect(refusalOf(await member.post(path, { body: 'a', reply_to: elsewhere })).code).toBe(
      'comment_not_found',
    );
    for (const body of ['', '  ', '\u200b', 'x'.repeat(5_001)])
      expect((await member.post(path, { body })).status).toBe(400);
    const twice = await Promise.all(
      [1, 2].map(() => member.post(path, { body: 'Once.' }, { 'idempotency-key': `comment-once-${id}` })),
    );
    const again = await member.post(path, { body: 'Once.' }, { 'idempotency-key': `comment-once-${id}` });
    expect(again.status).toBe(201);
    expect(
      new Set([...twice, again].filter(({ status }) => status === 201).map(({ body }) => body['id'])).size,
    ).toBe(1);
    expect(dataOf(await member.get(path))).toHaveLength(1);
  });
});

describe('who is mentioned', () => {
  test('is written to once for a comment, and nobody of their own', async () => {
    const { admin, member, viewer, scope } = await here.workspace();
    const scopeId = await scope(0);
    const { userId: them } = admin.by;
    const mentions = [them, them.toUpperCase(), member.by.userId];
    const id = await writeComment(member, scopeId, { body: 'Please look.\nIs it right?', mentions });
    await member.patch(`/v1/comments/${id}`, { body: 'Please look.', mentions: [] });
    await member.patch(`/v1/comments/${id}`, { body: 'Please look!', mentions: [them, viewer.by.userId] });
    const mails = (await here.outbox()).filter(({ subject }) => subject.includes('mentioned you'));
    const mine = mails.filter(({ to }) => [admin, member, viewer].some(({ by }) => by.email === to));
    expect(mine.map(({ to }) => to).toSorted()).toEqual([admin.by.email, viewer.by.email].toSorted());
    expect(mine.find(({ to }) => to === admin.by.email)?.text).toContain('> Please look. Is it right?');
    expect((await member.get(`/v1/comments/${id}`)).body['mentions']).toEqual(
      [them, viewer.by.userId].toSorted(),
    );
  });

  test('is led by the mail to the comment in the web app that the setting names, and nowhere without it', async () => {
    const workspace = await here.workspace();
    const { admin, member, viewer, scope } = workspace;
    const scopeId = await scope(0);
    const address =
      'https://orbit.example.com/w/{workspace_id}/s/{scope_id}?comment={comment_id}#{comment_id}';
    const linked = workspace.at(
      await testApp({ beside: here, work: false, settings: { ORBIT_COMMENT_URL: address } }),
    );
    await writeComment(member, scopeId, { mentions: [admin.by.userId] });
    const id = await writeComment(linked.member, scopeId, { mentions: [viewer.by.userId] });
    const changed = await writeComment(linked.member, scopeId);
    await linked.member.patch(`/v1/comments/${changed}`, { body: 'All?', mentions: [viewer.by.userId] });
    const mails = await here.outbox();
    const textsTo = (email: string | undefined) =>
      mails.flatMap(({ to, text, html }) => (to === email ? [text, html] : []));
    const linkTo = (comment: string) =>
      `https://orbit.example.com/w/${workspace.id}/s/${scopeId}?comment=${comment}#${comment}`;
    const [text, html, textOfChanged, htmlOfChanged] = textsTo(viewer.by.email);
    for (const part of [text, html]) expect(part).toContain(linkTo(id));
    for (const part of [textOfChanged, htmlOfChanged]) expect(part).toContain(linkTo(changed));
    const [unlinked, unlinkedHtml] = textsTo(admin.by.email);
    for (const part of [unlinked, unlinkedHtml]) expect(part).toMatch(/Read and answer it in Orbit\.(\n|<)/);
  });

  test('is read without a link in a mail that a version before wrote', () => {
    const { facts, example } = orbitMails.comment_mention;
    const { next: _next, link: _link, ...before } = example;
    expect(facts.parse(before)).toEqual({ ...before, next: 'Read and answer it in Orbit.', link: '' });
  });

  test('writes nothing of their own into the mail: no header, no line, no markup', async () => {
    const { admin, member, scope } = await here.workspace();
    const scopeId = await scope(0);
    const body =
      'Hi\r\n\r\nYour password is wrong, call us.\r\nBcc: all@example.com <img src=x onerror=alert(1)> \u202etxt';
    await writeComment(member, scopeId, { body, mentions: [admin.by.userId] });
    const mail = (await here.outbox()).findLast(({ to }) => to === admin.by.email);
    expect(mail?.subject.split('\n')).toHaveLength(1);
    const lines = mail?.text.split('\n').filter((line) => line.includes('password')) ?? [];
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^> Hi +Your password/);
    expect(mail?.html).not.toContain('<img');
    expect(`${mail?.text}${mail?.html}`).not.toContain('\u202e');
  });

  test('must be a member: of another person nothing is told, and nothing is stored', async () => {
    const { member, scope } = await here.workspace();
    const scopeId = await scope(0);
    const stranger = await here.stranger();
    const nobody = '00000000-0000-7000-8000-000000000000';
    for (const user of [stranger.by.userId, nobody]) {
      const refused = await member.post(`/v1/scopes/${scopeId}/comments`, { body: 'You.', mentions: [user] });
      expect(refusalOf(refused)).toMatchObject({
        status: 400,
        code: 'mention_unknown',
        details: { users: [user] },
      });
    }
    expect(dataOf(await member.get(`/v1/scopes/${scopeId}/comments`))).toEqual([]);
    const mails = await here.db.asMigrator(
      statement('select id from mail.messages where recipient = $1', [stranger.by.email]),
    );
    expect(mails).toEqual([]);
  });
});
