import { globSync, readFileSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';
import { createStripeSandbox } from '#sandbox/stripe';
import { ROOT } from '@plinth/testkit/house/source';
import { testApp } from '@plinth/testkit/services/app';
import { afterAll, expect, test, vi } from 'vitest';
import * as checkout from '../../docs/examples/reel-next/app/api/checkout/route.ts';
import * as create from '../../docs/examples/reel-next/app/api/create/route.ts';
import * as draft from '../../docs/examples/reel-next/app/api/drafts/[id]/route.ts';
import * as generation from '../../docs/examples/reel-next/app/api/generations/[id]/route.ts';
import * as library from '../../docs/examples/reel-next/app/api/library/route.ts';
import * as regenerate from '../../docs/examples/reel-next/app/api/regenerate/route.ts';
import * as session from '../../docs/examples/reel-next/app/api/session/route.ts';

const APP = join(ROOT, 'docs/examples/reel-next');
const read = (path: string) => readFileSync(join(APP, path), 'utf8');
const json = (path: string) => JSON.parse(read(path)) as Record<string, Record<string, string>>;
const sources = globSync('{app,server}/**/*.{ts,tsx,css}', { cwd: APP });

const stripe = await createStripeSandbox({ driven: new Date() });
afterAll(() => stripe.close());
const { url, admin, call } = await testApp({ stripe });
vi.stubEnv('PLINTH_URL', url);
afterAll(() => vi.unstubAllEnvs());

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly cookie: string | null;
}
type Handler = typeof create.POST;

let cookie = '';
let presses = 0;
/** Calls a handler as a browser does, which sends the cookie and keeps the one that comes back. */
async function press(handler: Handler, body?: object, id?: string): Promise<Answer> {
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const headers = { cookie, 'idempotency-key': `press-${(presses += 1)}` };
  const request = new Request('http://app/api', { ...init, headers });
  const response = await handler(request, id === undefined ? {} : { params: Promise.resolve({ id }) });
  const set = response.headers.get('set-cookie');
  if (set !== null) cookie = set.split(';', 1)[0] ?? '';
  return { status: response.status, body: (await response.json()) as Answer['body'], cookie: set };
}

// A call that the server does not have is 404, and none that the client does not have compiles (tsconfig.check.json).
test('a visitor signs up, is told of the plan that helps, writes, reviews and saves by the app’s own handlers', async () => {
  const person = { email: 'ada@example.com', password: 'Analytical-Engine-1843' };
  const entered = await press(session.POST, { how: 'signUp', ...person });
  expect(entered).toMatchObject({ status: 200, body: { status: 'signed_in' } });
  expect(entered.cookie).toMatch(/^__Host-reel=.+; Path=\/; HttpOnly; Secure; SameSite=Strict$/);
  expect((await press(session.GET)).body).toEqual({ email: person.email, posts: 'no plan' });

  const brief = { platform: 'linkedin', topic: 'Why small teams ship faster' };
  expect(await press(create.POST, brief)).toMatchObject({
    status: 402,
    body: { error: { code: 'plan_required', upgrade: 'reel.basic', request_id: expect.any(String) } },
  });
  const page = await press(checkout.POST, { plan: 'reel.basic', home: url });
  expect(page.body).toMatchObject({ checkout_url: expect.stringContaining(stripe.url) });
  const grant = { email: person.email, product: 'reel', plan: 'basic' };
  expect(await call((await admin()).key, 'POST /v1/admin/grants', { body: grant })).toMatchObject({
    status: 201,
  });

  const written = await follow(await press(create.POST, brief));
  const { id: draftId, variants } = (await press(draft.GET, undefined, written)).body as {
    readonly id: string;
    readonly variants: readonly { readonly id: string }[];
  };
  const variantId = variants[0]?.id;
  const chosen = await press(draft.PATCH, { selected_variant_id: variantId }, draftId);
  expect(chosen.body).toMatchObject({ selected_variant_id: variantId });
  const hook = { draft_id: draftId, mode: 'targeted', target: 'hook' };
  await follow(await press(regenerate.POST, hook));
  const tooSoon = await press(regenerate.POST, hook);
  expect(tooSoon).toMatchObject({
    status: 429,
    body: { error: { code: 'limit_exceeded', limit: expect.stringMatching(/: 1 of 1$/), upgrade: null } },
  });
  expect(tooSoon.body['error']).toHaveProperty('again', expect.stringMatching(/^\d{4}-.+Z$/));
  const asset = await press(library.POST, { draft_id: draftId, variant_id: variantId, title: 'Kept' });
  const found = await library.GET(new Request('http://app/api?q=kept', { headers: { cookie } }), {});
  expect(await found.json()).toMatchObject({ data: [{ id: asset.body['id'], title: 'Kept' }] });
  expect((await press(session.GET)).body).toEqual({ email: person.email, posts: '2 of 60 posts' });

  // All handlers were called.
  expect(sources.filter((path) => path.endsWith('route.ts'))).toHaveLength(7);
  expect((await press(session.DELETE)).cookie).toMatch(/^__Host-reel=; Max-Age=0; /);
  expect(await press(session.GET)).toMatchObject({
    status: 401,
    body: { error: { code: 'unauthenticated' } },
  });
});

/** Asks until a generation has ended; answers its draft. */
async function follow({ body }: Answer): Promise<string> {
  const now = await press(generation.GET, undefined, String(body['generation_id']));
  if (now.body['status'] === 'queued' || now.body['status'] === 'running') return follow({ ...now, body });
  expect(now.body).toMatchObject({ status: 'completed' });
  return String(now.body['draft_id']);
}

test('it is at most 500 lines', () => {
  const lines = sources.flatMap((path) => read(path).trimEnd().split('\n'));
  expect(sources.length).toBeGreaterThan(12);
  expect(lines.length).toBeLessThanOrEqual(500);
});

test('its packages are pinned, as its lock file has them, and none comes from an address', () => {
  const { dependencies = {}, devDependencies = {} } = json('package.json');
  const { packages } = JSON.parse(read('package-lock.json')) as {
    readonly packages: Record<string, { readonly version?: string; readonly resolved?: string }>;
  };
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
    expect(version).toMatch(/^(\d+\.\d+\.\d+|file:\.\.\/\.\.\/\.\.\/sdk)$/);
    if (!version.startsWith('file:')) expect(packages[`node_modules/${name}`]?.version).toBe(version);
  }
  const resolved = Object.values(packages).flatMap((one) => one.resolved ?? []);
  expect(resolved).toEqual(['file:../../../sdk']);
});

test('vercel.json has no key but those of Vercel’s, and its functions are files of the app', () => {
  const { $schema, framework, installCommand, buildCommand, functions, headers, ...rest } =
    json('vercel.json');
  expect(rest).toEqual({});
  expect([$schema, framework, buildCommand]).toEqual([
    'https://openapi.vercel.sh/vercel.json',
    'nextjs',
    'next build',
  ]);
  // It brings the client that package.json asks for.
  expect(installCommand).toContain('npm run build -w sdk');
  for (const pattern of Object.keys(functions ?? {}))
    expect(sources.some((path) => matchesGlob(path, pattern))).toBe(true);
  expect(headers).toMatchObject([{ source: '/(.*)', headers: expect.any(Array) }]);
});
