import { describe, expect, test } from 'vitest';
import { type CrashHook, statement } from '#platform/db';
import { refusalOf, waitFor } from '@plinth/testkit/fixtures/calls';
import type { Orbit } from '../service.ts';
import { orbitFixture } from './fixture.ts';
import {
  declarationOf,
  waitForDocument,
  fileOf,
  presign,
  readAs,
  send,
  textsOf,
  uploadFile,
} from './uploads-fixture.ts';

let crashHook: CrashHook | undefined;
const fixture = await orbitFixture({ crashHook: (point, phase) => crashHook?.(point, phase) });

const BRIEF = Buffer.from('# Brief\n\nNet 30, and two sprints.\n');

describe('a document', () => {
  test('is uploaded, read and downloaded, and its text has the pages of its file', async () => {
    const { member, viewer, scope } = await fixture.workspace();
    const scopeId = await scope(0);
    const bytes = fileOf('brief.pdf');
    const { id, upload } = await presign(member, 'brief.pdf', { bytes, scope_id: scopeId });
    expect((await member.get(`/v1/documents/${id}`)).body).toMatchObject({
      status: 'pending',
      uploaded_at: null,
      has_file: false,
      scope_id: scopeId,
    });
    expect((await send(upload, bytes)).ok).toBe(true);
    const completed = await member.post(`/v1/documents/${id}/complete`);
    expect(completed).toMatchObject({ status: 202, body: { has_file: true } });
    expect(await waitForDocument(viewer, id)).toMatchObject({
      status: 'completed',
      pages: 2,
      ocr_pages: 0,
      missing: [],
    });
    const [first, second] = await textsOf(viewer, id);
    expect(first).toContain('## Deliverables');
    expect(second).toMatch(/^# Timeline/);
    const { body: link } = await viewer.get(`/v1/documents/${id}/download`);
    const downloaded = await fetch(String(link['url']));
    expect(Buffer.from(await downloaded.arrayBuffer()).equals(bytes)).toBe(true);
    expect(downloaded.headers.get('content-disposition')).toMatch(/^attachment/);
  });

  test('is given to those who extract page by page, and not before it is read', async () => {
    const { member, owner } = await fixture.workspace();
    const { accountId } = owner.by;
    const orbit = fixture.app.modules.mounted.find(({ module }) => module === 'orbit');
    if (orbit === undefined) throw new Error('Orbit is not there');
    const { documents } = orbit.service as Orbit;
    const id = await uploadFile(member, 'brief.md', Buffer.from('# One\fTwo'));
    await waitForDocument(member, id);
    expect(await documents.text(accountId, [id])).toEqual([
      {
        documentId: id,
        name: 'brief.md',
        pages: [
          { page: 1, text: '# One', confidence: 1 },
          { page: 2, text: 'Two', confidence: 1 },
        ],
      },
    ]);
    const { id: waiting } = await presign(member, 'brief.md', BRIEF);
    await expect(documents.text(accountId, [id, waiting])).rejects.toMatchObject({
      code: 'document_not_ready',
    });
    await expect(documents.text(accountId, [crypto.randomUUID()])).rejects.toMatchObject({
      code: 'document_not_found',
    });
  });

  test('is read once, completed twice and by two at once', async () => {
    const { member, owner } = await fixture.workspace();
    const { id, upload } = await presign(member, 'brief.md', BRIEF);
    expect(refusalOf(await member.post(`/v1/documents/${id}/complete`))).toMatchObject({
      status: 409,
      code: 'upload_missing',
    });
    await send(upload, BRIEF);
    const both = await Promise.all([1, 2].map(() => member.post(`/v1/documents/${id}/complete`)));
    expect(both.map(({ status }) => status)).toEqual([202, 202]);
    await waitForDocument(member, id);
    expect((await member.post(`/v1/documents/${id}/complete`)).body).toMatchObject({ status: 'completed' });
    expect(await fixture.count(owner.by, 'jobs.jobs', "kind = 'orbit.read'")).toBe(1);
  });

  test('is listed by scope, project and status, newest first', async () => {
    const { member, scope } = await fixture.workspace();
    const scopeId = await scope(0);
    const { body: project } = await member.post('/v1/projects', { name: 'Shop' });
    const of = await uploadFile(member, 'a.md', { bytes: BRIEF, scope_id: scopeId });
    const other = await uploadFile(member, 'b.md', { bytes: BRIEF, project_id: String(project['id']) });
    await Promise.all([of, other].map((id) => waitForDocument(member, id)));
    const { id: waiting } = await presign(member, 'c.md', BRIEF);
    const idsOf = async (query: string) =>
      ((await member.get(`/v1/documents${query}`)).body['data'] as { id: string }[]).map(({ id }) => id);
    expect(await idsOf('')).toEqual([waiting, other, of]);
    expect(await idsOf(`?scope_id=${scopeId}`)).toEqual([of]);
    expect(await idsOf(`?project_id=${String(project['id'])}`)).toEqual([other]);
    expect(await idsOf('?status=completed')).toEqual([other, of]);
    const { body: first } = await member.get('/v1/documents?limit=2');
    expect(await idsOf(`?limit=2&cursor=${String(first['next_cursor'])}`)).toEqual([of]);
  });

  test('is deleted with its text, and its storage is free again', async () => {
    const { member, owner, viewer } = await fixture.workspace();
    const id = await uploadFile(member, 'brief.md', BRIEF);
    await waitForDocument(member, id);
    expect((await owner.used())['storage']).toBe(BRIEF.length);
    expect((await viewer.remove(`/v1/documents/${id}`)).status).toBe(403);
    expect((await member.remove(`/v1/documents/${id}`)).status).toBe(204);
    expect(refusalOf(await member.get(`/v1/documents/${id}`))).toMatchObject({
      status: 404,
      code: 'document_not_found',
    });
    expect((await owner.used())['storage']).toBe(0);
    expect(await fixture.count({ accountId: owner.by.accountId }, 'orbit.document_pages')).toBe(0);
  });

  test('of another workspace is 404 for every call', async () => {
    const { member } = await fixture.workspace();
    const stranger = await fixture.stranger();
    const id = await uploadFile(member, 'brief.md', BRIEF);
    for (const path of ['', '/status', '/pages', '/download'])
      expect(refusalOf(await stranger.get(`/v1/documents/${id}${path}`)).code).toBe('document_not_found');
    expect((await stranger.remove(`/v1/documents/${id}`)).status).toBe(404);
    expect((await stranger.post(`/v1/documents/${id}/complete`)).status).toBe(404);
    const scopeId = crypto.randomUUID();
    const body = { ...declarationOf('a.md', BRIEF), scope_id: scopeId };
    expect(refusalOf(await stranger.post('/v1/documents/presign', body)).code).toBe('scope_not_found');
    await waitForDocument(member, id);
  });

  test('is refused before anything is sent where the plan has no room for it', async () => {
    const { member, owner } = await fixture.workspace('orbit.free');
    const large = { ...declarationOf('a.pdf', BRIEF), bytes: 10_000_001 };
    expect(refusalOf(await member.post('/v1/documents/presign', large))).toMatchObject({
      status: 402,
      code: 'plan_required',
      details: { grant: 'file_bytes', needed: 10_000_001, upgrade: 'orbit.pro' },
    });
    const file = { ...declarationOf('a.pdf', BRIEF), bytes: 10_000_000 };
    for (let n = 0; n < 20; n += 1) await member.post('/v1/documents/presign', file);
    expect(refusalOf(await member.post('/v1/documents/presign', file))).toMatchObject({
      status: 429,
      code: 'limit_exceeded',
      details: { limit: 'storage' },
    });
    expect((await owner.used())['storage']).toBe(200_000_000);
  });

  test('whose upload is begun twice under one key is one, and its link is told once', async () => {
    const { member } = await fixture.workspace();
    const headers = { 'idempotency-key': crypto.randomUUID() };
    const body = declarationOf('a.md', BRIEF);
    const [first, again] = [
      await member.post('/v1/documents/presign', body, headers),
      await member.post('/v1/documents/presign', body, headers),
    ];
    expect(first.body['upload']).not.toBeNull();
    expect(again.body).toEqual({ ...first.body, upload: null });
  });
});

describe('OCR', () => {
  test('reads what is a picture, and counts the pages that it reads', async () => {
    const { member, owner } = await fixture.workspace();
    const id = await uploadFile(member, 'note.png');
    expect(await waitForDocument(member, id)).toMatchObject({
      status: 'completed',
      pages: 1,
      ocr_pages: 1,
      missing: [],
    });
    expect((await textsOf(member, id))[0]).toMatch(/Work begins on 4 January 2027/);
    expect((await owner.used())['ocr_pages']).toBe(1);
    const { body } = await member.get(`/v1/documents/${id}/pages?from=1`);
    const [page] = body['data'] as readonly { readonly confidence: number }[];
    expect(page?.confidence).toBeGreaterThan(0.8);
    expect(page?.confidence).toBeLessThan(1);
    expect((await member.get(`/v1/documents/${id}/pages?from=2`)).body['data']).toEqual([]);
  });

  test('is charged once, even if a reading worker dies', async () => {
    const { member, owner } = await fixture.workspace();
    let left = 2;
    crashHook = (point, phase) => {
      if (left === 0) return;
      if (point === 'orbit.document-page' && phase === 'before') {
        left -= 1;
        throw new Error('the worker is gone');
      }
      if (point === 'orbit.document-read' && phase === 'before' && left === 2) {
        left -= 1;
        throw new Error('the worker is gone');
      }
    };
    // Small, as it is read twice.
    const id = await uploadFile(member, 'note.png');
    expect(await waitForDocument(member, id)).toMatchObject({ status: 'completed', ocr_pages: 1 });
    crashHook = undefined;
    expect(left).toBe(0);
    expect((await owner.used())['ocr_pages']).toBe(1);
  });

  test('leaves out what the month has no room for, and says so', async () => {
    const { member, owner } = await fixture.workspace('orbit.free');
    await fixture.db.asMigrator(
      statement(
        `select limits.adjust_limit($1, 'orbit', row('ocr_pages', 'quota', 'month', 'account', null, null, null)::limits.rule, 50)`,
        [owner.by.accountId],
      ),
    );
    expect(await readAs(member, 'note.png')).toMatchObject({
      status: 'failed',
      failure: { code: 'document_ocr_exhausted' },
    });
    expect((await owner.used())['ocr_pages']).toBe(50);
  });

  test('of a document that is deleted meanwhile charges nothing, and stores nothing', async () => {
    const { member, owner } = await fixture.workspace();
    let isAsked = false;
    crashHook = (point, phase) => {
      if (point === 'orbit.document-read' && phase === 'after') isAsked = true;
    };
    const id = await uploadFile(member, 'note.png');
    await waitFor(() => isAsked);
    crashHook = undefined;
    expect((await member.remove(`/v1/documents/${id}`)).status).toBe(204);
    await waitFor(async () => (await owner.used())['ocr_pages'] === 0);
    expect(await fixture.count({ accountId: owner.by.accountId }, 'orbit.document_pages')).toBe(0);
    await waitFor(
      async () =>
        (await fixture.count(
          { accountId: owner.by.accountId },
          'jobs.jobs',
          "state in ('ready', 'running', 'delayed')",
        )) === 0,
    );
  });
});
