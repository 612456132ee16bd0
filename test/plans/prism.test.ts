import { expect, test } from 'vitest';
import { refusalOf } from '@plinth/testkit/fixtures/calls';
import { callAt, testApp } from '@plinth/testkit/services/app';
import { expectWhole } from './document.ts';

/** Plan document 000, by its calls alone: a person who registers, and what the free plan gives. */
const app = await testApp({ settings: { PRODUCTS: 'prism' } });
const made = new Set<string>();
const call = callAt(app.url);
const ask = (token: string | undefined, named: string, body?: object) => {
  made.add(named);
  return call(token, named, body === undefined ? {} : { body });
};

const PERSON = { email: 'ada@example.com', password: 'Analytical-Engine-1843' };

async function signIn() {
  const { status, body } = await ask(undefined, 'POST /auth/login', PERSON);
  expect(status).toBe(200);
  return body as { readonly access_token: string; readonly refresh_token: string };
}

test('a person registers, is told who they are, rotates a token, and leaves', async () => {
  expect((await ask(undefined, 'POST /auth/register', PERSON)).status).toBe(201);
  const wrong = await ask(undefined, 'POST /auth/login', { ...PERSON, password: 'Difference-Engine-1822' });
  expect(refusalOf(wrong)).toMatchObject({ status: 401, code: 'invalid_credentials' });
  const first = await signIn();
  const { refresh_token } = first;
  const second = await ask(undefined, 'POST /auth/refresh', { refresh_token });
  expect(second.status).toBe(200);
  const token = String(second.body['access_token']);
  expect((await ask(token, 'GET /me')).body).toMatchObject({ email: PERSON.email });
  expect(second.body['refresh_token']).not.toBe(refresh_token);
  const later = await signIn();
  expect((await ask(later.access_token, 'POST /auth/logout')).status).toBeLessThan(300);
  expect((await ask(later.access_token, 'GET /me')).status).toBe(401);
});

test('Mirror, Turn and Lens take what the document writes, until the free plan denies it', async () => {
  const { access_token: token } = await signIn();
  const { body } = await ask(token, 'GET /billing/entitlements');
  expect(body['data']).toMatchObject([{ product: 'prism', plan: 'prism.free' }]);
  const session = await ask(token, 'POST /mirror/sessions', {});
  const message = { session_id: session.body['id'], content: 'I am torn about the move.' };
  expect((await ask(token, 'POST /mirror/messages', message)).body).toMatchObject({
    safety: { status: 'ok' },
  });
  expect((await ask(token, 'POST /lens/goals', { title: 'Walk each morning' })).status).toBe(201);
  const denied = await untilDenied(() => ask(token, 'POST /turns', { thought: 'I always ruin everything.' }));
  expect(refusalOf(denied)).toMatchObject({ status: 429, code: 'limit_exceeded' });
  const crisis = await ask(token, 'POST /turns', { thought: 'I want to kill myself tonight.' });
  expect([crisis.status, crisis.body]).toEqual([
    200,
    expect.objectContaining({ safety: expect.objectContaining({ status: 'crisis' }) }),
  ]);
});

/** Asks again until it is denied. */
async function untilDenied(asks: () => ReturnType<typeof ask>) {
  for (;;) {
    const reply = await asks();
    if (reply.status >= 400) return reply;
  }
}

test('the calls of the document are these', () => {
  expectWhole('000', made);
});
