import { expect, test } from 'vitest';
import { statement } from '#platform/db';
import { testApp } from '@plinth/testkit/services/app';
import { signIn } from '@plinth/testkit/walkers/people';

const app = await testApp();
const [admin, member] = [await app.admin(), await app.customer()];
const tokenOf = ({ email, password }: typeof admin) => signIn(app.app.modules.identity, { email, password });
const [session, stranger] = [await tokenOf(admin), await tokenOf(member)];

const read = (as: string, id: string) => app.call(as, `GET /v1/admin/mail/${id}/text`);

const lines = (text: unknown) => String(text).replaceAll('\r\n', '\n').trimEnd();

test('platform admins see each template as it is sent', async () => {
  const { body } = await app.call(admin.key, 'GET /v1/admin/mail/templates');
  expect(body['shows_sent']).toBe(true);
  expect(body['data']).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        name: 'reset_password',
        subject: expect.stringMatching(/\w/),
        html: expect.stringContaining('https://api.example.com/v1/auth/reset-password/ple_example'),
      }),
    ]),
  );
  expect((await app.call(member.key, 'GET /v1/admin/mail/templates')).status).toBe(403);
});

test('what a mail said is read from the outbox by a signed-in admin, as its receiver reads it', async () => {
  await app.call(undefined, 'POST /v1/auth/forgot-password', { body: { email: member.email } });
  const [sent] = (await app.outbox()).filter(({ to, text }) => to === member.email && text.includes('reset'));
  const [row] = await app.db.asMigrator(
    statement<{ id: string }>(
      `select id from mail.messages where recipient = $1 and template = 'reset_password' order by id desc limit 1`,
      [member.email],
    ),
  );
  const id = row?.id ?? '';
  const { body } = await read(session, id);
  expect(body['subject']).toBe(sent?.subject);
  expect(lines(body['text'])).toBe(lines(sent?.text));
  expect(lines(body['html'])).toBe(lines(sent?.html));
  // A link that lets in is shown to no key and no member, and no id leads to another file.
  expect((await read(admin.key, id)).status).toBe(403);
  expect((await read(stranger, id)).status).toBe(403);
  expect((await read(session, '..%2F..%2Fowner')).status).toBe(404);
  expect((await read(session, admin.accountId)).status).toBe(404);
});
