import { expect, test } from 'vitest';
import { statement } from '#platform/db';
import { suspendUser } from '@plinth/testkit/factories';
import { fixtureOf } from '../../../test/organizations/fixture.ts';
import type { Workspace } from './fixture.ts';
import { extractionFixture } from './extraction-fixture.ts';

// Its jobs run when a test says so: a mentioned person leaves before the mail is sent.
const app = await extractionFixture();
const { guest, join } = fixtureOf(app);

async function mention({ member, scope }: Workspace, users: readonly string[]): Promise<void> {
  const path = `/v1/scopes/${await scope(0)}/comments`;
  const { status } = await member.post(path, { body: 'Is this all?', mentions: users });
  expect(status).toBe(201);
}

/** Recipients of mails since there were so many. */
const sentSince = async (before: number) => (await app.outbox()).slice(before).map(({ to }) => to);
const readOutbox = () => app.outbox();

/** The log's rows of the mails to an address. */
const loggedOf = (email: string) =>
  app.db.asMigrator(
    statement<{ status: string }>(
      `select status from mail.messages where recipient = $1 and template = 'orbit.comment_mention'`,
      [email],
    ),
  );

test('a mail of a mention goes to none who has left, is suspended or has closed their account meanwhile', async () => {
  const workspace = await app.workspace();
  const { id, admin, owner, viewer } = workspace;
  const leaver = await guest();
  await join(`/v1/organizations/${id}`, leaver, 'member');
  const before = (await app.working(readOutbox)).length;
  await mention(workspace, [admin.by.userId, owner.by.userId, viewer.by.userId, leaver.userId]);
  expect((await owner.remove(`/v1/organizations/${id}/members/${leaver.userId}`)).status).toBe(200);
  await suspendUser(app.db, viewer.by.userId);
  await app.db.asMigrator(
    statement(`update identity.users set status = 'closed', closed_at = app.now() where user_id = $1`, [
      owner.by.userId,
    ]),
  );
  expect(await app.working(() => sentSince(before))).toEqual([admin.by.email]);
  for (const email of [leaver.email, viewer.by.email, owner.by.email])
    expect(await loggedOf(email), email).toEqual([{ status: 'refused' }]);
});

test('a mail of a mention in a workspace that was closed meanwhile is sent to nobody', async () => {
  const workspace = await app.workspace();
  const before = (await app.working(readOutbox)).length;
  await mention(workspace, [workspace.admin.by.userId]);
  await app.db.asMigrator(
    statement('update accounts.accounts set deleted_at = app.now() where account_id = $1', [workspace.id]),
  );
  expect(await app.working(() => sentSince(before))).toEqual([]);
});
