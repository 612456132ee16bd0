import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { expect, test } from 'vitest';
import { testApp } from '@plinth/testkit/services/app';

const app = await testApp({ work: false });
const ada = await app.customer('adiuva.pro');

const issue = (query = '?product=adiuva') => app.call(ada.key, `GET /v1/billing/entitlements/token${query}`);

test('entitlements for a client that holds to them are those of the account, verified offline by the JWKS', async () => {
  const { body } = await issue();
  const jwks = (await (await fetch(`${app.url}/.well-known/jwks.json`)).json()) as JSONWebKeySet;
  const { payload, protectedHeader } = await jwtVerify(String(body['token']), createLocalJWKSet(jwks), {
    algorithms: ['EdDSA'],
    typ: 'entitlement+jwt',
    audience: 'adiuva',
  });
  const { body: entitlements } = await app.call(ada.key, 'GET /v1/billing/entitlements');
  const held = entitlements['data'] as readonly { product: string; plan: string; grants: object }[];
  const { product, plan, grants } = held.find((one) => one.product === 'adiuva') ?? {};
  // A client carries no size of a budget, also where this server shows it.
  const { daily_cost: _, ...others } = grants as { daily_cost: number };
  expect(payload['entitlement']).toMatchObject({ product, plan });
  expect((payload['entitlement'] as { grants: object }).grants).toEqual(others);
  expect(others).toMatchObject({ providers: null, active_batches: 10 });
  const { sub, iat = 0, exp = 0 } = payload;
  const asIssued = [ada.accountId, body['expires_at'], 86_400, 'EdDSA'];
  expect([sub, exp, exp - iat, protectedHeader.alg]).toEqual(asIssued);
});

test('they sign nobody in, and are of no product that is not there', async () => {
  const { body } = await issue();
  expect((await app.call(String(body['token']), 'GET /v1/auth/me')).status).toBe(401);
  expect([(await issue('?product=plinth')).status, (await issue('')).status]).toEqual([404, 400]);
});
