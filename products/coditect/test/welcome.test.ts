import { expect, test } from 'vitest';
import { testApp, type TestApp } from '@plinth/testkit/services/app';
import { register } from '../../../test/identity/mailbox.ts';

/** Subjects of the mails of a new person who opens the link of their first mail, twice. */
async function subjectsOf(app: TestApp): Promise<string[]> {
  const ada = await register(app);
  const token = await ada.link();
  const answers = [await ada.auth('verify-email', { token }), await ada.auth('verify-email', { token })];
  expect(answers.map(({ code }) => code)).toEqual([undefined, 'link_invalid']);
  return (await ada.mails()).map(({ subject }) => subject);
}

test('a new user is only asked to verify their address, and is welcomed where the operator wants it, in the name of the only product that runs', async () => {
  const [alone, several] = [await testApp({ settings: { PRODUCTS: 'coditect' } }), await testApp()];
  expect(await subjectsOf(alone)).toEqual(['Verify your email address']);
  for (const app of [alone, several]) {
    const { key } = await app.admin();
    await app.call(key, 'PUT /v1/admin/brands/server', { body: { welcome_mail: true } });
  }
  expect(await subjectsOf(alone)).toEqual([
    'Welcome to Coditect: please verify your email address',
    'Welcome to Coditect',
  ]);
  expect(await subjectsOf(several)).toEqual(['Welcome to Plinth: please verify your email address']);
});
