import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { lockDataFolder, openDatabase, statement } from '#platform/db';
import { createQStashSandbox } from '#sandbox/qstash';
import { engine, QUICK, testDatabase } from '@plinth/testkit/services';

const ROOT = join(import.meta.dirname, '../..');
const running = new Set<ChildProcess>();

/** On PostgreSQL the program is given a database of this file's own; else it embeds one in a folder of its own. */
const { url } = engine === 'postgres' ? await testDatabase({ empty: true }) : { url: '' };
/** Guarantees that are the same on every database: each program opens the embedded one anew, which takes its time. */
const onServer = test.runIf(engine === 'postgres');

const folder = mkdtempSync(join(tmpdir(), 'plinth main '));
afterAll(() => {
  running.forEach((child) => child.kill('SIGKILL'));
  rmSync(folder, { recursive: true, force: true });
});

interface Program {
  readonly child: ChildProcess;
  /** All that it has said so far, on both of its outputs. */
  said(): string;
  /** Waits for words; fails when the program ends first. */
  says(words: RegExp): Promise<RegExpMatchArray>;
  ended(): Promise<number | null>;
}

function plinth(words: readonly string[], environment: Record<string, string> = {}): Program {
  const { PATH = '', HOME = '' } = process.env;
  const env = { PATH, HOME, PORT: '0', DATABASE_URL: url, ...environment };
  const child = spawn(process.execPath, [...QUICK, join(ROOT, 'server/bin/plinth.js'), ...words], {
    cwd: folder,
    env,
    stdio: 'pipe',
  });
  running.add(child);
  return programOf(child);
}

function programOf(child: ChildProcessWithoutNullStreams): Program {
  const end = once(child, 'close').then(() => {
    running.delete(child);
    return child.exitCode;
  });
  let text = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => {
      text += data.toString();
      listeners.forEach((listener) => listener());
    });
  }
  return {
    child,
    said: () => text,
    ended: () => end,
    says: (expected) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = expected.exec(text);
          if (match !== null) resolve(match);
        };
        listeners.add(look);
        look();
        void end.then(() => reject(new Error(`it ended without saying ${expected}: ${text}`)));
      }),
  };
}

const address = async (program: Program) => (await program.says(/at (http:\/\/127\.0\.0\.1:\d+)/))[1] ?? '';

test('start says what it stands on, where it is, and what to paste; then it serves until it is told to stop', async () => {
  const program = plinth(['start']);
  const at = await address(program);
  await program.says(/variants":3}'/);
  expect(program.said()).toMatch(
    /Plinth \d+\.\d+\.\d+ · (embedded database|PostgreSQL), sandbox AI, sandbox stores · data in \.\/data/,
  );
  expect(program.said()).toMatch(/ready in \d+\.\d s at http/);
  expect(program.said()).toContain("require('./data/owner.json').api_key");
  expect(program.said()).toContain(`curl -s ${at.replace('http://', '')}/v1/create`);

  const ready = await fetch(`${at}/readyz`);
  expect(await ready.json()).toMatchObject({ status: 'ready' });
  expect((await fetch(`${at}/metrics`)).status, 'a proxy on this machine would pass it on').toBe(404);
  expect((await fetch(`${at}/v1/plans`)).status).toBe(200);

  if (engine === 'pglite') {
    const second = plinth(['start']);
    expect(await second.ended()).toBe(1);
    expect(second.said()).toMatch(/The data folder .* is in use by another Plinth \(process \d+\)\./);
    expect(second.said()).not.toContain('    at ');
    const doctor = plinth(['doctor']);
    expect(await doctor.ended()).toBe(0);
    expect(doctor.said()).toContain('in use by a Plinth that runs now');
  }
  program.child.kill('SIGTERM');
  expect(await program.ended()).toBe(0);
});

test('a port that is in use is named, without a stack', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const taken = other.address();
  const port = String(typeof taken === 'object' ? taken?.port : '');
  const program = plinth(['start'], { PORT: port });
  expect(await program.ended()).toBe(1);
  expect(program.said()).toContain(`Port ${port} on 127.0.0.1 is in use.`);
  expect(program.said()).not.toContain('    at ');
  other.close();
});

test.runIf(engine === 'pglite')(
  'without PORT the next free one is taken, and said; a signal for npm leaves port and folder free',
  async () => {
    const other = createServer().listen(6_174, '127.0.0.1');
    // Another program may have it already: it is in use in any case.
    await Promise.race([once(other, 'listening'), once(other, 'error')]);
    const { PATH = '', HOME = '' } = process.env;
    const npm = spawn('npm', ['start'], {
      cwd: ROOT,
      env: { PATH, HOME, DATA_DIR: join(folder, 'by npm') },
      stdio: 'pipe',
    });
    running.add(npm);
    const program = programOf(npm);
    const at = await address(program);
    const [, taken = ''] = await program.says(/Port 6174 is in use: this server takes (\d+)\. Set PORT/);
    expect(at).toBe(`http://127.0.0.1:${taken}`);
    expect((await fetch(`${at}/healthz`)).status).toBe(200);
    npm.kill('SIGTERM');
    await program.ended();
    const next = createServer().listen(Number(taken), '127.0.0.1');
    await once(next, 'listening');
    next.close();
    other.close();
    lockDataFolder(join(folder, 'by npm'))();
  },
);

test('a second signal ends a stop that takes its time', async () => {
  const program = plinth(['start'], { SHUTDOWN_GRACE_SECONDS: '600', SANDBOX_LATENCY_MS: '600000' });
  const at = await address(program);
  // A request that never arrives whole keeps its connection, and so the stop, waiting.
  const hanging = fetch(`${at}/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from('{')) }),
    duplex: 'half',
  }).catch(() => {});
  await expect.poll(async () => (await fetch(`${at}/readyz`)).status).toBe(200);
  program.child.kill('SIGTERM');
  await expect
    .poll(() =>
      fetch(`${at}/healthz`)
        .then(() => 'open')
        .catch(() => 'closed'),
    )
    .toBe('closed');
  program.child.kill('SIGTERM');
  expect(await program.ended()).toBe(1);
  await hanging;
});

onServer('settings that are wrong stop the start, with a line for each and no value', async () => {
  const program = plinth(['start'], {
    PORT: 'marker',
    DATABASE_URL: 'postgres//marker',
    OPENAI_BASE_URL: 'marker',
  });
  expect(await program.ended()).toBe(1);
  expect(program.said().trim().split('\n')).toHaveLength(4);
  expect(program.said()).not.toContain('marker');
});

onServer(
  'a live sign without NODE_ENV=production stops the start, with a line that says what to set',
  async () => {
    const program = plinth(['start'], { HOST: '0.0.0.0', STRIPE_SECRET_KEY: 'sk_live_marker' });
    expect(await program.ended()).toBe(1);
    expect(program.said().trim().split('\n').slice(1)).toEqual([
      expect.stringMatching(/^ {2}STRIPE_SECRET_KEY is a live one: set NODE_ENV=production, or /),
      expect.stringMatching(/^ {2}HOST is reached from elsewhere, .*: set NODE_ENV=production, or /),
    ]);
  },
);

onServer('config shows what is in effect, and hides secrets', async () => {
  const program = plinth(['config'], { OPENAI_API_KEY: 'sk-marker', SANDBOX_LATENCY_MS: '7' });
  expect(await program.ended()).toBe(0);
  expect(program.said()).toMatch(/SANDBOX_LATENCY_MS +7/);
  expect(program.said()).toMatch(/OPENAI_API_KEY +\(set, hidden\)/);
  expect(program.said()).not.toContain('marker');
});

test('migrate goes down and up again, and doctor says how things stand', async () => {
  expect(await plinth(['migrate', 'up']).ended()).toBe(0);
  const down = plinth(['migrate', 'down']);
  expect(await down.ended()).toBe(0);
  expect(down.said()).toMatch(/^(undone {2}[\w/]+\/functions\n)+undone {2}\w+\/\d{4}_\w+\n$/);
  const ill = plinth(['doctor']);
  expect(await ill.ended()).toBe(1);
  expect(ill.said()).toMatch(/FAIL {2}database +\d+ migrations are not applied \(\w+\/\d{4}_/);
  const up = plinth(['migrate', 'up']);
  expect(await up.ended()).toBe(0);
  expect(up.said()).toMatch(/^applied {2}\w+\/\d{4}_\w+\n(applied {2}[\w/]+\/functions\n)+$/);
  const well = plinth(['doctor']);
  expect(await well.ended()).toBe(0);
  expect(well.said()).toMatch(/ok {4}database/);
});

onServer('budget sets, closes, opens and lists what model calls may cost the operator', async () => {
  expect(await plinth(['migrate', 'up']).ended()).toBe(0);
  const says = async (...words: string[]) => {
    const program = plinth(['budget', ...words]);
    return [await program.ended(), program.said()];
  };
  expect(await says('list')).toEqual([0, 'There are no budgets.\n']);
  expect(await says('set', '12.50', 'product=reel')).toEqual([
    0,
    'product=reel: $0.00 of $12.50 a day, open\n',
  ]);
  expect(await says('close', 'product=reel')).toEqual([
    0,
    'product=reel: $0.00 of $12.50 a day, closed by hand\n',
  ]);
  expect(await says('close')).toEqual([
    0,
    'everything: $0.00 of no cap, closed by hand\nproduct=reel: $0.00 of $12.50 a day, closed by hand\n',
  ]);
  expect(await says('open', 'product=reel')).toMatchObject([0, expect.stringMatching(/12\.50 a day, open/)]);
  const usage = [2, expect.stringContaining('Usage: plinth budget')];
  const wrong = [['set', 'much'], ['close', 'who=reel'], ['shut']];
  expect(await Promise.all(wrong.map((words) => says(...words)))).toMatchObject(wrong.map(() => usage));
});

test('usage verify ends with 1 and names the cells where the sums of reports differ from the rows, until they are repaired', async () => {
  expect(await plinth(['migrate', 'up']).ended()).toBe(0);
  const says = async (...words: string[]) => {
    const program = plinth(['usage', ...words]);
    return [await program.ended(), program.said()];
  };
  expect(await says('verify', 'from=today')).toMatchObject([
    2,
    expect.stringContaining('Usage: plinth usage verify'),
  ]);
  const bill = (name: string) => says('verify', 'provider=openai', `bill=${name}`);
  expect(await bill('no.csv')).toEqual([2, 'There is no file no.csv.\n']);
  writeFileSync(join(folder, 'bill.csv'), 'day,model,calls\n2026-11-20,gpt-4o,3\n');
  const lacks = '2026-11-20 gpt-4o: bill 3 calls, ? + ? tokens; ledger 0 calls, 0 + 0 tokens';
  expect(await bill('bill.csv')).toEqual([1, expect.stringContaining(lacks)]);
  if (engine === 'postgres') {
    const account = '01960a1e-7c00-7000-8000-000000000002';
    await addCell(account);
    const line = `2026-11-20T10:15:00.000Z account ${account} user ${account} reel.pro generation sandbox/small: calls -2, posted -70, charged -70`;
    const said = `1 cells differ; what the rows say more:\n${line}\n`;
    expect(await says('verify')).toEqual([1, said]);
    const repaired = `${said}1 cells were made to say what the rows say.\n`;
    expect(await says('verify', 'from=2026-11-20', '--repair')).toEqual([0, repaired]);
  }
  expect(await says('verify')).toEqual([0, 'The sums equal the rows.\n']);
});

/** A sum that no row stands behind. */
async function addCell(account: string): Promise<void> {
  const db = await openDatabase({ engine: 'postgres', url });
  await db.asMigrator(
    statement(
      `insert into reports.usage_cells values
         ($1, '2026-11-20 10:15Z', $1, 'reel.pro', 'reel', 'generation', null, 'sandbox', 'small', false, 2, 0, 0, 0, 0, 0, 70, 0, 0, 70)`,
      [account],
    ),
  );
  await db.close();
}

test.runIf(engine === 'postgres')('serve refuses a database that is not up to date', async () => {
  const { url: empty } = await testDatabase({ empty: true });
  const program = plinth(['serve'], { DATABASE_URL: empty });
  expect(await program.ended()).toBe(1);
  expect(program.said()).toMatch(/The database lacks \d+ migrations\. Run "plinth migrate up" first\./);
});

test.runIf(engine === 'pglite')(
  'an embedded database that can not be written ends a start in a sentence',
  async () => {
    // A disk of a test can't be counted on to be full: a limit on the size of files fails in the same places.
    const { PATH = '', HOME = '' } = process.env;
    const env = { PATH, HOME, PORT: '0', DATA_DIR: join(folder, 'limited') };
    const command = `ulimit -f 500 && exec "${process.execPath}" "${join(ROOT, 'server/bin/plinth.js')}" start`;
    const program = programOf(spawn('sh', ['-c', command], { cwd: folder, env, stdio: 'pipe' }));
    expect(await program.ended()).toBe(1);
    expect(program.said()).toMatch(/The embedded database in .+limited.+ can not be opened or written/);
    expect(program.said()).not.toMatch(/ {4}at |\[object/);
  },
);

test.runIf(engine === 'pglite')('a data folder that can not be made ends a start in a sentence', async () => {
  const program = plinth(['start'], { DATA_DIR: import.meta.filename });
  expect(await program.ended()).toBe(1);
  expect(program.said()).toMatch(/The data folder .+ can not be made or written \(ENOTDIR\)\. Set DATA_DIR/);
  expect(program.said()).not.toContain('    at ');
});

test('an upstream without the models that products ask for ends a start in a sentence', async () => {
  const upstream = { name: 'local', base_url: 'http://127.0.0.1:1/v1' };
  const program = plinth(['start'], { AI_UPSTREAMS: JSON.stringify([upstream]) });
  expect(await program.ended()).toBe(1);
  expect(program.said()).toMatch(/AI_UPSTREAMS: the policy \S+ names a model .* must list its "models"/);
  expect(program.said()).not.toContain('    at ');
});

onServer('doctor names what is wrong with each thing in a line', async () => {
  const program = plinth(['doctor'], {
    DATABASE_URL: 'postgres://a:marker@127.0.0.1:1/a',
    MINIMAX_API_KEY: 'marker',
    MINIMAX_BASE_URL: 'http://127.0.0.1:2/v1',
    GOOGLE_CLIENT_ID: 'marker',
    GOOGLE_CLIENT_SECRET: 'marker',
    GOOGLE_ISSUER: 'http://127.0.0.1:3',
    FIREBASE_PROJECT_ID: 'marker-project',
    FIREBASE_KEYS_URL: 'http://127.0.0.1:4/keys',
    STRIPE_SECRET_KEY: 'sk_test_marker',
    STRIPE_API_URL: 'http://127.0.0.1:5',
  });
  expect(await program.ended()).toBe(1);
  expect(program.said()).toMatch(/FAIL {2}Stripe key +127\.0\.0\.1:5 does not answer\./);
  expect(program.said()).toMatch(/FAIL {2}database +Nothing answers at the address of DATABASE_URL/);
  expect(program.said()).toMatch(/FAIL {2}AI: minimax +127\.0\.0\.1:2 can not be reached \(ECONNREFUSED\)/);
  expect(program.said()).toMatch(/FAIL {2}Google +127\.0\.0\.1:3 does not say what it must \(ECONNREFUSED\)/);
  expect(program.said()).toMatch(
    /FAIL {2}Firebase +127\.0\.0\.1:4 does not say what it must \(ECONNREFUSED\)/,
  );
  expect(program.said()).not.toContain('marker');
});

onServer(
  'doctor says what passkeys are bound to and whether mails can leave, and preview what they look like',
  async () => {
    expect(await plinth(['migrate', 'up']).ended()).toBe(0);
    const gone = { SMTP_URL: 'smtp://ada:marker@127.0.0.1:1' };
    const well = plinth(['doctor']);
    expect(await well.ended()).toBe(0);
    const ill = plinth(['doctor'], gone);
    expect(await ill.ended()).toBe(1);
    expect(well.said()).toMatch(/ok {4}passkeys +bound to localhost, for http:\/\/localhost:\*/);
    expect(well.said()).toMatch(/ok {4}mail +from plinth@localhost by outbox: mails are written to /);
    expect(ill.said()).toMatch(/FAIL {2}mail +smtp can not be used \(ESOCKET\)/);
    expect(ill.said()).not.toContain('marker');
    const preview = plinth(['mail', 'preview', 'invitation']);
    expect(await preview.ended()).toBe(0);
    const path = /^(.*invitation\.html) /.exec(preview.said())?.[1] ?? '';
    expect(readFileSync(path, 'utf8')).toContain('Accept the invitation');
    expect(statSync(path).mode & 0o777, 'the file is for its owner alone').toBe(0o600);
    const wrong = plinth(['mail', 'preview', 'nothing']);
    expect([await wrong.ended(), wrong.said()]).toEqual([2, expect.stringContaining('Usage: plinth mail')]);
  },
);

onServer(
  'doctor says what is wrong with QStash: the token, the keys, or where it is to deliver',
  async () => {
    const sandbox = await createQStashSandbox();
    const { current, next } = sandbox.keys;
    const right = {
      NODE_ENV: 'production',
      SINGLE_DATABASE_LOGIN: 'true',
      EMBEDDED_MASTER_KEY: 'true',
      SANDBOX_AI: 'true',
      MAIL_TRANSPORT: 'outbox',
      JOBS_DELIVERY: 'qstash',
      QSTASH_URL: sandbox.url,
      QSTASH_TOKEN: sandbox.token,
      QSTASH_CURRENT_SIGNING_KEY: current,
      QSTASH_NEXT_SIGNING_KEY: next,
      PUBLIC_URL: 'https://api.example.com',
    };
    const says = async (more: Record<string, string>) => {
      const program = plinth(['doctor'], { ...right, ...more });
      await program.ended();
      return /(?:ok|FAIL) +QStash .*/.exec(program.said())?.[0];
    };
    expect(await says({})).toMatch(/^ok .* token and keys fit, delivers to https:\/\/api\.example\.com/);
    expect(await says({ QSTASH_TOKEN: 'another' })).toMatch(/^FAIL .* QSTASH_TOKEN is not accepted/);
    expect(await says({ QSTASH_NEXT_SIGNING_KEY: 'another' })).toMatch(/^FAIL .* were rolled/);
    expect(await says({ QSTASH_CURRENT_SIGNING_KEY: 'another' })).toMatch(/^FAIL .* not set here/);
    expect(await says({ QSTASH_URL: 'http://127.0.0.1:2' })).toMatch(/^FAIL .* can not be reached/);
    await sandbox.close();
  },
);
