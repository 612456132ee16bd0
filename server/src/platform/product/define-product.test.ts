import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { readConfig, setting } from '#platform/config';
import { usd } from '#platform/kernel';
import { z } from 'zod';
import { eventTypes } from '#platform/webhooks';
import type { Transaction } from '#platform/db';
import { declaredAudit, type ProductContext } from './product-context.ts';
import { declareCatalogue, definePart, defineProduct, productRoutes } from './index.ts';

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

test('a product may be plans alone, without a route or a service', () => {
  const product = defineProduct(sells);
  const [own] = product.parts;
  expect([product.routes, own?.service({} as ProductContext<never>)]).toEqual([[], undefined]);
});

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
    parts: [{ id: 'demo', jobs: {} }],
    migrations: [],
    prompts: undefined,
    policies: { chat: { models: ['small'] } },
  });
  expect(product.routes.map(({ name }) => name)).toEqual(['POST /v1/demo/say']);
});

test('a feature of which nothing is said is called as any; one of a backend outside is not called here', () => {
  const chat = { consumes: ['calls'], reserve: usd('0.01'), longestSeconds: 60 } as const;
  const features = { chat, draw: chat, external: { ...chat, outside: 'account' } } as const;
  const policies = { draw: { models: ['large'] } };
  const product = defineProduct({ ...sells, features, routes: [], policies, service });
  expect(product.policies).toEqual({ chat: { models: ['small'] }, draw: { models: ['large'] } });
});

test('what lies in the folder of a product is its own: steps of the schema, and prompts', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'product-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const url = pathToFileURL(join(folder, 'index.ts')).href;
  expect(defineProduct({ ...sells, folder: url, routes: [], service })).toMatchObject({
    migrations: [],
    prompts: undefined,
  });
  for (const part of ['migrations', 'prompts']) await mkdir(join(folder, part));
  await writeFile(join(folder, 'migrations/0001_demo.up.sql'), 'create schema demo;');
  await writeFile(join(folder, 'migrations/0001_demo.down.sql'), 'drop schema demo;');
  const prompt = '---\nid: say\nversion: 1\nvariables: []\n---\n## user\nHello.\n';
  await writeFile(join(folder, 'prompts/say.v1.md'), prompt);
  const product = defineProduct({ ...sells, folder: url, routes: [], service });
  expect(product.migrations).toMatchObject([{ id: 'demo/0001_demo', up: 'create schema demo;' }]);
  expect(product.prompts?.get('say').version).toBe(1);
});

/** A folder with steps of the schema, and functions, by their names. */
async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'product-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const part of ['migrations', 'functions']) await mkdir(join(folder, part));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return pathToFileURL(join(folder, 'index.ts')).href;
}

const steps = (name: string) => ({
  [`migrations/${name}.up.sql`]: 'select 1;',
  [`migrations/${name}.down.sql`]: 'select 1;',
  'functions/rights.sql': '',
});

test('a part of another package has its own service, its steps among those of the product, and a set of functions of its own', async () => {
  const folders = await Promise.all([steps('0001_demo'), steps('0002_talk')].map(folderWith));
  const [own = '', others = ''] = folders;
  const talk = definePart({
    product: 'demo',
    name: 'talk',
    folder: others,
    routes: [say('chat')],
    auditActions: { 'demo.talk.said': 'a member said something' },
    service: () => 'of talk',
  });
  const product = defineProduct({ ...sells, folder: own, routes: [], parts: [talk], service: () => 'own' });
  expect(product.migrations.map(({ id }) => id)).toEqual([
    'demo/0001_demo',
    'demo/functions',
    'demo/0002_talk',
    'demo/talk/functions',
  ]);
  expect(product.parts.map(({ id, service: make }) => [id, make({} as ProductContext<never>)])).toEqual([
    ['demo', 'own'],
    ['demo/talk', 'of talk'],
  ]);
  expect(product.routes.map(({ name }) => name)).toEqual(['POST /v1/demo/say']);
  expect(product.auditActions).toEqual({ 'demo.talk.said': 'a member said something' });
});

test('a part is refused of another product, for a feature that is not sold, and with a step that is there already', async () => {
  const folder = await folderWith(steps('0001_demo'));
  const [stranger, greedy, twin] = [
    definePart({ product: 'other', name: 'talk' }),
    definePart({ product: 'demo', name: 'talk', routes: [say('chatt')] }),
    definePart({ product: 'demo', name: 'talk', folder }),
  ];
  expect(() => defineProduct({ ...sells, parts: [stranger] })).toThrow('other/talk is of another product');
  expect(() => defineProduct({ ...sells, parts: [greedy] })).toThrow('is for "chatt", which is no feature');
  expect(() => defineProduct({ ...sells, folder, parts: [twin] })).toThrow(
    'two of its steps are called demo/0001_demo',
  );
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
  expect(product.parts).toMatchObject([{ schedules: { nightly } }]);
  expect(() => defineProduct({ ...sells, routes: [], schedules: { nightly }, service })).toThrow(
    'the schedule nightly is for the job "tidy", which it does not have',
  );
});

const toneAs = (name: string) => ({
  [name]: setting(z.enum(['low', 'high'], 'must be low or high').default('low'), {
    group: 'Server',
    says: '',
  }),
});

test('settings of a product are its own, and are read and checked with those of the platform', () => {
  const define = (settings: ReturnType<typeof toneAs>) =>
    defineProduct({ ...sells, routes: [], settings, service });
  for (const foreign of ['PORT', 'DEMO', 'DEMOS_TONE'])
    expect(() => define(toneAs(foreign))).toThrow(`the setting ${foreign}, which is not its own`);
  define(toneAs('DEMO_TONE'));
  expect(readConfig({}).values).toMatchObject({ DEMO_TONE: 'low' });
  expect(() => readConfig({ DEMO_TONE: 'loud' })).toThrow('DEMO_TONE must be low or high.');
  expect(() => readConfig({ DEMO_TUNE: 'high' })).toThrow('Did you mean DEMO_TONE?');
});

test('events and audit actions of a product are its own, and endpoints may ask for its events', () => {
  const events = { 'demo.seat.taken': 'a seat was taken' } as const;
  const product = defineProduct({ ...sells, routes: [], events, auditActions: events, service });
  expect(product.parts).toMatchObject([{ events, auditActions: events }]);
  expect([...eventTypes()]).toContainEqual(['demo.seat.taken', 'a seat was taken']);
  const foreign = { 'other.seat.taken': 'a seat was taken' } as const;
  expect(() => defineProduct({ ...sells, routes: [], events: foreign, service })).toThrow(
    'event other.seat.taken',
  );
  expect(() => defineProduct({ ...sells, routes: [], auditActions: foreign, service })).toThrow(
    'audit action other.seat.taken',
  );
});

const event = (action: string) => ({ action, actor: { kind: 'system' } as const });

test('a product that has declared what it records in the audit records nothing else', async () => {
  const recorded: string[] = [];
  const recordAllIn = async (_tx: unknown, events: readonly { readonly action: string }[]) =>
    void recorded.push(...events.map(({ action }) => action));
  const audit = {
    recordAllIn,
    recordIn: (_tx: unknown, one: { readonly action: string }) => recordAllIn(_tx, [one]),
  };
  const tx = {} as Transaction;
  const declared = declaredAudit(audit, ['demo.seat.taken']);
  await declared.recordIn(tx, event('demo.seat.taken'));
  await expect(declared.recordIn(tx, event('demo.seat.lost'))).rejects.toThrow('demo.seat.lost');
  const both = [event('demo.seat.taken'), event('demo.seat.lost')];
  await expect(declared.recordAllIn(tx, both)).rejects.toThrow('demo.seat.lost');
  await declaredAudit(audit, []).recordIn(tx, event('demo.seat.lost'));
  expect(recorded).toEqual(['demo.seat.taken', 'demo.seat.lost']);
});

const resolveKey = async () => undefined;

test('a route that takes a secret of the product needs somebody who says whose it is', () => {
  const byKey = route(
    'GET /v1/demo/keys/:key',
    {
      summary: 'Read by a key',
      tag: 'Demo',
      auth: 'product_key',
      params: { key: 'text' },
      productKey: ({ params }) => params.key,
      rate: { perMinute: 60, by: 'ip' },
      reply: { 200: z.strictObject({}) },
      example: { params: { key: 'K' }, reply: {} },
    },
    async () => ({}),
  );
  expect(() => defineProduct({ ...sells, routes: [byKey], service })).toThrow(
    'no resolveKey says whose it is',
  );
  expect(defineProduct({ ...sells, routes: [byKey], resolveKey, service }).parts).toMatchObject([
    { resolveKey },
  ]);
});
