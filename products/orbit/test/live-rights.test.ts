import { expect, test } from 'vitest';
import { statement } from '#platform/db';
import { suspendUser } from '@plinth/testkit/factories';
import { fixtureOf, type Guest } from '../../../test/organizations/fixture.ts';
import { followScope } from './follow-scope.ts';
import { colleagueOf, orbitFixture, type Workspace } from './fixture.ts';

const here = await orbitFixture({ work: false });
const { db } = here;
const { call, guest, join } = fixtureOf(here);

const runSql = (sql: string, ...values: readonly string[]) => db.asMigrator(statement(sql, values));

/** A member who follows a scope in a session. */
async function inSession(workspace: Workspace, scopeId: string) {
  const who: Guest = await guest();
  await join(`/v1/organizations/${workspace.id}`, who, 'member');
  const by = colleagueOf(here, { ...workspace.member.by, key: who.token });
  const stream = await followScope(by, scopeId, { headers: { 'x-account-id': workspace.id } });
  return { ...who, stream };
}

/** A member who follows a scope by a key that they have made themselves, with what made it. */
async function byOwnKey({ member, ...workspace }: Workspace, scopeId: string) {
  const { userId, token } = await guest();
  await join(`/v1/organizations/${workspace.id}`, { userId, email: '', token }, 'member');
  const headers = { 'x-account-id': workspace.id };
  const made = await here.call(token, 'POST /v1/api-keys', {
    body: { name: 'mine', scopes: ['*'] },
    headers,
  });
  const key = String(made.body['key']);
  const stream = await followScope(colleagueOf(here, { ...member.by, key }), scopeId);
  return { id: String(made.body['id']), key, token, headers, stream };
}

// Both wait for the rounds in which readers are looked at.
test.concurrent('a reader is cut when they are suspended or close their account, or their session or key ends, whichever way', async () => {
  const workspace = await here.workspace();
  const { admin, viewer } = workspace;
  const id = await workspace.scope(0);
  const [suspended, closed] = [await followScope(viewer, id), await followScope(admin, id)];
  const [leaver, late] = [await inSession(workspace, id), await inSession(workspace, id)];
  const [rotated, expired] = [await byOwnKey(workspace, id), await byOwnKey(workspace, id)];
  const maker = await byOwnKey(workspace, id);
  const child = await here.call(maker.key, 'POST /v1/api-keys', { body: { name: 'b', scopes: ['*'] } });
  const made = colleagueOf(here, { ...workspace.member.by, key: String(child.body['key']) });
  const cutOff = await followScope(made, id);
  const all = [suspended, closed, cutOff, ...[leaver, late, rotated, expired].map(({ stream }) => stream)];
  for (const stream of all) expect((await stream.until('ready'))?.event).toBe('ready');
  // Past the services, so that no signal is sent; but for the key, whose other secret they make.
  await suspendUser(db, viewer.by.userId);
  await runSql(
    `update identity.users set status = 'closed', closed_at = app.now() where user_id = $1`,
    admin.by.userId,
  );
  await runSql('update identity.sessions set revoked_at = app.now() where user_id = $1', leaver.userId);
  await runSql('update identity.sessions set expires_at = app.now() where user_id = $1', late.userId);
  await runSql('update identity.api_keys set expires_at = app.now() where id = $1', expired.id);
  await runSql('update identity.api_keys set revoked_at = app.now() where id = $1', maker.id);
  const { headers } = rotated;
  const path = `POST /v1/api-keys/${rotated.id}/rotate`;
  expect((await here.call(rotated.token, path, { headers })).status).toBe(200);
  for (const stream of all) expect(await stream.until('never')).toBeUndefined();
  maker.stream.leave();
});

test.concurrent('a reader whom nothing forbids to read is told on: with another role, without a plan, in a suspended workspace', async () => {
  const workspace = await here.workspace();
  const { id: accountId, member, admin } = workspace;
  const scopeId = await workspace.scope(0);
  const [lowered, gone] = [await followScope(member, scopeId), await followScope(admin, scopeId)];
  await runSql(`update accounts.members set role = 'viewer' where user_id = $1`, member.by.userId);
  await runSql(`update accounts.accounts set status = 'suspended' where account_id = $1`, accountId);
  await runSql('delete from entitlements.snapshots where account_id = $1', accountId);
  await runSql('delete from accounts.members where user_id = $1', admin.by.userId);
  // By then everybody was looked at.
  expect(await gone.until('never')).toBeUndefined();
  const owner = workspace.owner.by.key;
  const said = await call(owner, `POST /v1/scopes/${scopeId}/comments`, { body: 'Still here?' });
  expect(said.status).toBe(201);
  expect(await lowered.changesUntil('comment.added')).toHaveLength(1);
  lowered.leave();
});
