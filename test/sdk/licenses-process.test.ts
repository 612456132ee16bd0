import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '@plinth/testkit/services';
import { ROOT } from '@plinth/testkit/house/source';
import { programsOnPath } from '@plinth/testkit/services/programs';
import { licenseStandIn } from './license-server.ts';
import { install, olderNode } from './stranger.ts';

const folder = temporaryFolder();
const EXAMPLE = join(ROOT, 'docs/examples/licensed-cli');
/** Milliseconds that have passed at the server beside those that really did. */
let ahead = 0;
const server = licenseStandIn({
  get now() {
    return Date.now() + ahead;
  },
});
/** What a heartbeat waits for on its way. */
let onTheWay: (() => Promise<unknown>) | undefined;
const listening = createServer((request, response) => {
  text(request)
    .then(async (body) => {
      if (request.url?.endsWith('/heartbeat') === true) await onTheWay?.();
      return server.fetch(`http://stand-in${request.url}`, {
        method: request.method ?? 'GET',
        ...(body === '' ? {} : { body }),
      });
    })
    .then(async (answer) =>
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text()),
    )
    .catch(() => response.destroy());
}).listen(0, '127.0.0.1');
afterAll(() => {
  listening.closeAllConnections();
  listening.close();
});

/** What a program does with its licence, once it has a seat. */
const PROGRAMS = {
  nothing: '',
  exits: 'process.exit(3);',
  throws: 'setTimeout(() => { throw new Error("no"); }, 1);',
  waits: 'process.stdin.resume();',
  beats: 'license.onState((state) => console.log(JSON.stringify(state)));',
  'listens for SIGINT': `process.on('SIGINT', () => console.log('heard')); process.stdin.resume();
    process.stdin.on('end', () => process.exit(0));`,
};

/** A machine on which five minutes pass when it is told so. */
const CLOCKS = `
  let [ahead, wake] = [0, () => {}];
  process.stdin.on('data', () => { ahead += 335_000; wake(); });
  const time = {
    now: () => Date.now() + ahead, monotonic: () => performance.now() + ahead, uptime: () => ahead, random: Math.random,
    wait: (milliseconds) => new Promise((resolve) => {
      if (milliseconds < 1_000) setTimeout(resolve, milliseconds);
      else wake = resolve;
    }),
  };`;

beforeEach(() => {
  onTheWay = undefined;
  ahead = 0;
  server.free();
});

beforeAll(async () => {
  await install(folder);
  for (const name of ['cli', 'main']) {
    const source = stripTypeScriptTypes(readFileSync(join(EXAMPLE, `${name}.ts`), 'utf8'));
    writeFileSync(join(folder, `${name}.js`), source.replaceAll('.ts', '.js'));
  }
  for (const [name, does] of Object.entries(PROGRAMS))
    writeFileSync(
      join(folder, `${name}.js`),
      `import { createLicenseClient } from '@plinth/sdk/licenses';
      const { PLINTH_URL: baseUrl, LICENSE_KEY: licenseKey } = process.env;
      ${name === 'beats' ? CLOCKS : 'const time = undefined;'}
      const license = createLicenseClient({
        baseUrl, licenseKey, hardwareId: 'hw_' + process.argv[1], releaseWithin: 60_000, time });
      await license.acquire();
      ${does}
      console.log(license.state.status);`,
    );
});

interface StartedProgram {
  readonly child: ChildProcess;
  /** All that it has said so far; waits until that has these words in it. */
  said(words: string): Promise<void>;
  ended(): Promise<{ readonly code: unknown; readonly signal: unknown }>;
}

function start(program: string, file: string): StartedProgram {
  const address = listening.address();
  const child = spawn(program, [join(folder, `${file}.js`)], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {
      ...process.env,
      HOME: folder,
      XDG_STATE_HOME: join(folder, 'state'),
      XDG_CONFIG_HOME: join(folder, 'config'),
      LICENSE_KEY: 'CODITECT-0000-0000-0000-0000-0000',
      PLINTH_URL: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    },
  });
  let heard = '';
  child.stdout.on('data', (bytes: Buffer) => {
    heard += bytes.toString();
  });
  const over = once(child, 'close');
  return {
    child,
    async said(words) {
      await expect.poll(() => heard).toContain(words);
    },
    async ended() {
      const [code, signal] = await over;
      return { code, signal };
    },
  };
}

const BUILT = process.execPath;

describe('a program gives its seat back', () => {
  it.each([
    { file: 'nothing', end: { code: 0, signal: null } },
    { file: 'exits', end: { code: 3, signal: null } },
    { file: 'throws', end: { code: 1, signal: null } },
  ] as const)('when it ends by itself ($file): its licence does not keep it alive', async ({ file, end }) => {
    expect(await start(BUILT, file).ended()).toEqual(end);
    expect(server.calls.at(-1)).toBe('POST /v1/licenses/release');
    expect(server.holders()).toEqual([]);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('when %s ends it', async (signal) => {
    const { child, said, ended } = start(BUILT, 'waits');
    await said('online');
    expect(server.holders()).toHaveLength(1);
    child.kill(signal);
    expect(await ended()).toEqual({ code: null, signal });
    expect(server.holders()).toEqual([]);
  });

  it('when a signal ends it in the middle of a heartbeat, which comes too late', async () => {
    const { child, said, ended } = start(BUILT, 'beats');
    await said('online');
    const [sent, arrives] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    onTheWay = () => {
      sent.resolve(undefined);
      return arrives.promise;
    };
    child.stdin?.write('five minutes\n');
    await sent.promise;
    expect(server.holders()).toHaveLength(1);
    child.kill('SIGTERM');
    expect(await ended()).toEqual({ code: null, signal: 'SIGTERM' });
    expect(server.holders()).toEqual([]);
    arrives.resolve(undefined);
    await expect.poll(() => server.calls.at(-1)).toBe('POST /v1/licenses/heartbeat');
    expect(server.holders()).toEqual([]);
  });

  it('with what an earlier run was handed out that was killed', async () => {
    const first = start(BUILT, 'beats');
    await first.said('online');
    ahead = 335_000;
    first.child.stdin?.write('five minutes\n');
    await first.said('"offlineMinutes":30');
    first.child.kill('SIGKILL');
    await first.ended();
    const second = start(BUILT, 'beats');
    await second.said('online');
    expect(server.holders()).toHaveLength(1);
    second.child.kill('SIGTERM');
    expect(await second.ended()).toEqual({ code: null, signal: 'SIGTERM' });
    expect(server.calls.slice(-2)).toEqual(['POST /v1/licenses/release', 'POST /v1/licenses/release']);
    expect(server.holders()).toEqual([]);
  });

  it('not at a signal that the program itself listens for', async () => {
    const { child, said, ended } = start(BUILT, 'listens for SIGINT');
    await said('online');
    child.kill('SIGINT');
    await said('heard');
    expect(server.holders()).toHaveLength(1);
    child.stdin?.end();
    expect(await ended()).toEqual({ code: 0, signal: null });
    expect(server.holders()).toEqual([]);
  });

  it('though nobody answers any more: its end is not held up for ever', async () => {
    const { child, said, ended } = start(BUILT, 'waits');
    await said('online');
    server.away = true;
    child.kill('SIGTERM');
    expect(await ended()).toEqual({ code: null, signal: 'SIGTERM' });
    server.away = false;
  });
});

const countCalls = (call: string) => server.calls.filter((one) => one === `POST /v1/licenses/${call}`).length;

function fiveMinutes(...programs: readonly StartedProgram[]): void {
  ahead = 335_000;
  for (const { child } of programs) child.stdin?.write('five minutes\n');
}

async function stopProgram({ child, ended }: StartedProgram, signal: NodeJS.Signals): Promise<void> {
  child.kill(signal);
  await ended();
}

/** Several terminals with one program, each with what it was handed out. */
async function terminals(count: number) {
  server.calls.splice(0);
  const all = Array.from({ length: count }, () => start(BUILT, 'beats'));
  for (const one of all) await one.said('online');
  expect(countCalls('acquire')).toBe(1);
  return all;
}

describe('programs of one machine', () => {
  it('share one seat and one session, which one of them renews and the last one gives back', async () => {
    const all = await terminals(3);
    fiveMinutes(...all);
    for (const one of all) await one.said('"offlineMinutes":30');
    expect([countCalls('acquire'), countCalls('heartbeat')]).toEqual([1, 1]);
    const [first, second, third] = all;
    if (!first || !second || !third) throw new Error('three were started');
    await stopProgram(first, 'SIGTERM');
    await stopProgram(second, 'SIGINT');
    expect([countCalls('release'), server.holders().length]).toEqual([0, 1]);
    await stopProgram(third, 'SIGTERM');
    expect([countCalls('release'), server.holders().length]).toEqual([1, 0]);
  });

  it('that end at the same moment give their seat back', async () => {
    const all = await terminals(3);
    await Promise.all(all.map(async (one) => stopProgram(one, 'SIGINT')));
    expect(server.holders()).toEqual([]);
  });

  it('go on with the session of one that is killed while it asks the server', async () => {
    const [first, second] = await terminals(2);
    if (!first || !second) throw new Error('two were started');
    const [sent, arrives] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    onTheWay = () => {
      sent.resolve(undefined);
      return arrives.promise;
    };
    fiveMinutes(first);
    await sent.promise;
    onTheWay = undefined;
    await stopProgram(first, 'SIGKILL');
    arrives.resolve(undefined);
    fiveMinutes(second);
    await second.said('"offlineMinutes":30');
    expect([countCalls('acquire'), server.holders().length]).toEqual([1, 1]);
    await stopProgram(second, 'SIGTERM');
    expect(server.holders()).toEqual([]);
  });

  it('go on while one of them stands still, and that one with them when it is continued', async () => {
    const [first, second] = await terminals(2);
    if (!first || !second) throw new Error('two were started');
    first.child.kill('SIGSTOP');
    fiveMinutes(second);
    await second.said('"offlineMinutes":30');
    first.child.kill('SIGCONT');
    fiveMinutes(first);
    await first.said('"offlineMinutes":30');
    expect([countCalls('acquire'), countCalls('heartbeat')]).toEqual([1, 1]);
    for (const one of [first, second]) await stopProgram(one, 'SIGTERM');
    expect(server.holders()).toEqual([]);
  });
});

describe('the example works under a licence, shows it, and gives its seat back at the end of its input and at a signal, in', () => {
  it.for([
    { runtime: 'Node', program: BUILT, missing: '' },
    { runtime: 'an older Node', program: olderNode(), missing: 'there is no Node 20 to 23 on PATH' },
    {
      runtime: 'Bun',
      program: programsOnPath('bun')[0],
      missing: 'there is no bun on PATH (.ci/run says how to have it from npm)',
    },
  ])('$runtime', async ({ program, missing }, { skip }) => {
    if (program === undefined) return skip(missing);
    const { child, said, ended } = start(program, 'main');
    await said('licence: online, 1 of 3 seats used, 0 minutes without a network\n');
    child.stdin?.write('hello\nstate\n');
    await said('HELLO\nlicence: online');
    child.stdin?.end();
    expect(await ended()).toEqual({ code: 0, signal: null });
    await said('licence: idle');
    const exits = start(program, 'exits');
    expect(await exits.ended()).toEqual({ code: 3, signal: null });
    expect(server.holders()).toEqual([]);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      const waits = start(program, 'waits');
      await waits.said('online');
      expect(server.holders()).toHaveLength(1);
      waits.child.kill(signal);
      expect(await waits.ended()).toEqual({ code: null, signal });
      expect(server.holders()).toEqual([]);
    }
  });
});

it('a program leaves its state where programs of the system keep theirs', () => {
  expect(readdirSync(join(folder, 'state/plinth/licenses')).length).toBeGreaterThan(0);
  expect(readdirSync(join(folder, 'config/plinth/licenses')).length).toBeGreaterThan(0);
});
