import { describe, expect, test } from 'vitest';
import { systemClock } from '#platform/kernel';
import { refusalOf, waitFor } from '@plinth/testkit/fixtures/calls';
import { advance, databaseTime, passTheMonth } from '@plinth/testkit/factories';
import { type Colleague, orbitFixture, type Workspace } from './fixture.ts';
import { commitStops } from './stops.ts';
import { waitForDocument as readingEnded, presign, send, uploadFile } from './uploads-fixture.ts';

const stops = commitStops();
let ahead = 0;
const clock = { now: () => systemClock.now() + ahead, monotonic: systemClock.monotonic };
const fixture = await orbitFixture({ over: stops.over, clock });

type Item = Readonly<Record<string, unknown>>;

const MINUTE = 60_000;

/** Moves the time of the program and of its database on. */
async function wait(minutes: number): Promise<void> {
  ahead += minutes * MINUTE;
  await advance(fixture.db, `${minutes} minutes`);
}

// Exports are counted by the month, and none ends while a test counts.
const before = await databaseTime(fixture.db);
await passTheMonth(fixture.db);
ahead += (await databaseTime(fixture.db)).getTime() - before.getTime();

/** Asks for a file of a scope; the export's id. */
async function ask(by: Colleague, scope: string): Promise<string> {
  const { status, body } = await by.post(`/v1/scopes/${scope}/export`, { format: 'markdown' });
  expect(status).toBe(202);
  return String(body['export_id']);
}

async function waitForExport(by: Colleague, id: string): Promise<Item> {
  for (;;) {
    const { body } = await by.get(`/v1/exports/${id}?wait=20`);
    if (body['status'] !== 'queued' && body['status'] !== 'running') return body;
  }
}

/** How many permits of a workspace are open, and how many jobs of exports are over in which state. */
async function leftOf({ owner }: Workspace) {
  const jobs = (state: string) => fixture.count(owner.by, 'jobs.jobs', `kind = 'orbit.export' and ${state}`);
  return {
    open: await fixture.count(owner.by, 'limits.permits', `state not in ('settled', 'voided')`),
    done: await jobs(`state = 'done'`),
    dead: await jobs(`state = 'dead'`),
    going: await jobs(`state not in ('done', 'dead')`),
  };
}

const textAt = async (link: unknown): Promise<string> => {
  const { url } = link as { url: string };
  return (await fetch(url)).text();
};

/** The code of what a link of this server answers. */
async function codeAt(url: string): Promise<{ status: number; code: string }> {
  const response = await fetch(url);
  const { error } = (await response.json()) as { error: { code: string } };
  return { status: response.status, code: error.code };
}

async function endPlan({ id }: Workspace): Promise<void> {
  const admin = await fixture.admin();
  const { body } = await fixture.call(admin.key, `GET /v1/admin/grants?account_id=${id}`);
  for (const grant of body['data'] as readonly { readonly id: string }[])
    expect((await fixture.call(admin.key, `DELETE /v1/admin/grants/${grant.id}`)).status).toBe(200);
}

describe('an export', () => {
  test.each(['after orbit.export-start', 'before orbit.export-complete'] as const)(
    'whose scope is thrown away while it is made comes to nothing, and is given back: %s',
    async (where) => {
      const workspace = await fixture.workspace();
      const { member } = workspace;
      const scope = await workspace.scope(1);
      const stop = stops.stopAt(where);
      const id = await ask(member, scope);
      await stop.reached;
      expect((await member.remove(`/v1/scopes/${scope}`)).status).toBe(200);
      stop.goOn();
      await waitFor(async () => (await leftOf(workspace)).going === 0);
      expect(await leftOf(workspace)).toEqual({ open: 0, done: 0, dead: 1, going: 0 });
      expect(refusalOf(await member.get(`/v1/exports/${id}`))).toMatchObject({
        status: 404,
        code: 'export_not_found',
      });
      expect(await member.used()).toMatchObject({ exports: 0 });
      expect((await member.post(`/v1/scopes/${scope}/restore`)).status).toBe(200);
      const failed = await waitForExport(member, id);
      expect(failed).toMatchObject({ status: 'failed', error: { code: 'scope_not_found' }, download: null });
      // Nothing is in the way of the next one.
      const next = await waitForExport(member, await ask(member, scope));
      expect(next).toMatchObject({ status: 'completed' });
      expect(next['id']).not.toBe(id);
      expect(await member.used()).toMatchObject({ exports: 1 });
    },
  );

  test('whose plan ends while it is made looks as the plan has it that is there, and is charged once', async () => {
    const workspace = await fixture.workspace('orbit.team');
    const { member } = workspace;
    const scope = await workspace.scope(1);
    const stop = stops.stopAt('before orbit.export-start');
    const id = await ask(member, scope);
    await stop.reached;
    await endPlan(workspace);
    stop.goOn();
    const row = await waitForExport(member, id);
    expect(row).toMatchObject({ status: 'completed', error: null });
    expect(await textAt(row['download'])).toContain('Made with Orbit');
    expect(await member.used()).toMatchObject({ exports: 1 });
    expect(await leftOf(workspace)).toEqual({ open: 0, done: 1, dead: 0, going: 0 });
    // The same file by the plan that is there: it is not made again.
    expect(await ask(member, scope)).toBe(id);
    expect(await member.used()).toMatchObject({ exports: 1 });
  });
});

describe('a signed link', () => {
  test('of an export is no longer good after its time, and asking again gives another, which is free', async () => {
    const workspace = await fixture.workspace();
    const { viewer, member } = workspace;
    const id = await ask(member, await workspace.scope(0));
    const first = (await waitForExport(viewer, id))['download'] as { url: string; expires_at: string };
    const { expires_at: expires, url } = first;
    expect(Date.parse(expires) - clock.now()).toBeLessThanOrEqual(15 * MINUTE);
    await wait(14);
    expect((await fetch(url)).status).toBe(200);
    await wait(2);
    expect(await codeAt(url)).toEqual({ status: 410, code: 'signed_url_expired' });
    expect(await textAt((await waitForExport(viewer, id))['download'])).toContain('A new shop');
    expect(await member.used()).toMatchObject({ exports: 1 });
  });

  test('of a document is no longer good after its time; of one that was deleted it leads nowhere', async () => {
    const { viewer, member } = await fixture.workspace();
    const id = await uploadFile(member, 'brief.md', Buffer.from('Net 30.'));
    await readingEnded(member, id);
    const link = async () => String((await viewer.get(`/v1/documents/${id}/download`)).body['url']);
    const first = await link();
    await wait(16);
    expect(await codeAt(first)).toEqual({ status: 410, code: 'signed_url_expired' });
    const second = await link();
    expect(await (await fetch(second)).text()).toBe('Net 30.');
    expect((await member.remove(`/v1/documents/${id}`)).status).toBe(204);
    expect((await viewer.get(`/v1/documents/${id}/download`)).status).toBe(404);
    await fixture.app.modules.blobs.sweep();
    expect(await codeAt(second)).toMatchObject({ status: 404 });
  });

  test('to send a file is no longer good after its time; what was not sent can’t be completed, and takes no storage', async () => {
    const { member, owner } = await fixture.workspace();
    const bytes = Buffer.from('Net 30.');
    const { id, upload } = await presign(member, 'brief.md', bytes);
    expect((await owner.used())['storage']).toBe(bytes.length);
    await wait(61);
    expect((await send(upload, bytes)).status).toBe(410);
    expect(refusalOf(await member.post(`/v1/documents/${id}/complete`))).toMatchObject({
      status: 409,
      code: 'upload_missing',
    });
    // The server's own sweep may come by meanwhile.
    const complete = async () => refusalOf(await member.post(`/v1/documents/${id}/complete`)).code;
    await wait(16);
    expect(await complete()).toBe('upload_expired');
    await fixture.app.modules.blobs.sweep();
    expect(await complete()).toBe('upload_expired');
    expect((await owner.used())['storage']).toBe(0);
    expect((await member.get(`/v1/documents/${id}`)).body).toMatchObject({
      status: 'pending',
      has_file: false,
    });
  });
});
