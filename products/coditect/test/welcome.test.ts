import { expect, test } from 'vitest';
import { testApp, type TestApp } from '@plinth/testkit/services/app';
import { register } from '../../../test/identity/mailbox.ts';

/** Subjects of the mails of a person who opens the link of their first mail, twice. */
async function subjectsOf(app: TestApp): Promise<string[]> {
  const ada = await register(app);
  const token = await ada.link();
  const answers = [await ada.auth('verify-email', { token }), await ada.auth('verify-email', { token })];
  expect(answers.map(({ code }) => code)).toEqual([undefined, 'link_invalid']);
  return (await ada.mails()).slice(1).map(({ subject }) => subject);
}

test('who has verified an address is welcomed once, in the name of the only product that runs', async () => {
  expect(await subjectsOf(await testApp({ settings: { PRODUCTS: 'coditect' } }))).toEqual([
    'Welcome to Coditect',
  ]);
  expect(await subjectsOf(await testApp())).toEqual([]);
});
