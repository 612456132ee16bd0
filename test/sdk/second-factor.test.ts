import { memorySession } from '@plinth/sdk';
import { expect, it } from 'vitest';
import { callsAs, enrol } from '../identity/factors.ts';
import { sdkFixture, thrownBy } from './fixture.ts';

const fixture = await sdkFixture();
const WHO = { email: 'sdk-mfa@example.com', password: 'Analytical-Engine-1843' };

it('a user with a second factor is signed in once it was shown, and not before', async () => {
  const owner = memorySession();
  await fixture.visitor({ session: owner }).auth.signUp(WHO);
  const { code } = await enrol(fixture, callsAs(fixture, (await owner.read())?.access_token));

  const { auth, me } = fixture.visitor();
  const asked = await auth.signIn(WHO);
  expect(asked).toMatchObject({ status: 'mfa_required', methods: ['totp', 'recovery_code'] });
  expect(await auth.isSignedIn()).toBe(false);
  const mfa_token = asked.status === 'mfa_required' ? asked.mfa_token : '';
  expect(await thrownBy(auth.verifyMfa({ mfa_token, code: '000000' }))).toMatchObject({
    code: 'mfa_refused',
  });
  await auth.verifyMfa({ mfa_token, code: await code() });
  expect(await me.get()).toMatchObject({ email: WHO.email });
  expect(await auth.stepUp({ code: await code(1) })).toEqual({ ok: true });
  // Who signs up with an email that is known is asked as at any sign-in.
  expect(await fixture.visitor().auth.signUp(WHO)).toMatchObject({ status: 'mfa_required' });
});
