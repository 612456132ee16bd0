import { expect, test } from 'vitest';
import { usd } from '#platform/kernel';
import { z } from 'zod';
import { declareCatalogue, defineProduct, productRoutes } from './index.ts';

interface Chat {
  readonly greet: (name: string) => string;
}
const route = productRoutes<Chat>();
const say = (feature: string) =>
  route(
    'POST /v1/demo/say',
    {
      summary: 'Say something',
      tag: 'Demo',
      auth: 'account',
      may: 'member',
      scope: 'demo:write',
      rate: { perMinute: 60, by: 'account' },
      spends: { feature, as: 'inline' },
      body: z.strictObject({ name: z.string() }),
      reply: { 200: z.strictObject({ said: z.string() }) },
      example: { body: { name: 'Ada' }, reply: { said: 'hello Ada' } },
    },
    async ({ body, permit }, chat) => ({ said: chat.greet(body.name), as: permit.id }),
  );

const rated = (soldRates: readonly string[], machine?: () => string) =>
  route(
    'GET /v1/demo/beat',
    {
      summary: 'Beat',
      tag: 'Demo',
      auth: 'account',
      may: 'member',
      scope: 'demo:read',
      rate: { perMinute: 60, by: 'account' },
      soldRates,
      ...(machine === undefined ? {} : { machine }),
      reply: { 200: z.strictObject({}) },
      example: { reply: {} },
    },
    async () => ({}),
  );

const sells = declareCatalogue({
  key: 'demo',
  name: 'Demo',
  holds: 'both',
  limits: { calls: { kind: 'quota', per: 'month', by: 'account' } },
  features: { chat: { consumes: ['calls'], reserve: usd('0.01'), longestSeconds: 60 } },
  plans: { free: { name: 'Free', rank: 0, price: { currency: 'usd', monthly: 0 }, grants: { calls: 10 } } },
  defaultPlan: 'free',
});
const service = (): Chat => ({ greet: (name) => `hello ${name}` });

test('a product is one value, with what was left out filled in', () => {
  const product = defineProduct({
    ...sells,
    routes: [say('chat')],
    policies: { chat: { models: ['small'] } },
    service,
  });
  expect(product).toMatchObject({
    key: 'demo',
    catalogue: { product: 'demo', options: {}, addOns: {}, defaultPlan: 'free' },
    migrations: [],
    jobs: {},
    prompts: undefined,
    policies: { chat: { models: ['small'] } },
  });
  expect(product.routes.map(({ name }) => name)).toEqual(['POST /v1/demo/say']);
});

test('what the compiler can not see is refused at definition', () => {
  const plans = { free: { ...sells.plans.free, grants: { calls: -1 } } };
  expect(() => defineProduct({ ...sells, plans, routes: [], service })).toThrow(
    'the product "demo" can\'t be sold:\n  plan free: calls is no whole number from 0 up',
  );
});

test('a route can not spend, nor a policy govern, a feature that the product does not have', () => {
  expect(() => defineProduct({ ...sells, routes: [say('chatt')], service })).toThrow(
    'POST /v1/demo/say is for "chatt", which is no feature',
  );
  expect(() =>
    defineProduct({ ...sells, routes: [], policies: { chatt: { models: ['small'] } }, service }),
  ).toThrow('the policy chatt is for "chatt", which is no feature');
});

test('a route counts by rates that the product sells, and says which machine calls where it is sold by machines', () => {
  const limits = { ...sells.limits, beats: { kind: 'rate', by: 'machine' } } as const;
  const plans = { free: { ...sells.plans.free, grants: { calls: 10, beats: 2 } } };
  const define = (of: ReturnType<typeof rated>) => () =>
    defineProduct({ ...sells, limits, plans, routes: [of], service });
  expect(define(rated(['beats'], () => 'a'))).not.toThrow();
  expect(define(rated(['calls']))).toThrow('GET /v1/demo/beat counts by "calls", which is no rate');
  expect(define(rated(['beats']))).toThrow('and does not say which machine calls');
});

test('a schedule runs a job that the product has', () => {
  const tidy = { attempts: 1, run: async () => {}, giveUp: async () => {} };
  const nightly = { cron: '0 3 * * *', job: 'tidy' };
  const product = defineProduct({ ...sells, routes: [], jobs: { tidy }, schedules: { nightly }, service });
  expect(product.schedules).toEqual({ nightly });
  expect(() => defineProduct({ ...sells, routes: [], schedules: { nightly }, service })).toThrow(
    'the schedule nightly is for the job "tidy", which it does not have',
  );
});
