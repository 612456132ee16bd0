import { afterAll, expect, test } from 'vitest';
import type { AppError } from '#platform/kernel';
import { createOpenIdSandbox } from '#sandbox/openid';
import '../errors.ts';
import { createFirebase } from './firebase.ts';

const provider = await createOpenIdSandbox();
// Its key is made here, and not while a test waits for it.
await provider.rotateKeys();
afterAll(() => provider.close());
const projectId = 'a-project';

function makeFixture() {
  let ahead = 0;
  provider.faults.clear();
  const clock = { now: () => Date.now(), monotonic: () => ahead };
  const parts = { clock, allowLoopback: true, patience: 60_000 };
  const firebase = createFirebase(parts, { projectId, keysUrl: provider.firebaseKeysUrl });
  const signIn = async () => {
    const token = await provider.firebaseToken(projectId, provider.person('ada@example.com'));
    return firebase.identify(token).then(
      () => 'done',
      (error: AppError) => error.code,
    );
  };
  return { parts, signIn, advance: (milliseconds: number) => (ahead += milliseconds) };
}

test('a key that is not known is looked for, but not more often than every ten seconds', async () => {
  const { signIn, advance } = makeFixture();
  expect(await signIn()).toBe('done');
  await provider.rotateKeys();
  expect(await signIn()).toBe('sign_in_failed');
  advance(10_000);
  expect(await signIn()).toBe('done');
});

test('keys serve for ten minutes, also while they can not be read', async () => {
  const { signIn, advance } = makeFixture();
  expect(await signIn()).toBe('done');
  advance(599_000);
  provider.faults.at('firebase', { status: 503 });
  expect(await signIn()).toBe('done');
  advance(1_000);
  expect(await signIn()).toBe('sign_in_unavailable');
  expect(await signIn()).toBe('done');
});

test.each([{ status: 500 }, 'reset', 'endless', 'hang'] as const)(
  'keys that are answered with %j let nobody in',
  async (fault) => {
    const { signIn, parts } = makeFixture();
    parts.patience = fault === 'hang' ? 100 : 60_000;
    provider.faults.at('firebase', fault);
    expect(await signIn()).toBe('sign_in_unavailable');
  },
);
