import { execFile, execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '@plinth/testkit/house/source';
import { programsOnPath } from '@plinth/testkit/services/programs';

const run = promisify(execFile);
const COMPILER = join(ROOT, 'node_modules/typescript/bin/tsc');

/** How strict strangers may be: more than most of them are. */
const STRICT = {
  target: 'es2022',
  module: 'nodenext',
  lib: ['es2022', 'dom', 'dom.iterable', 'dom.asynciterable'],
  types: [],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
};

const PAGE = `<!doctype html><script type="importmap">
{ "imports": {
  "@plinth/sdk": "/node_modules/@plinth/sdk/dist/index.js",
  "@plinth/sdk/vault": "/node_modules/@plinth/sdk/dist/vault/index.js",
  "@noble/hashes/": "/node_modules/@noble/hashes/"
} }</script>`;

/**
 * Makes the project of a team that has installed the client: what `npm pack` would hand out of it, built, and the smoke
 * test compiled against its types.
 */
export async function makeStranger(folder: string): Promise<void> {
  await install(folder);
  copyFileSync(join(ROOT, 'test/sdk/smoke.ts'), join(folder, 'smoke.ts'));
  configure(folder, 'smoke.ts');
  writeFileSync(
    join(folder, 'run.js'),
    `import { smoke } from './smoke.js';\nconsole.log(JSON.stringify(await smoke(JSON.parse(process.argv[2]))));\n`,
  );
  writeFileSync(join(folder, 'index.html'), PAGE);
  await compile('-p', folder);
}

/** Builds the client into a project, as `npm install` of its package would put it there. */
export async function install(folder: string): Promise<void> {
  const installed = join(folder, 'node_modules/@plinth/sdk');
  mkdirSync(installed, { recursive: true });
  await compile('-p', join(ROOT, 'sdk'), '--outDir', join(installed, 'dist'));
  await compile('-p', join(ROOT, 'sdk/src/licenses'), '--outDir', join(installed, 'dist'));
  copyFileSync(join(ROOT, 'sdk/package.json'), join(installed, 'package.json'));
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'sdk/package.json'), 'utf8')) as {
    dependencies: object;
  };
  for (const name of Object.keys(dependencies)) {
    const to = join(folder, 'node_modules', name);
    cpSync(join(ROOT, 'node_modules', name), to, { recursive: true });
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
}

const PAGES = ['docs/sdk.md', 'docs/backend.md', 'docs/license-client.md', 'docs/vault.md', 'docs/memory.md'];

/** Compiles the examples of the client's pages, those of a page one after the other as they stand there, in a stranger's project. */
export async function compileExamples(folder: string): Promise<void> {
  const files = PAGES.map((page, number) => {
    const text = readFileSync(join(ROOT, page), 'utf8');
    const examples = [...text.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = '']) => code);
    if (examples.length === 0) throw new Error(`${page} has no examples`);
    const file = `examples-${number}.ts`;
    writeFileSync(join(folder, file), examples.join('\n'));
    return file;
  });
  configure(folder, ...files);
  await compile('-p', folder);
}

function configure(folder: string, ...files: readonly string[]): void {
  const config = { compilerOptions: STRICT, files };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
}

async function compile(...words: readonly string[]): Promise<void> {
  await run(process.execPath, [COMPILER, ...words]).catch((error: { readonly stdout?: string }) => {
    throw new Error(`tsc ${words.join(' ')}: ${error.stdout}`, { cause: error });
  });
}

/** The oldest Node that the client promises to work in, if it is on PATH: any before our own. */
export function olderNode(): string | undefined {
  return programsOnPath('node').find((program) =>
    /^v2[0-3]\./.test(execFileSync(program, ['--version'], { encoding: 'utf8' })),
  );
}

/** Runs the smoke test as a program does, and answers its report. */
export async function runIn(program: string, folder: string, given: object): Promise<unknown> {
  const { stdout } = await run(program, [join(folder, 'run.js'), JSON.stringify(given)]);
  return JSON.parse(stdout);
}

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };

/** Serves a stranger's project to a browser, on a free port. */
export async function serveStranger(
  folder: string,
): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer((request, response) => {
    const path = request.url === '/' ? '/index.html' : (request.url ?? '/');
    try {
      const text = readFileSync(join(folder, path));
      response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'text/plain' }).end(text);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, server };
}
