import { newVerifier } from '@plinth/sdk';
import { expect, it } from 'vitest';
import { openProvider } from '@plinth/testkit/services/provider';
import { browser, RETURN_TO, settingsFor } from '../identity/browser.ts';
import { sdkFixture } from './fixture.ts';

const provider = await openProvider();
const fixture = await sdkFixture({ settings: settingsFor(provider) });

it('a user back from Google is signed in by the code and the verifier', async () => {
  const email = 'sdk-google@example.com';
  const { verifier, challenge } = await newVerifier();
  const at = browser(fixture, provider);
  const query = new URLSearchParams({ return_to: RETURN_TO, code_challenge: challenge });
  const { location } = await at.open(`/v1/auth/google?${query.toString()}`);
  const back = await at.back(await provider.decide(location.href, email));
  const { auth, me } = fixture.visitor();
  const code = back.location.searchParams.get('code') ?? '';
  expect(await auth.exchange({ code, code_verifier: verifier })).toEqual({ status: 'signed_in' });
  expect(await me.get()).toMatchObject({ email });
});

it('an ID token of Firebase signs in', async () => {
  const email = 'sdk-firebase@example.com';
  const { auth, me } = fixture.visitor();
  const id_token = await provider.firebaseToken('plinth-test', provider.person(email));
  expect(await auth.signInByFirebase({ id_token })).toEqual({ status: 'signed_in' });
  expect(await me.get()).toMatchObject({ email });
});
