import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

// What strangers get: the tarball that `npm pack` makes, in a folder that has nothing of this repository, called from plain JavaScript.

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'sandboxes-'));
const INSTALLED = join(folder, 'stranger/node_modules/@plinth/sandboxes');
/** The packages of the vendors, which talk to the sandboxes; none of them brings another. */
const VENDORS = ['openai', 'stripe'];

let tarball: string;

beforeAll(async () => {
  tarball = await packWorkspace();
  mkdirSync(INSTALLED, { recursive: true });
  await run('tar', ['-xzf', tarball, '-C', INSTALLED, '--strip-components=1']);
  // As npm would put them: what the manifest names, and nothing that it forgot.
  for (const name of [...Object.keys(manifest().dependencies), ...VENDORS])
    cpSync(join(ROOT, 'node_modules', name), join(folder, 'stranger/node_modules', name), {
      recursive: true,
    });
  writeFileSync(join(folder, 'stranger/package.json'), '{ "type": "module" }');
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

/** A copy of the workspace is packed, as packing builds: the tree is left as it is. */
async function packWorkspace(): Promise<string> {
  const copy = join(folder, 'tree');
  for (const path of ['package.json', 'README.md', 'LICENSE', 'tsconfig.json', 'src'])
    cpSync(join(ROOT, 'sandboxes', path), join(copy, 'sandboxes', path), { recursive: true });
  cpSync(join(ROOT, 'tsconfig.json'), join(copy, 'tsconfig.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  await run('npm', ['pack', '--pack-destination', folder], {
    cwd: join(copy, 'sandboxes'),
    shell: process.platform === 'win32',
  });
  const { name, version } = manifest();
  return join(folder, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
}

function manifest() {
  return JSON.parse(readFileSync(join(ROOT, 'sandboxes/package.json'), 'utf8')) as {
    readonly name: string;
    readonly version: string;
    readonly dependencies: Record<string, string>;
    readonly exports: Record<string, unknown>;
  };
}

/** What a stranger's program prints. */
async function runProgram(program: string, node = process.execPath): Promise<string> {
  const file = join(folder, 'stranger/program.js');
  writeFileSync(file, program);
  const { stdout } = await run(node, [file]);
  return stdout;
}

const examples = [
  ...readFileSync(join(ROOT, 'sandboxes/README.md'), 'utf8').matchAll(/^```js\n(.*?)^```/gms),
].map(([, code = '']) => code);

/** Our own Node, and an older one that is promised as well, where the machine has it. */
async function nodes(): Promise<string[]> {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  for (const part of (process.env['PATH'] ?? '').split(delimiter)) {
    const program = join(part, name);
    const version = await run(program, ['--version']).catch(() => undefined);
    if (version !== undefined && /^v2[0-3]\./.test(version.stdout)) return [process.execPath, program];
  }
  return [process.execPath];
}

describe('the packed sandboxes, beside nothing of ours', () => {
  test('answer the openai package: the example of the README runs', async () => {
    for (const node of await nodes()) expect(await runProgram(examples[0] ?? '', node)).toBe('true\n2\n');
  });

  test('answer the stripe package: the example of the README runs', async () => {
    for (const node of await nodes()) expect(await runProgram(examples[1] ?? '', node)).toBe('2\n');
  });

  test('are all there, with their types', async () => {
    // `./src/*` leads to sources, which a checkout alone has.
    const names = Object.keys(manifest().exports)
      .filter((path) => !path.startsWith('./src/'))
      .map((path) => path.replace('./', ''));
    expect(names).toHaveLength(12);
    const loading = names.map((name) => `await import('@plinth/sandboxes/${name}')`).join(', ');
    expect(await runProgram(`console.log([${loading}].every((face) => Object.keys(face).length > 0));`)).toBe(
      'true\n',
    );
    writeFileSync(join(folder, 'stranger/typed.ts'), TYPED(names));
    writeFileSync(join(folder, 'stranger/tsconfig.json'), JSON.stringify(STRICT));
    for (const types of ['@types/node', 'undici-types'])
      cpSync(join(ROOT, 'node_modules', types), join(folder, 'stranger/node_modules', types), {
        recursive: true,
      });
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
    await expect(run(process.execPath, [compiler, '-p', join(folder, 'stranger')])).resolves.toBeDefined();
  });

  test('are started from a terminal, and stopped', async () => {
    const child = spawn(process.execPath, [join(INSTALLED, 'dist/main.js'), 'openai'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [said] = await once(child.stdout, 'data');
    const [, url = ''] = /^OPENAI_BASE_URL=(.*)$/m.exec(String(said)) ?? [];
    const { status } = await fetch(`${url}/models`, { headers: { authorization: 'Bearer any' } });
    expect(status).toBe(200);
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
  });

  test('have no tests, and none of their fixtures', async () => {
    const { stdout } = await run('tar', ['-tzf', tarball]);
    expect(stdout).toContain('package/README.md');
    expect(stdout).toContain('package/dist/openai/index.d.ts');
    expect(stdout).not.toMatch(/\.test\.|\/testing\/|package\/src\//);
  });
});

/** Who is as strict as can be, and looks into the declarations. */
const STRICT = {
  compilerOptions: {
    target: 'es2022',
    module: 'nodenext',
    lib: ['es2023'],
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    noEmit: true,
  },
  files: ['typed.ts'],
};

const idOf = (name: string) => name.replaceAll('-', '_');

const TYPED = (names: readonly string[]) =>
  names
    .map(
      (name) =>
        `import * as ${idOf(name)} from '@plinth/sandboxes/${name}';\nexport type A_${idOf(name)} = typeof ${idOf(name)};`,
    )
    .join('\n');
