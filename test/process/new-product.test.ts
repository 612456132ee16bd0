import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { temporaryFolder } from '@plinth/testkit/services';
import { linkPackages } from '@plinth/testkit/services/packages';
import { checkoutPlace, newProduct, NewProductRefused } from '../../server/src/main/new-product.ts';
import { ROOT } from '@plinth/testkit/house/source';
import { endAll, startProgram } from '@plinth/testkit/program';
import { isThorough } from '@plinth/testkit/thorough';

const run = promisify(execFile);
const SMALL = ['plinth.config.ts', 'products', 'docs/examples/product', 'docs/generated/api.txt'];
const WHOLE =
  'server products plinth.config.ts safety sandboxes test testkit scripts sdk docs deploy console ARCHITECTURE.md .env.example package.json tsconfig.json vitest.config.ts biome.json .oxlintrc.json';

/** A checkout of its own, with what is needed of the tree. */
function checkout(paths: readonly string[]): string {
  const root = temporaryFolder();
  for (const path of paths.filter((one) => existsSync(join(ROOT, one))))
    cpSync(join(ROOT, path), join(root, path), {
      recursive: true,
      filter: (source) => !source.includes('node_modules'),
    });
  linkPackages(root);
  return root;
}

function checkoutSmall(): string {
  const root = checkout(SMALL);
  cpSync(join(ROOT, 'server/src/platform/base/kernel'), join(root, 'server/src/platform/base/kernel'), {
    recursive: true,
  });
  return root;
}

const listAllFiles = (root: string) =>
  ['products', 'docs'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).toSorted(),
  );

const LIST = 'plinth.config.ts';
const GENERATED = 'docs/generated';
const KEPT = ['api.txt', 'config.md', 'errors.md', 'events.md', 'limits.md', 'metrics.md'];
const page = readFileSync(join(ROOT, 'docs/tutorial.md'), 'utf8');

const textIn = (folder: string, path: string) => readFileSync(join(folder, path), 'utf8');

/** The files that the tutorial has its reader write, by their paths. */
const written = new Map(
  [...page.matchAll(/^`(products\/[^`]+)`\n\n```\w+\n(.*?)^```$/gms)].map(([, path = '', text = '']) => [
    path,
    text,
  ]),
);

/** The list of products as the tutorial has it changed: a line to import its product, and its name at the end. */
const [addedImport = '', addedList = ''] =
  /^(import \{ tales \}[^\n]*\n)\n(export default .*?^\}\);\n)/ms.exec(page)?.slice(1) ?? [];
const listed = textIn(ROOT, LIST).replace(/\nexport default .*/s, `${addedImport}\n${addedList}`);

/** A checkout in which the tutorial was followed. */
function followTutorial(): string {
  const root = checkout(WHOLE.split(' '));
  for (const [path, text] of written) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  writeFileSync(join(root, LIST), listed);
  return root;
}

/** Runs blocks of the tutorial's commands against a server; later ones know what the first one has set. */
function shellOf(server: string, { cwd, settings }: { readonly cwd: string; readonly settings: string }) {
  return async (block: string): Promise<string> => {
    const here = `${settings}\n${block}`
      .replaceAll('http://127.0.0.1:6174', server)
      .replaceAll('127.0.0.1:6174', server);
    return (await run('sh', ['-ec', here], { cwd, env: { PATH: process.env['PATH'] } })).stdout;
  };
}

const KEY = 'hung-up-on';

/** Asks for a tale as a stream, and is gone with its first bytes. */
async function hangUp(url: string, token: string): Promise<void> {
  const gone = new AbortController();
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'text/event-stream',
      'content-type': 'application/json',
      'idempotency-key': KEY,
    },
    body: JSON.stringify({ about: 'a fox' }),
    signal: gone.signal,
  });
  expect(response.status).toBe(200);
  await response.body?.getReader().read();
  gone.abort();
}

const CALLED = [`${GENERATED}/api.txt`, `${GENERATED}/openapi.json`, 'sdk/src/routes.generated.ts'];
/** A migrated database makes it, and nothing of a list of calls is in it: one of this tree's spares the checkout that. */
const SCHEMA = `${GENERATED}/schema.sql`;

const generate = (root: string) => run(process.execPath, [join(root, 'scripts/generate.ts')], { cwd: root });

/** Each later start takes a third of what it takes of the sources. */
const build = (root: string) =>
  run(
    process.execPath,
    ['--input-type=module', '-e', "await (await import('./server/src/main/build.ts')).buildProgram();"],
    { cwd: root },
  );

/** A run of the suite on the PostgreSQL of this one, signed in as the owner of its databases. */
function onThisServer(): Readonly<Record<string, string>> {
  const services = inject('services');
  if (services.engine !== 'postgres') return {};
  const url = new URL(services.adminUrl);
  url.username = services.owner;
  return { TEST_DATABASE_URL: url.href, TEST_POSTGRES: '' };
}

/** What is written is killed at its points by test/process/package.test.ts, and here in a thorough run. */
const WITHOUT_KILLS: readonly string[] = isThorough ? [] : ['-t', '^(?!.*a killed server)'];

describe('a new product', () => {
  let followedRoot = '';
  /** The checkout of the refused names: each leaves it as it was. */
  let untouched = '';
  beforeAll(() => {
    followedRoot = followTutorial();
    untouched = checkoutSmall();
  });
  afterAll(endAll);

  test('compiles, keeps to the format and the lint, and its tests ask its metered call over HTTP', async () => {
    const root = followedRoot;
    const program = await run(
      process.execPath,
      [join(root, 'server/bin/plinth.js'), 'new', 'product', 'notes'],
      {
        cwd: root,
      },
    );
    expect(program.stdout).toContain('wrote products/notes/index.ts\n');
    // That of the tutorial goes with it: each step costs hardly more for two.
    const folders = ['products/notes', 'products/tales'];
    writeFileSync(
      join(root, 'tsconfig.notes.json'),
      JSON.stringify({
        extends: './tsconfig.json',
        include: [
          ...folders,
          'server/src/**/*.d.ts',
          'products/**/*.d.ts',
          'testkit/services/global-setup.ts',
        ],
        exclude: ['products/*/console'],
      }),
    );
    writeFileSync(
      join(root, 'tsconfig.pages.json'),
      JSON.stringify({
        extends: './console/tsconfig.json',
        include: ['products/notes/console', 'console/src'],
      }),
    );
    const bin = (name: string) => join(root, 'node_modules/.bin', name);
    const steps: readonly (readonly [string, readonly string[]])[] = [
      // By one checker: four of them look at the same types, each for itself.
      [process.execPath, [bin('tsc'), '-p', 'tsconfig.notes.json', '--checkers', '1']],
      [process.execPath, [bin('tsc'), '-p', 'tsconfig.pages.json', '--noEmit', '--checkers', '1']],
      [bin('biome'), ['format', ...folders, LIST]],
      [process.execPath, [bin('oxlint'), '--deny-warnings', ...folders]],
      [process.execPath, ['scripts/test.ts', ...folders, ...WITHOUT_KILLS]],
    ];
    await build(root);
    const env = { ...process.env, ...onThisServer(), VITEST: '' };
    for (const [command, args] of steps)
      await run(command, args, { cwd: root, env }).catch((error: unknown) => {
        // A compiler says what is wrong on its standard output, which the error does not tell.
        throw new Error(error instanceof Error && 'stdout' in error ? String(error.stdout) : 'no output', {
          cause: error,
        });
      });
    // A type check and a run of the suite's own: half a minute where nothing else runs.
  }, 600_000);

  test('of the tutorial takes under 100 lines, and one in the list', () => {
    expect(listed.replace(addedImport, '').replace(', tales]', ']')).toBe(textIn(ROOT, LIST));
    const files = [...written];
    expect(files).toHaveLength(6);
    const lines = files.reduce((sum, [, text]) => sum + text.trimEnd().split('\n').length, 0);
    expect(page).toContain(` ${lines} lines\n`);
    expect(lines).toBeLessThan(100);
  });

  test('of the tutorial is called, denied, bought and streamed as its page shows', async () => {
    const blocks = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text = '']) => text);
    const [, first = '', second = '', buy = '', stream = '', ...more] = blocks;
    expect(more).toEqual([]);
    const cwd = temporaryFolder();
    const server = startProgram(['start'], { cwd, environment: { PORT: '0' }, root: followedRoot });
    const url = await server.url();
    const settings = (/^JSON=.*$/m.exec(first) ?? [''])[0];
    const visitor = shellOf(url, { cwd, settings: '' });
    const [answer = '', bearer = ''] = (await visitor(`${first}\nprintf '\n%s' "$BEARER"`)).split('\n');
    const ada = shellOf(url, { cwd, settings: `${settings}\nBEARER="${bearer}"` });
    expect(JSON.parse(answer)).toEqual({ id: expect.any(String), text: expect.any(String) });
    expect(JSON.parse(await ada(second))).toMatchObject({
      error: {
        code: 'limit_exceeded',
        details: { limit: 'tales', used: 1, max: 1, upgrade: 'tales.family' },
      },
    });
    await ada(buy);
    // What was bought is there when the payment's event was read.
    await expect.poll(() => ada(stream)).toContain('event: done\n');
    await hangUp(`${url}/v1/tales`, bearer.replace('authorization: Bearer ', ''));
    const kept = stream.replace('-H "accept: text/event-stream" ', '').replace('three', KEY);
    await expect.poll(async () => JSON.parse(await ada(kept)) as object).toHaveProperty('text');
    const used = await ada(`curl -s 127.0.0.1:6174/v1/usage -H "$BEARER"`);
    expect(JSON.parse(used)).toMatchObject({
      data: expect.arrayContaining([expect.objectContaining({ product: 'tales', limit: 'tales', used: 3 })]),
    });
  }, 600_000);

  /** The last one in the checkout: its line is gone after it. */
  test('stands in the lists of calls and among those of the client, and is gone from them without its line', async () => {
    const root = followedRoot;
    const copyBack = (path: string) => cpSync(join(ROOT, path), join(root, path));
    await generate(root);
    for (const path of CALLED) expect(textIn(root, path), path).toContain('/v1/tales');
    for (const path of [LIST, SCHEMA]) copyBack(path);
    await generate(root);
    for (const path of CALLED) expect(textIn(root, path), path).not.toContain('/v1/tales');
    const kept = ['ARCHITECTURE.md', '.env.example', ...KEPT.map((name) => `${GENERATED}/${name}`)];
    for (const path of kept) expect(textIn(root, path) === textIn(ROOT, path), path).toBe(true);
  }, 600_000);

  test.each([
    ['Notes', 'name_invalid'],
    ['a', 'name_invalid'],
    ['../notes', 'name_invalid'],
    ['my-notes', 'name_invalid'],
    ['class', 'name_reserved'],
    ['order', 'name_reserved'],
    ['kernel', 'name_reserved'],
    ['drafts', 'name_reserved'],
    ['caller', 'name_reserved'],
    ['sample', 'name_reserved'],
    ['reel', 'name_taken'],
  ])('of the name %s is refused (%s), and nothing is written', (name, code) => {
    const root = untouched;
    const before = listAllFiles(root);
    let refusal: unknown;
    try {
      newProduct(checkoutPlace(root), name);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(NewProductRefused);
    expect(refusal).toMatchObject({ code });
    expect(listAllFiles(root)).toEqual(before);
  });

  test('is not written over a page that is there, nor into a list that it does not know', () => {
    const root = checkoutSmall();
    writeFileSync(join(root, 'docs/notes.md'), 'mine');
    expect(() => newProduct(checkoutPlace(root), 'notes')).toThrow('docs/notes.md is there already');
    expect(readFileSync(join(root, 'docs/notes.md'), 'utf8')).toBe('mine');
    writeFileSync(join(root, LIST), 'export const products = [];\n');
    expect(() => newProduct(checkoutPlace(root), 'letters')).toThrow('add the product by hand');
    expect(existsSync(join(root, 'products/letters'))).toBe(false);
  });
});
