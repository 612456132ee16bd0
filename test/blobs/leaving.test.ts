import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { keyOf } from '#platform/blobs';
import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { leavingOf } from '../erasure/fixture.ts';
import { Killed } from './fixture.ts';
import { testApp } from '@plinth/testkit/services/app';

let armed: string | undefined;
const app = await testApp({
  crashHook: (point, phase) => {
    if (`${point}:${phase}` !== armed) return;
    armed = undefined;
    throw new Killed(`killed ${phase} ${point}`);
  },
});
const { call, erase, gone, later, resident } = leavingOf(app);
const { blobs } = app.app.modules;
const folder = join(app.app.modules.options.config.dataDir, 'blobs');
const putBrief = (accountId: AccountId, text: string) =>
  blobs.of('reel').put({
    accountId,
    filename: 'brief.txt',
    type: 'text/plain',
    purpose: 'document',
    bytes: Buffer.from(text),
  });
const isThere = (id: string) => existsSync(join(folder, keyOf(id)));

async function personalOf({ userId }: { readonly userId: string }): Promise<AccountId> {
  const sql = `select account_id as id from accounts.accounts where created_by = $1 and kind = 'personal'`;
  const [row] = await app.db.asMigrator(statement<{ id: AccountId }>(sql, [userId]));
  if (row === undefined) throw new Error('they have no account of their own');
  return row.id;
}

describe('an account that is erased', () => {
  test.each(['erasure.begun:after', 'erasure.erased:before', 'erasure.erased:after'])(
    'loses its files, also where a process is killed at %s, and nobody else does',
    async (at) => {
      const [who, other] = [await gone(), await resident()];
      const mine = await putBrief(await personalOf(who), 'of who leaves');
      const theirs = await putBrief(other.accountId, 'of who stays');
      expect([isThere(mine.id), isThere(theirs.id)]).toEqual([true, true]);
      await later('15 days');
      armed = at;
      // Time has moved on for the server, too: its own look may be the one that is killed.
      await erase().catch(() => undefined);
      await expect.poll(() => armed).toBeUndefined();
      await erase();
      await expect.poll(() => [isThere(mine.id), isThere(theirs.id)]).toEqual([false, true]);
      const [rows] = await app.db.system('blobs.sweep', [
        statement<{ id: string }>('select id from blobs.blobs where id = any($1)', [[mine.id, theirs.id]]),
      ]);
      expect(rows.map(({ id }) => id)).toEqual([theirs.id]);
    },
  );
});

describe('an archive', () => {
  test('lists the files of the account, each with a link that reads it', async () => {
    const who = await resident();
    const file = await putBrief(await personalOf(who), 'what I wrote');
    await putBrief((await resident()).accountId, 'of somebody else');
    const asked = await call(who.token, 'POST /v1/me/exports');
    const id = String(asked.body['id']);
    const view = async () => (await call(who.token, `GET /v1/me/exports/${id}`)).body['status'];
    await expect.poll(view, { timeout: 120_000 }).toBe('ready');
    const archive = await fetch(`${app.url}/v1/me/exports/${id}/archive`, {
      headers: { authorization: `Bearer ${who.token}` },
    });
    const entries = unzipSync(new Uint8Array(await archive.arrayBuffer()));
    const text = Buffer.from(entries['account/files.json'] ?? []).toString();
    const files = JSON.parse(text) as Record<string, unknown>[];
    expect(files).toMatchObject([{ id: file.id, filename: 'brief.txt', bytes: 12, sha256: file.sha256 }]);
    expect(await (await fetch(String(files[0]?.['url']))).text()).toBe('what I wrote');
  });
});
