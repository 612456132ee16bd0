import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { refusalOf } from '@plinth/testkit/fixtures/calls';
import { temporaryFolder } from '@plinth/testkit/closing';
import { advance } from '@plinth/testkit/factories';
import type { Orbit } from '../service.ts';
import { lackOfDocumentPrograms, pagesOf } from '@plinth/testkit/services/document-programs';
import { ask, waitForExport, fileOf, type Item } from './exports-fixture.ts';
import { type Colleague, orbitFixture } from './fixture.ts';

const fixture = await orbitFixture();

async function fillScope(by: Colleague, scope: string): Promise<void> {
  const sections = [
    {
      type: 'overview',
      title: 'Overview',
      content: 'A shop for **Žluťoučký** clients.\n\n## Background\n\nSince 1998.',
    },
    {
      type: 'deliverables',
      title: 'Deliverables',
      content: '- **Shop**: with a cart\n- **Handbook**: for its people',
    },
    { type: 'budget', title: 'Budget', content: '| Phase | Amount |\n|---|---:|\n| Design | €23,000 |' },
  ];
  for (const section of sections)
    expect((await by.post(`/v1/scopes/${scope}/sections`, section)).status).toBe(201);
}

describe('a scope as a file', () => {
  test('that poppler reads: cover, contents with page numbers, headings, tables, pages n of m', async ({
    skip,
  }) => {
    const lack = lackOfDocumentPrograms(['pdftotext']);
    if (lack !== undefined) return skip(lack);
    const { member, ...workspace } = await fixture.workspace();
    const scope = await workspace.scope(0);
    await fillScope(member, scope);
    const { bytes, headers } = await fileOf(member, scope, 'pdf');
    expect(headers.get('content-disposition')).toMatch(/^attachment;.*\.pdf/);
    const file = join(temporaryFolder(), 'a.pdf');
    writeFileSync(file, bytes);
    const pages = await pagesOf(file);
    expect(pages[0]).toMatch(/A new shop[^]*Prepared for\s+Acme[^]*Version/);
    expect(pages[1]).toMatch(/Contents[^]*1\s+Overview\s+3[^]*1\.1\s+Background\s+3[^]*2\s+Deliverables\s+3/);
    expect(pages[2]).toMatch(
      /1\s+Overview[^]*Žluťoučký[^]*1\.1\s+Background[^]*No\.\s+Deliverable\s+Description/,
    );
    expect(pages[2]).toMatch(/Shop\s+with a cart[^]*Design\s+€23,000/);
    expect(pages.slice(1).map((page, n) => page.includes(`Page ${n + 2} of ${pages.length}`))).not.toContain(
      false,
    );
  });

  test('that is a DOCX with the same words', async () => {
    const { member, ...workspace } = await fixture.workspace();
    const scope = await workspace.scope(0);
    await fillScope(member, scope);
    const { bytes } = await fileOf(member, scope, 'docx');
    const parts = unzipSync(bytes);
    const body = Buffer.from(parts['word/document.xml'] ?? []).toString('utf8');
    const words = body.replaceAll(/<[^>]+>/g, ' ');
    for (const word of ['A new shop', 'Acme', 'Overview', 'Žluťoučký', 'Background', 'Handbook', '€23,000'])
      expect(words).toContain(word);
  });

  test('of an unchanged scope is the same file, charged once; of a changed one it is another', async () => {
    const { member, ...workspace } = await fixture.workspace();
    const scope = await workspace.scope(1);
    const first = await fileOf(member, scope, 'markdown');
    expect(first.asked['reused']).toBe(false);
    const again = await fileOf(member, scope, 'markdown');
    expect(again.asked).toMatchObject({ reused: true, export_id: first.row['id'] });
    expect(again.bytes.equals(first.bytes)).toBe(true);
    expect(await member.used()).toMatchObject({ exports: 1, storage: first.bytes.length });
    await fillScope(member, scope);
    const changed = await fileOf(member, scope, 'markdown');
    expect(changed.asked['reused']).toBe(false);
    expect(changed.bytes.toString('utf8')).toContain('Overview');
    expect(await member.used()).toMatchObject({ exports: 2 });
    const { body } = await member.get(`/v1/scopes/${scope}/exports`);
    expect((body['data'] as Item[]).map(({ id }) => id)).toEqual([changed.row['id'], first.row['id']]);
    const feed = await member.get(`/v1/scopes/${scope}/activity?kind=export.completed`);
    expect((feed.body['data'] as Item[]).map(({ data }) => data)).toEqual(
      [changed, first].map(({ row }) => ({ export_id: row['id'], format: 'markdown' })),
    );
  });

  test('holds open conflicts and the names of files only where sources are asked for', async () => {
    const { member, ...workspace } = await fixture.workspace('orbit.pro');
    const scope = await workspace.scope(0);
    const content =
      'Before.\r\n\r\n> **Conflict: Total budget.** The documents say “$4” (secret.pdf, page 2).\r\n\r\nAfter.';
    await member.post(`/v1/scopes/${scope}/sections`, { type: 'budget', title: 'Budget', content });
    const textOf = async (citations: boolean) =>
      (await fileOf(member, scope, { format: 'markdown', citations })).bytes.toString('utf8');
    const plain = await textOf(false);
    expect(plain).toMatch(/Before\.[^]*After\./u);
    expect(plain).not.toMatch(/Conflict|secret\.pdf/u);
    expect(await textOf(true)).toMatch(/Conflict: Total budget[^]*secret\.pdf/u);
  });

  test('that is asked for eight times at once is made and charged once', async () => {
    const { member, ...workspace } = await fixture.workspace('orbit.pro');
    const scope = await workspace.scope(1);
    const asked = await Promise.all(Array.from({ length: 8 }, () => ask(member, scope, 'markdown')));
    expect(new Set(asked.map(({ status }) => status))).toEqual(new Set([202]));
    const ids = new Set(asked.map(({ body }) => body['export_id']));
    expect(ids.size).toBe(1);
    await waitForExport(member, [...ids][0]);
    await fixture.app.modules.limiting.limits.ends.idle();
    expect(await member.used()).toMatchObject({ exports: 1 });
    expect(await fixture.count(member.by, 'orbit.exports')).toBe(1);
  });

  test('has one effect by one Idempotency-Key, even after the scope changed', async () => {
    const { member, ...workspace } = await fixture.workspace();
    const scope = await workspace.scope(1);
    const exportOnce = () =>
      member.post(`/v1/scopes/${scope}/export`, { format: 'markdown' }, { 'Idempotency-Key': 'send-it' });
    const first = await exportOnce();
    await fillScope(member, scope);
    const repeated = await exportOnce();
    expect(repeated.body['export_id']).toBe(first.body['export_id']);
    await waitForExport(member, first.body['export_id']);
    expect(await member.used()).toMatchObject({ exports: 1 });
  });
});

describe('a plan', () => {
  test('has so many exports a month; the file that is there needs none', async () => {
    const { owner } = await fixture.workspace('orbit.free');
    const made = await owner.post('/v1/scopes', { title: 'Small' });
    const scope = String(made.body['id']);
    const more = () =>
      owner.post(`/v1/scopes/${scope}/sections`, { type: 'other', title: 'More', content: 'More.' });
    for (let used = 0; used < 3; used += 1) {
      await fileOf(owner, scope, 'markdown');
      expect((await ask(owner, scope, 'markdown')).body).toMatchObject({ reused: true });
      await more();
    }
    expect(refusalOf(await ask(owner, scope, 'markdown'))).toMatchObject({
      status: 429,
      code: 'limit_exceeded',
    });
    expect(await owner.used()).toMatchObject({ exports: 3 });
  });

  test('without storage for the file gives the export back, and says why', async () => {
    const { member, ...workspace } = await fixture.workspace('orbit.free');
    const scope = await workspace.scope(0);
    const { blobs } = fixture.app.modules;
    const accountId = member.by.accountId;
    await blobs.of('orbit').presign({
      accountId,
      gauge: 'storage',
      filename: 'large',
      type: 'text/plain',
      bytes: 199_999_999,
      sha256: '0'.repeat(64),
      purpose: 'test',
    });
    const { body } = await ask(member, scope, 'markdown');
    const row = await waitForExport(member, body['export_id']);
    expect(row).toMatchObject({ status: 'failed', error: { code: 'limit_exceeded' }, download: null });
    await fixture.app.modules.limiting.limits.ends.idle();
    expect(await member.used()).toMatchObject({ exports: 0 });
    // Nothing is in the way of the next one.
    expect((await ask(member, scope, 'markdown')).body['reused']).toBe(false);
  });
});

describe('an export', () => {
  test('is refused for a scope of more text than a document takes, before anything is charged', async () => {
    const { member, ...workspace } = await fixture.workspace();
    const scope = await workspace.scope(0);
    await member.post(`/v1/scopes/${scope}/sections`, {
      type: 'other',
      title: 'Long',
      content: 'words '.repeat(8_000),
    });
    await fixture.db.asMigrator(
      statement(
        `insert into orbit.sections (account_id, id, scope_id, type, title, content, rank)
         select account_id, gen_random_uuid(), scope_id, type, title, content, rank || n::text
         from orbit.sections, generate_series(1, 32) n where scope_id = $1`,
        [scope],
      ),
    );
    expect(refusalOf(await ask(member, scope, 'pdf'))).toMatchObject({
      status: 422,
      code: 'export_too_large',
    });
    expect(await member.used()).toMatchObject({ exports: 0 });
  });

  test('is nobody’s but the workspace’s; viewers read it and ask for none', async () => {
    const { member, viewer, ...workspace } = await fixture.workspace();
    const scope = await workspace.scope(0);
    const { body } = await ask(member, scope, 'markdown');
    const id = String(body['export_id']);
    await waitForExport(viewer, id);
    expect((await ask(viewer, scope, 'markdown')).status).toBe(403);
    const stranger = await fixture.stranger();
    expect((await stranger.get(`/v1/exports/${id}`)).status).toBe(404);
    expect((await stranger.get(`/v1/scopes/${scope}/exports`)).status).toBe(404);
    expect((await ask(stranger, scope, 'markdown')).status).toBe(404);
    expect(
      refusalOf(
        await member.post(`/v1/scopes/${scope}/export`, {
          format: 'pdf',
          workspace_id: stranger.by.accountId,
        }),
      ),
    ).toMatchObject({
      status: 400,
      code: 'workspace_mismatch',
    });
  });

  test('goes a week after it was last asked for, and gives its storage back', async () => {
    const { member, ...workspace } = await fixture.workspace();
    const scope = await workspace.scope(0);
    const { row, bytes } = await fileOf(member, scope, 'markdown');
    const service = fixture.app.modules.mounted.find(({ module }) => module === 'orbit')?.service as Orbit;
    await advance(fixture.db, '6 days');
    expect((await fileOf(member, scope, 'markdown')).asked['reused']).toBe(true);
    await advance(fixture.db, '6 days');
    await service.exports.sweep();
    expect(await member.used()).toMatchObject({ storage: bytes.length });
    await advance(fixture.db, '2 days');
    expect((await member.get(`/v1/exports/${String(row['id'])}`)).status).toBe(404);
    await service.exports.sweep();
    expect(await fixture.count(member.by, 'orbit.exports')).toBe(0);
    expect(await member.used()).toMatchObject({ storage: 0 });
  });

  test('that nobody has swept yet makes room for the next one of its scope', async () => {
    const { member, ...workspace } = await fixture.workspace();
    const scope = await workspace.scope(0);
    const { row, bytes } = await fileOf(member, scope, 'markdown');
    await advance(fixture.db, '8 days');
    const next = await fileOf(member, scope, 'markdown');
    expect(next.asked['reused']).toBe(false);
    expect(next.row['id']).not.toBe(row['id']);
    expect(await member.used()).toMatchObject({ storage: bytes.length });
  });
});
