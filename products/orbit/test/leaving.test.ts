import { unzipSync } from 'fflate';
import { expect, test } from 'vitest';
import { type DataRule, statement } from '#platform/db';
import { waitFor } from '@plinth/testkit/fixtures/calls';
import { orbit } from '../index.ts';
import { leavingOf } from '../../../test/erasure/fixture.ts';
import { makeCollaboration } from '../../../test/walkers/collaboration.ts';
import { makeDocuments } from '../../../test/walkers/documents.ts';
import { makeFiles } from '../../../test/walkers/files.ts';
import { orbitFixture, type Workspace } from './fixture.ts';

const app = await orbitFixture();
const { db } = app;
const { erase, later, signIn } = leavingOf(app);
const tables = (orbit.dataRules ?? []).filter(({ nobodys }) => nobodys === undefined);

/** A workspace with a row in each table of Orbit, and files. */
async function createFilled(): Promise<Workspace> {
  const workspace = await app.workspace();
  const { accountId, userId } = workspace.member.by;
  expect((await workspace.member.post('/v1/projects', { name: 'A project' })).status).toBe(201);
  await workspace.scope(1);
  await makeFiles(app, accountId);
  await makeCollaboration(app, { userId }, accountId);
  await makeDocuments(app, { userId }, accountId);
  return workspace;
}

/** How many rows of a workspace each table has. */
async function rowsOf({ id }: Workspace): Promise<Record<string, number>> {
  const counted = tables.map(async ({ table }) => {
    const sql = `select count(*)::int as count from ${table} where account_id = $1`;
    const [row] = await db.asMigrator(statement<{ count: number }>(sql, [id]));
    return [table, row?.count ?? 0] as const;
  });
  return Object.fromEntries(await Promise.all(counted));
}

/** An owner's archive of an organization, file by file. */
async function archiveOf({ id }: Workspace, token: string): Promise<Record<string, string>> {
  const asked = await app.call(token, `POST /v1/organizations/${id}/exports`);
  expect(asked.status).toBe(202);
  const path = `/v1/me/exports/${String(asked.body['id'])}`;
  await waitFor(async () => (await app.call(token, `GET ${path}`)).body['status'] === 'ready');
  const got = await fetch(`${app.url}${path}/archive`, { headers: { authorization: `Bearer ${token}` } });
  const entries = Object.entries(unzipSync(new Uint8Array(await got.arrayBuffer())));
  return Object.fromEntries(entries.map(([name, bytes]) => [name, Buffer.from(bytes).toString('utf8')]));
}

const withheldColumns = ({ withheld }: DataRule): readonly string[] =>
  Array.isArray(withheld) ? withheld : [];
/** Presence goes by itself after minutes, events for readers and an export after a week. */
const lastingRows = ({
  'orbit.presence': _here,
  'orbit.scope_changes': _told,
  'orbit.exports': _made,
  ...rows
}: Record<string, number>) => rows;
const noRows = () => Object.fromEntries(tables.map(({ table }) => [table, 0]));

test('a workspace takes each table of Orbit and each file with it: into its export, and out of the database; others keep theirs', async () => {
  const [gone, other] = [await createFilled(), await createFilled()];
  const [before, kept] = [await rowsOf(gone), await rowsOf(other)];
  expect(Object.entries(before).filter(([, count]) => count === 0)).toEqual([]);
  const { email, password } = gone.owner.by;
  const token = await signIn(email, password);
  const files = await archiveOf(gone, token);
  for (const rule of tables) {
    const rows = JSON.parse(files[`account/${rule.table}.json`] ?? '[]') as Record<string, unknown>[];
    expect(rows.length, rule.table).toBe(before[rule.table]);
    for (const column of withheldColumns(rule)) expect(rows[0], rule.table).not.toHaveProperty(column);
  }
  const links = (JSON.parse(files['account/files.json'] ?? '[]') as { url: string }[]).map(({ url }) => url);
  const statuses = () => Promise.all(links.map(async (url) => (await fetch(url)).status));
  expect(await statuses()).toEqual([200, 200]);

  expect((await app.call(token, `DELETE /v1/workspaces/${gone.id}`)).status).toBe(200);
  await later('15 days');
  await erase();
  expect(await rowsOf(gone)).toEqual(noRows());
  expect(await statuses()).not.toContain(200);
  expect(lastingRows(await rowsOf(other))).toEqual(lastingRows(kept));
});
