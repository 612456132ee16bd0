import { commitPoint, statement } from '#platform/db';
import { answer, helplineSchema, type Mounted, pageOf, pageQuery, routesFor } from '#platform/http';
import { type SafetySupport, safetySchema, type Wire } from '#platform/http';
import { AppError } from '#platform/kernel';
import type { Permit } from '#platform/limits';
import { z } from 'zod';
import { pause, say } from './talks.ts';

/** A small module for the tests of the server: everything that a route can say, said once. */
export interface Shop {
  /** What handlers did, for tests to look at. */
  readonly done: string[];
  readonly found: SafetySupport[];
  /** User-Agent of the last list's client. */
  userAgent: string;
  locale: () => Promise<string | undefined>;
  /** What was written earlier, and goes to a model with what is said now. */
  stored: () => Promise<string>;
  /** Lets a handler that waits go on. */
  release: () => void;
  /** What the handler that spends inline does. */
  chat: (call: ChatCall) => Promise<unknown>;
  /** Resolves when a handler waits. */
  waiting: PromiseWithResolvers<void>;
}

export interface ChatCall {
  readonly permit: Permit;
  readonly wire: Wire;
}

const made = commitPoint('test.shop.made', 'an order of the test shop');
const route = routesFor<Shop, Permit>();
const tag = 'Shop';
const rate = { perMinute: 1_000, by: 'key' } as const;
const byIp = { perMinute: 1_000, by: 'ip' } as const;
const item = z.strictObject({ name: z.string().min(1).max(50), tags: z.array(z.string()).optional() });

export const listItems = route(
  'GET /v1/items',
  {
    summary: 'Lists items',
    tag,
    auth: 'none',
    rate: byIp,
    query: z.strictObject({
      ...pageQuery,
      sort: z.enum(['name', 'age']).optional(),
    }),
    reply: { 200: pageOf(z.strictObject({ name: z.string() })) },
    example: {
      query: { limit: 2 },
      reply: {
        data: [{ name: 'pen' }],
        next_cursor: null,
      },
    },
  },
  async ({ query, origin }, shop) => {
    shop.userAgent = origin.userAgent;
    return { data: [{ name: query.sort ?? 'pen' }], next_cursor: null };
  },
);

export const readItem = route(
  'GET /v1/items/:id',
  {
    summary: 'Reads an item',
    tag,
    auth: 'account',
    may: 'viewer',
    scope: 'shop:read',
    rate,
    reply: { 200: z.strictObject({ id: z.string(), account: z.string(), role: z.string() }) },
    example: {
      params: { id: '0193a000-0000-7000-8000-000000000001' },
      reply: { id: '1', account: '2', role: 'owner' },
    },
  },
  async ({ params, accountId, role }) => ({ id: params.id, account: accountId, role }),
);

export const makeItem = route(
  'POST /v1/items',
  {
    summary: 'Makes an item',
    tag,
    auth: 'account',
    may: 'member',
    scope: 'shop:write',
    rate,
    body: item,
    reply: { 201: z.strictObject({ name: z.string() }) },
    example: {
      body: { name: 'pen' },
      reply: { name: 'pen' },
    },
  },
  async ({ body, once }, shop) =>
    once(made, async (tx) => {
      await tx.run(statement('select 1'));
      shop.done.push(body.name);
      return answer(201, { name: body.name }, { Location: `/v1/items/1` });
    }),
);

export const plan = route(
  'GET /v1/shelves/:name',
  {
    summary: 'Reads a shelf',
    tag,
    auth: 'none',
    rate: { perMinute: 2, by: 'ip' },
    params: { name: 'text' },
    reply: { 200: z.strictObject({ name: z.string() }) },
    example: {
      params: { name: 'top' },
      reply: { name: 'top' },
    },
  },
  async ({ params }) => ({ name: params.name }),
);

export const signIn = route(
  'POST /v1/auth/login',
  {
    summary: 'Signs in',
    tag,
    auth: 'none',
    aliases: ['POST /v1/auth/signin'],
    rate: byIp,
    rateOf: {
      name: 'email',
      perMinute: 2,
      of: ({ body }) => body.email,
    },
    body: z.strictObject({ email: z.string() }),
    reply: { 204: z.undefined() },
    example: {
      body: { email: 'a@example.com' },
      reply: undefined,
    },
  },
  async () => undefined,
);

export const generate = route(
  'POST /v1/generate',
  {
    summary: 'Spends',
    tag,
    auth: 'account',
    may: 'member',
    scope: 'shop:write',
    rate,
    idempotency: 'required',
    spends: {
      feature: 'generation',
      as: 'job',
      needs: ({ body }) => ({ variants: body.variants }),
    },
    precheck: {
      text: ({ body }) => body.topic,
      stored: (_call, shop: Shop) => shop.stored(),
      locale: (_call, shop: Shop) => shop.locale(),
      crisis: ({ safety, message, helplines }) => ({ safety, message, helplines }),
      crisisEvents: ({ safety: data, message }) => [
        { event: 'safety', data },
        { event: 'reply', data: message },
      ],
    },
    body: z.strictObject({ topic: z.string(), variants: z.number().int().default(1) }),
    reply: {
      200: z.strictObject({ safety: safetySchema, message: z.string(), helplines: z.array(helplineSchema) }),
      202: z.strictObject({ permit: z.string() }),
    },
    example: {
      body: { topic: 'tea' },
      reply: {
        safety: { status: 'crisis', kinds: ['intent'] },
        message: 'You are not alone.',
        helplines: [],
      },
    },
  },
  async ({ body, permit, safety }, shop) => {
    shop.found.push(safety);
    if (body.topic === 'refuse') throw new AppError('conflict');
    if (body.topic === 'break') throw new Error('secret marker');
    shop.done.push(permit.id);
    return answer(202, { permit: permit.id });
  },
);

export const keepNote = route(
  'PUT /v1/notes/:id',
  {
    summary: 'Keeps a note',
    tag,
    auth: 'account',
    may: 'member',
    scope: 'shop:write',
    rate,
    body: z.strictObject({ note: z.string() }),
    precheck: { text: ({ body }) => body.note },
    reply: { 200: z.strictObject({ safety: safetySchema, message: z.string() }) },
    example: {
      params: { id: '0193a000-0000-7000-8000-000000000001' },
      body: { note: 'tea' },
      reply: { safety: { status: 'ok', kinds: [] }, message: '' },
    },
  },
  async ({ safety: { safety, message } }, shop) => {
    shop.done.push('kept');
    return { safety, message };
  },
);

export const chat = route(
  'POST /v1/chat',
  {
    summary: 'Spends inline',
    tag,
    auth: 'account',
    may: 'member',
    scope: 'shop:write',
    rate,
    spends: { feature: 'chat', as: 'inline' },
    reply: { 200: z.unknown() },
    example: { reply: {} },
  },
  async ({ permit, wire }, shop) => shop.chat({ permit, wire }),
);

export const stream = route(
  'GET /v1/stream',
  {
    summary: 'Streams',
    tag,
    auth: 'none',
    rate: byIp,
    query: z.strictObject({ how: z.enum(['whole', 'wait', 'wait-or-throw', 'throw-before', 'throw-after']) }),
    reply: { 200: z.unknown() },
    example: { query: { how: 'whole' }, reply: {} },
  },
  async ({ query, wire, origin }, shop) => {
    const out = wire.take();
    if (query.how === 'throw-before') throw new AppError('conflict');
    out.writeHead(200, { 'content-type': 'text/event-stream' });
    out.write('data: 1\n\n');
    if (query.how === 'throw-after') throw new Error('cut');
    if (query.how.startsWith('wait')) await pause(shop, origin.signal);
    if (query.how === 'wait-or-throw') throw new Error('the work ended', { cause: origin.signal.reason });
    out.end('data: 2\n\n');
  },
);

export const wait = route(
  'GET /v1/wait',
  {
    summary: 'Waits',
    tag,
    auth: 'none',
    rate: byIp,
    reply: { 200: z.strictObject({ heard: z.string() }) },
    example: { reply: { heard: 'go' } },
  },
  async ({ origin }, shop) => ({ heard: await pause(shop, origin.signal) }),
);

export const adminOnly = route(
  'POST /v1/admin/things',
  {
    summary: 'Is for admins',
    tag,
    auth: 'admin',
    scope: 'admin:write',
    rate,
    reply: { 200: z.strictObject({ ok: z.boolean() }) },
    example: { reply: { ok: true } },
  },
  async () => ({ ok: true }),
);

export const broken = route(
  'GET /v1/broken',
  {
    summary: 'Answers what it does not declare',
    tag,
    auth: 'none',
    rate: byIp,
    reply: { 200: z.strictObject({ ok: z.boolean() }) },
    example: { reply: { ok: true } },
  },
  async () => ({ ok: 'marker' }),
);

export const crowded = route(
  'GET /v1/crowded',
  {
    summary: 'Is rated by all that it can be rated by',
    tag,
    auth: 'account',
    may: 'viewer',
    scope: 'shop:read',
    rate: [
      { perMinute: 100, by: 'ip' },
      { perMinute: 4, by: 'account' },
      { perMinute: 5, by: 'user' },
      { perMinute: 2, by: 'member' },
      { perMinute: 5, by: 'key' },
    ],
    reply: { 200: z.strictObject({ ok: z.boolean() }) },
    example: { reply: { ok: true } },
  },
  async () => ({ ok: true }),
);

export const sold = route(
  'GET /v1/sold',
  {
    summary: 'Counts by a rate of the plan',
    tag,
    auth: 'account',
    may: 'viewer',
    scope: 'shop:read',
    rate: { perMinute: 100, by: 'account' },
    soldRates: ['requests'],
    reply: { 200: z.strictObject({ ok: z.boolean() }) },
    example: { reply: { ok: true } },
  },
  async () => ({ ok: true }),
);

export const beat = route(
  'POST /v1/heartbeats',
  {
    summary: 'Counts by two rates of the plan, one by machines',
    description: 'It takes no Idempotency-Key: it makes nothing.',
    tag,
    auth: 'account',
    may: 'viewer',
    scope: 'shop:read',
    rate: { perMinute: 100, by: 'account' },
    soldRates: ['requests', 'heartbeats'],
    machine: ({ body }) => body.machine,
    idempotency: 'none',
    body: z.strictObject({ machine: z.string().optional() }),
    reply: { 200: z.strictObject({ ok: z.boolean() }) },
    example: { body: { machine: 'a1' }, reply: { ok: true } },
  },
  async () => ({ ok: true }),
);

export const shopRoutes = [
  listItems,
  readItem,
  makeItem,
  plan,
  signIn,
  generate,
  keepNote,
  chat,
  stream,
  wait,
  adminOnly,
  broken,
  crowded,
  sold,
  beat,
  say,
];

export function openShop(): { shop: Shop; mounted: Mounted } {
  const shop: Shop = {
    done: [],
    userAgent: '',
    found: [],
    locale: async () => undefined,
    stored: async () => '',
    release: () => {},
    waiting: Promise.withResolvers<void>(),
    chat: async () => {
      throw new Error('the model broke');
    },
  };
  return { shop, mounted: { module: 'shop', routes: shopRoutes, service: shop } };
}
