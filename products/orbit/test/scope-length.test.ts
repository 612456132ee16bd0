import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { refusalOf } from '@plinth/testkit/fixtures/calls';
import { extractionFixture, idIn } from './extraction-fixture.ts';
import type { Colleague } from './fixture.ts';

const app = await extractionFixture();
const { db, document, office, working } = app;

const MOST = 400_000;
const text = (characters: number) => 'x'.repeat(characters);

/** Writes sections of so many characters in all behind what there is, past what the calls refuse. */
async function fill(scope: string, characters: number): Promise<void> {
  const sql = `insert into orbit.sections (account_id, id, scope_id, type, title, content, rank)
    select account_id, gen_random_uuid(), id, 'other', 'Part', repeat('x', $2), 'a1' from orbit.scopes where id = $1`;
  await db.asMigrator(statement(sql, [scope, characters]));
}

const wholeOf = async (by: Colleague, scope: string) => {
  const { body } = await by.get(`/v1/scopes/${scope}`);
  const sections = body['sections'] as { id: string; content: string }[];
  const characters = sections.reduce((sum, { content }) => sum + content.length, 0);
  return { version: body['version'], sections, characters };
};

/** A scope without a section but one that fills it but for so many characters. */
async function nearlyFull(left: number) {
  const { workspace, scope } = await office();
  await fill(scope, MOST - left);
  return { ...workspace, scope, path: `/v1/scopes/${scope}` };
}

/** Sections of a template of 20,000 characters each. */
const parts = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ type: 'other', title: `${n}`, content: text(20_000) }));

const TOO_LONG = { status: 409, code: 'scope_too_long', details: { max: MOST } };

describe('a scope', () => {
  test('takes 400,000 characters in its sections and not one more, by whichever call', async () => {
    const { member, path, scope } = await nearlyFull(10);
    const added = await member.post(`${path}/sections`, { type: 'other', title: 'Last', content: text(10) });
    expect(added.status).toBe(201);
    const full = await wholeOf(member, scope);
    expect(full.characters).toBe(MOST);
    const more = await member.post(`${path}/sections`, { type: 'other', title: 'More', content: 'x' });
    expect(refusalOf(more)).toMatchObject({ ...TOO_LONG, details: { max: MOST, characters: MOST + 1 } });
    const last = `${path}/sections/${String(added.body['id'])}`;
    expect(refusalOf(await member.patch(last, { content: text(11) }))).toMatchObject(TOO_LONG);
    expect(await wholeOf(member, scope)).toEqual(full);
    expect((await member.patch(last, { content: 'y'.repeat(10) })).status).toBe(200);
    expect((await member.post(`${path}/duplicate`, {})).status).toBe(201);
  });

  test('that is too long already is shortened and moved about, and neither grows nor is copied', async () => {
    const { member, path, scope } = await nearlyFull(-5_000);
    const added = await member.post(`${path}/sections`, { type: 'other', title: 'Empty' });
    expect(added.status).toBe(201);
    const last = `${path}/sections/${String(added.body['id'])}`;
    expect((await member.post(`${last}/move`, { after: null })).status).toBe(200);
    expect(refusalOf(await member.patch(last, { content: 'x' }))).toMatchObject(TOO_LONG);
    const before = await member.used();
    expect(refusalOf(await member.post(`${path}/duplicate`, {}))).toMatchObject(TOO_LONG);
    expect(await member.used()).toEqual(before);
    const { sections } = await wholeOf(member, scope);
    const longest = sections.find(({ content }) => content !== '')?.id;
    expect((await member.patch(`${path}/sections/${longest}`, { content: 'short' })).status).toBe(200);
    expect((await member.post(`${path}/duplicate`, {})).status).toBe(201);
  });

  test('is made no longer by a template, whichever way it is applied', async () => {
    const { admin, member, path, scope } = await nearlyFull(10);
    const template = async (title: string, content: string) =>
      String(
        (await admin.post('/v1/templates', { name: title, sections: [{ type: 'other', title, content }] }))
          .body['id'],
      );
    const apply = async (id: string, mode: string) =>
      member.post(`/v1/templates/${id}/apply`, { scope_id: scope, mode });
    await member.post(`${path}/sections`, { type: 'other', title: 'Terms', content: 'net 30' });
    const [long, short] = [await template('Terms', text(20)), await template('Terms', 'paid')];
    const full = await wholeOf(member, scope);
    for (const mode of ['append', 'by_title'])
      expect(refusalOf(await apply(long, mode)), mode).toMatchObject(TOO_LONG);
    expect(await wholeOf(member, scope)).toEqual(full);
    expect((await apply(short, 'by_title')).status).toBe(200);
    expect((await apply(long, 'replace')).status).toBe(200);
    expect((await wholeOf(member, scope)).characters).toBe(20);
  });

  test('is never longer than a template can be', async () => {
    const { admin } = await app.workspace();
    expect((await admin.post('/v1/templates', { name: 'Long', sections: parts(20) })).status).toBe(201);
    const refused = await admin.post('/v1/templates', { name: 'Longer', sections: parts(21) });
    expect(refusalOf(refused)).toMatchObject({ status: 400, code: 'validation_failed' });
  });

  test('that is full takes no extraction, which is charged to nobody and goes on when there is room', async () => {
    const { workspace, by, scope, used } = await office();
    await fill(scope, MOST);
    const id = await document(workspace, ['Deliverables\n- An online shop with 300 products']);
    const extract = () => working(async () => by.ended(idIn(await by.ask(scope, [id]), 'extraction_id')));
    expect(await extract()).toMatchObject({ status: 'failed', error: { code: 'scope_too_long' } });
    expect(await used()).toBe(0);
    const { sections } = await wholeOf(workspace.member, scope);
    await workspace.member.remove(`/v1/scopes/${scope}/sections/${sections[0]?.id}`);
    expect(await extract()).toMatchObject({ status: 'completed' });
    expect(await used()).toBe(1);
  });
});
