import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, test } from 'vitest';
import { ROOT } from '@plinth/testkit/house/source';

/** Makes the running Node say that it is an old one; the Node that it starts says the truth. */
const OLD = `data:text/javascript,Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })`;

const folder = mkdtempSync(join(tmpdir(), 'plinth test launcher '));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A project with the launcher and a program of a few lines, in a folder with spaces. */
function project(options: { name: string; main: string; withNode: boolean }): string {
  const root = join(folder, options.name);
  for (const path of ['server/bin', 'server/src/main/built.js'])
    cpSync(join(ROOT, path), join(root, path), { recursive: true });
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(root, 'server/src/main.ts'), options.main);
  if (!options.withNode) return root;
  const system = process.platform === 'win32' ? 'win' : process.platform;
  const packaged = join(root, 'node_modules', `node-${system}-${process.arch}`);
  mkdirSync(join(packaged, 'bin'), { recursive: true });
  writeFileSync(join(packaged, 'package.json'), '{}');
  symlinkSync(process.execPath, join(packaged, 'bin/node'));
  return root;
}

function launch(root: string, options: { old: boolean; args?: string[] }): ChildProcess {
  const before = options.old ? ['--import', OLD] : [];
  return spawn(process.execPath, [...before, join(root, 'server/bin/plinth.js'), ...(options.args ?? [])]);
}

async function waitForExit(child: ChildProcess) {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('the program has no output');
  const [out, err, [code, signal]] = await Promise.all([text(stdout), text(stderr), once(child, 'close')]);
  return { out, err, code: code as unknown, signal: signal as unknown };
}

/** The next lines that a program prints, as it prints them. */
async function waitForOutput(child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  let said = '';
  if (child.stdout === null) throw new Error('the program has no output');
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    said += String(chunk);
    const found = pattern.exec(said);
    if (found !== null) return found;
  }
  throw new Error(`the program ended after: ${said}`);
}

const ECHO = `
import { text } from 'node:stream/consumers';
const answer: string = JSON.stringify({ args: process.argv.slice(2), input: await text(process.stdin), parent: process.ppid });
console.log(answer);
process.exitCode = 7;`;

test('an old Node hands over to the one that npm installed: arguments, input, output and exit code are the same', async () => {
  const child = launch(project({ name: 'hands over', main: ECHO, withNode: true }), {
    old: true,
    args: ['start', 'a b'],
  });
  child.stdin?.end('some input');
  const { out, err, code } = await waitForExit(child);
  expect(JSON.parse(out)).toEqual({ args: ['start', 'a b'], input: 'some input', parent: child.pid });
  expect({ err, code }).toEqual({ err: '', code: 7 });
});

test('a new enough Node runs the program itself', async () => {
  const child = launch(project({ name: 'itself', main: ECHO, withNode: true }), { old: false });
  child.stdin?.end();
  const { out, code } = await waitForExit(child);
  expect(JSON.parse(out)).toMatchObject({ parent: process.pid });
  expect(code).toBe(7);
});

test('an old Node alone gets one clear line and no stack trace', async () => {
  const { out, err, code } = await waitForExit(
    launch(project({ name: 'alone', main: ECHO, withNode: false }), { old: true }),
  );
  expect(err).toMatch(/^Plinth needs Node 24 or newer, this is 20\.20\.2\. .*\n$/);
  expect({ out, code }).toEqual({ out: '', code: 1 });
});

test('without the packages one line says what to do', async () => {
  const root = project({ name: 'no packages', main: `import 'fastify';`, withNode: false });
  const { err, code } = await waitForExit(launch(root, { old: false }));
  expect(err).toBe('The package fastify is not installed. Run npm ci first.\n');
  expect(code).toBe(1);
});

async function saidBy(root: string): Promise<string> {
  const { out, err, code } = await waitForExit(launch(root, { old: false }));
  expect({ err, code }).toEqual({ err: '', code: 0 });
  return out;
}

describe('a program that was built', () => {
  const SAYS = `console.log('the sources');`;

  /** A project with a build of its `server/src/main.ts`, whose digest is taken as the page about it says. */
  function builtProject(name: string, main = SAYS): string {
    const root = project({ name, main, withNode: false });
    mkdirSync(join(root, 'dist'));
    writeBuilt(root, `console.log('the build');`);
    return root;
  }

  function writeBuilt(root: string, program: string): void {
    writeFileSync(join(root, 'dist/main-1.js'), program);
    const digest = createHash('sha256').update(`server/src/main.ts\0${SAYS.length}\0${SAYS}`).digest('hex');
    const files = { 'main-1.js': program.length };
    const manifest = { entry: 'main-1.js', files, digest, sources: ['server/src/main.ts'], times: [null] };
    writeFileSync(join(root, 'dist/built.json'), JSON.stringify(manifest));
  }

  test('is what runs', async () => {
    expect(await saidBy(builtProject('built'))).toBe('the build\n');
  });

  test('of other sources does not run: they do', async () => {
    const changed = builtProject('changed since', `console.log('the sourceS');`);
    expect(await saidBy(changed)).toBe('the sourceS\n');
  });

  test.each([
    ['lacks a file', (file: string) => rmSync(file)],
    ['has a torn one', (file: string) => writeFileSync(file, '')],
  ])('and %s does not run', async (how, harm) => {
    const root = builtProject(how);
    harm(join(root, 'dist/main-1.js'));
    expect(await saidBy(root)).toBe('the sources\n');
  });

  test.each([
    // Its only mapping: the beginning of what was built is that of the third line of its source.
    [
      '{"version":3,"sources":["../server/src/main.ts"],"names":[],"mappings":"AAEA"}',
      /\bsrc\/main\.ts:3:1\n/,
    ],
    ['{', /\bdist\/main-1\.js:1:13\n/],
  ])('tells where its errors are by the map %s', async (map, place) => {
    const root = builtProject(`with map of ${map.length}`);
    writeBuilt(root, `console.log(new TypeError('it broke').stack);`);
    writeFileSync(join(root, 'dist/main-1.js.map'), map);
    const told = await saidBy(root);
    expect(told).toMatch(/^TypeError: it broke\n {4}at file:/);
    expect(told).toMatch(place);
  });

  test.each([
    '',
    '{',
    '{"entry":"main-1.js"}',
    '{"entry":"main-1.js","files":{},"sources":["gone.ts"],"digest":""}',
  ])('and tells no more than %j of itself does not run', async (manifest) => {
    const root = builtProject(`manifest of ${manifest.length}`);
    writeFileSync(join(root, 'dist/built.json'), manifest);
    expect(await saidBy(root)).toBe('the sources\n');
  });
});

const SERVER = `
process.on('SIGTERM', () => { console.log('stopping'); process.exit(3); });
process.on('SIGINT', () => { console.log('interrupted'); process.exit(3); });
setInterval(() => {}, 1000);
console.log('pid ' + process.pid);`;

test('a SIGTERM reaches the program, and its end is the end of the launcher', async () => {
  const child = launch(project({ name: 'terminated', main: SERVER, withNode: true }), { old: true });
  await waitForOutput(child, /pid (\d+)\n/);
  child.kill('SIGTERM');
  const { out, code } = await waitForExit(child);
  expect({ out, code }).toEqual({ out: 'stopping\n', code: 3 });
});

test('a program that is killed outright ends the launcher by the same signal', async () => {
  const child = launch(project({ name: 'killed', main: SERVER, withNode: true }), { old: true });
  const [, pid] = await waitForOutput(child, /pid (\d+)\n/);
  process.kill(Number(pid), 'SIGKILL');
  expect(await waitForExit(child)).toMatchObject({ signal: 'SIGKILL' });
});

test('the program stops when its launcher is killed outright', async () => {
  const child = launch(project({ name: 'orphaned', main: SERVER, withNode: true }), { old: true });
  await waitForOutput(child, /pid (\d+)\n/);
  child.kill('SIGKILL');
  await waitForOutput(child, /stopping\n/);
});

/** A project with the real one's scripts, run by npm as a user runs them, under the Node of this test. */
function npmProject(): (words: readonly string[]) => ChildProcess {
  const root = project({ name: 'by npm', main: SERVER, withNode: false });
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
  writeFileSync(join(root, 'package.json'), JSON.stringify({ type: 'module', scripts }));
  mkdirSync(join(root, 'node_modules/.bin'), { recursive: true });
  symlinkSync(join(root, 'server/bin/plinth.js'), join(root, 'node_modules/.bin/plinth'));
  const PATH = [dirname(process.execPath), process.env['PATH']].join(delimiter);
  return (words) => spawn('npm', [...words], { cwd: root, env: { PATH, HOME: folder } });
}

const npm = npmProject();
/** Programs that npm has started, which nothing else would end when a test fails. */
const pids: number[] = [];
afterAll(() => {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended, as it should.
    }
  }
});

test.each([
  ['SIGTERM', ['start']],
  ['SIGINT', ['start']],
  ['SIGHUP', ['start']],
  ['SIGKILL', ['start']],
  ['SIGKILL', ['run', 'plinth', '--', 'serve']],
  // Here a shell that stays is between npm and the program.
  ['SIGTERM', ['exec', '--', 'plinth', 'serve']],
  ['SIGKILL', ['exec', '--', 'plinth', 'serve']],
] as const)('a %s for npm alone ends the program of npm %j', async (signal, words) => {
  const child = npm(words);
  const [, pid] = await waitForOutput(child, /pid (\d+)\n/);
  pids.push(Number(pid));
  child.kill(signal);
  // The program has npm's output too: it is closed once both are gone.
  expect((await waitForExit(child)).out).toContain(signal === 'SIGINT' ? 'interrupted' : 'stopping');
});
