import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import '#products';
import { readConfig, settingNames } from '#platform/config';
import { afterAll, describe, expect, test } from 'vitest';
import { freePort } from '@plinth/testkit/services/ports';
import { temporaryFolder } from '@plinth/testkit/services';
import { VERBS } from '../../server/src/main/verbs.ts';
import { problemsOf } from '@plinth/testkit/fixtures/config-problems';
import { sentenceOf } from '../../server/src/main/operator-error.ts';
import { ANYTHING, MARKER, WRONG } from './first-steps/settings.ts';

/** A sentence, or a few: no stack, no object, nothing secret. Of the doctor's lines those that say what is wrong. */
function expectSentence(said: string): void {
  expect(said.replaceAll(/^ok .*\n/gm, '')).toMatch(/[.?!]\s*$/);
  expect(said).not.toMatch(/^\s+at |\[object |undefined|Error:/m);
  expect(said).not.toContain(MARKER);
}

describe('a setting', () => {
  test.each(Object.entries(WRONG))('%s with a wrong value is named in a sentence', (name, value) => {
    const problems = problemsOf({ [name]: value });
    expect(problems.some((line) => line.startsWith(`${name} `))).toBe(true);
    for (const line of problems) expectSentence(line);
  });

  test('is in the table, each of them', () => {
    expect(Object.keys({ ...WRONG, ...ANYTHING }).toSorted()).toEqual([...settingNames()].toSorted());
  });

  test.each([
    ['DATABSE_URL', 'DATABASE_URL'],
    ['DATABASE_ULR', 'DATABASE_URL'],
    ['DATABASEURL', 'DATABASE_URL'],
    ['database_url', 'DATABASE_URL'],
    ['PLINTH_PORT', 'PORT'],
    ['PROT', 'PORT'],
    ['OPENAI_APIKEY', 'OPENAI_API_KEY'],
    ['STRIPE_SERCET_KEY', 'STRIPE_SECRET_KEY'],
    ['MASTER_KEY', 'MASTER_KEYS'],
    ['SANDBOX_LATENCY', 'SANDBOX_LATENCY_MS'],
    ['WORKER_CONCURENCY', 'WORKER_CONCURRENCY'],
    ['DATADIR', 'DATA_DIR'],
    ['REDIS_URI', 'REDIS_URL'],
  ])('%s stops the start and names %s, unless that is there or set to nothing', (slip, meant) => {
    const [line = '', ...more] = problemsOf({ [slip]: MARKER });
    expect(line).toContain(`Unknown setting ${slip}. Did you mean ${meant}?`);
    expect(more).toEqual([]);
    expectSentence(line);
    expect(problemsOf({ [slip]: MARKER, [meant]: '' })).toEqual([]);
  });

  test('settings of other programs are left alone', () => {
    const others =
      'PATH HOME HOSTNAME POST PORTS SHELL MAIL USER PWD LANG TERM TZ DATABASE DATABASE_HOST DATABASE_NAME DATABASE_PASSWORD DB_POOL PGHOST PUBLIC_PATH PUBLIC_KEY ' +
      'NODE_OPTIONS NODE_PATH RAILS_ENV REDIS_HOST REDIS_PASSWORD SMTP_HOST SMTP_PORT SMTP_USER SMTP_SSL MAIL_HOST METRICS_HOST LOG_FILE STRIPE_KEY ' +
      'STRIPE_PUBLISHABLE_KEY OPENAI_ORG_ID OPENAI_API_BASE OPENAI_API_TYPE OPENAI_API_VERSION GOOGLE_APPLICATION_CREDENTIALS GOOGLE_CLOUD_PROJECT SENDGRID_FROM ' +
      'XDG_DATA_DIRS npm_config_cache npm_lifecycle_event PLINTH_KEY PLINTH_URL SESSION_ID SESSION_MANAGER SANDBOX SANDBOX_NAME WORKER_ID AI_MODEL GOOGLE_API_KEY';
    expect(problemsOf(Object.fromEntries(others.split(' ').map((name) => [name, 'x'])))).toEqual([]);
  });
});

const folder = temporaryFolder();
writeFileSync(join(folder, 'users.csv'), 'email\n');

/** What each verb is asked to do with a database, and with words that it has no use for: the wrong one is the last that counts. */
const VERB_TABLE: Readonly<
  Record<string, { readonly right: string[][]; readonly wrong: [string[], string][] }>
> = {
  start: { right: [[]], wrong: [[['--port', '3'], '--port']] },
  serve: { right: [[]], wrong: [[['PORT=3'], 'PORT']] },
  worker: { right: [[]], wrong: [[['all'], 'all']] },
  migrate: {
    right: [['up'], ['down']],
    wrong: [
      [['sideways'], 'sideways'],
      [['down', 'two'], 'two'],
      [['up', '1', 'more'], 'more'],
    ],
  },
  admin: {
    right: [['list'], ['invite', 'ada@example.com'], ['revoke', 'ada@example.com']],
    wrong: [
      [['promote', 'ada@example.com'], 'promote'],
      [['invite', 'ada'], 'ada'],
      [['revoke', 'ada@example.com', 'bob@example.com'], 'bob'],
      [['list', 'all'], 'all'],
    ],
  },
  move: {
    right: [],
    wrong: [
      [['away'], 'away'],
      [['--from', 'here'], '--from'],
      [['--to', `mysql://${MARKER}@host/database`], '--to'],
      [['--reopen', '--to', 'postgres://a@host/b'], '--to'],
    ],
  },
  backup: {
    right: [],
    wrong: [
      [['--to', 'a'], '--to'],
      [['a', 'b'], 'b'],
    ],
  },
  restore: {
    right: [],
    wrong: [
      [['a', '--list'], '--list'],
      [['a', '--force'], '--force'],
      [['a', 'b'], 'b'],
      [['a', '--apply-list'], 'a'],
      [['a', '--list', 'b', '--without-list'], '--list'],
    ],
  },
  budget: {
    right: [['list'], ['set', '1'], ['close']],
    wrong: [
      [['shut'], 'shut'],
      [['set', 'much'], 'much'],
      [['set', '1', 'who=reel'], 'who'],
      [['close', 'reel'], 'reel'],
    ],
  },
  usage: {
    right: [['verify']],
    wrong: [
      [['check'], 'check'],
      [['verify', 'from=today'], 'from'],
      [['verify', 'bill='], 'bill'],
    ],
  },
  keys: {
    right: [['list'], ['rotate'], ['reseal']],
    wrong: [
      [['lost'], 'lost'],
      [['rotate', '--now'], '--now'],
      [['new', 'a', 'b'], 'b'],
    ],
  },
  stripe: {
    right: [['reconcile'], ['replay', '--offline']],
    wrong: [
      [['synk'], 'synk'],
      [['replay', '--online'], '--online'],
    ],
  },
  import: {
    right: [['users', join(folder, 'users.csv')]],
    wrong: [
      [['people', 'users.csv'], 'people'],
      [['users', 'users.csv', '--quickly'], '--quickly'],
      [['users', 'users.csv', 'more.csv'], 'more.csv'],
      [['users', 'users.csv', '--format', 'xml'], 'xml'],
    ],
  },
  plans: {
    right: [],
    wrong: [
      [['pull'], 'pull'],
      [['check', 'a', 'b'], 'b'],
      [['diff', 'a', '--yes'], '--yes'],
    ],
  },
  seed: {
    right: [],
    wrong: [[['everything'], 'everything']],
  },
  sample: {
    right: [],
    wrong: [
      [['everything'], 'everything'],
      [['remove', 'all'], 'all'],
    ],
  },
  mcp: { right: [], wrong: [[['stdio'], 'stdio']] },
  mail: {
    right: [],
    wrong: [
      [['send'], 'send'],
      [['preview', 'nothing'], 'nothing'],
    ],
  },
  config: { right: [], wrong: [[['show'], 'show']] },
  doctor: { right: [[]], wrong: [[['--fix'], '--fix']] },
  health: { right: [], wrong: [[['ready'], 'ready']] },
  smoke: { right: [], wrong: [[['ftp://example.com'], 'ftp']] },
  prepare: { right: [], wrong: [[['again'], 'again']] },
  console: { right: [], wrong: [[['open'], 'open']] },
  new: {
    right: [],
    wrong: [
      [['service'], 'service'],
      [['product', 'notes', 'more'], 'more'],
    ],
  },
};
/** Verbs of a checkout: it hands its words to a script. */
const BESIDE = ['generate'];

/** Has an output of this process go elsewhere; answers how to undo it. */
function heardBy(stream: NodeJS.WriteStream, hear: (text: unknown) => boolean): () => void {
  const before = Object.getOwnPropertyDescriptor(stream, 'write');
  Object.defineProperty(stream, 'write', { value: hear, configurable: true, writable: true });
  return () => {
    if (before === undefined) Reflect.deleteProperty(stream, 'write');
    else Object.defineProperty(stream, 'write', before);
  };
}

/** Runs a verb in this process, as the program does, and answers the code that it ends with and all that it said. */
async function run(name: string, words: string[], settings: Readonly<Record<string, string>>) {
  let said = '';
  const hear = (text: unknown) => {
    said += String(text);
    return true;
  };
  const restore = [process.stdout, process.stderr].map((stream) => heardBy(stream, hear));
  try {
    const config = readConfig({
      NODE_ENV: 'test',
      PORT: '0',
      DATA_DIR: join(folder, 'data'),
      DATABASE_WAIT_SECONDS: '0',
      LOG_LEVEL: 'silent',
      ...settings,
    });
    const verb = await VERBS[name]?.();
    const code = await verb?.({ config, version: 'test', words }).catch((error: unknown) => {
      said += `${sentenceOf(error) ?? `Error: ${String(error)}`}\n`;
      return 1;
    });
    return { code, said };
  } finally {
    for (const undo of restore) undo();
  }
}

/** A server that answers every connection with one error, as PostgreSQL would or not at all like it. */
async function startRefusing(reply: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => reply(socket));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterAll(() => void server.close());
  const address = server.address();
  return `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

/** An ErrorResponse of the protocol (PostgreSQL 55.7), whose words hold what must not be told. */
function errorResponse(code: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${MARKER}\0\0`);
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}

const withCode = (code: string) => startRefusing((socket) => socket.end(errorResponse(code)));
const login = `plinth:${MARKER}`;
const DATABASES: Readonly<Record<string, readonly [url: string, says: RegExp]>> = {
  'refuses connections': [
    `postgres://${login}@127.0.0.1:${await freePort()}/a`,
    /Nothing answers at the address of DATABASE_URL/,
  ],
  'has a host that nobody knows': [
    `postgres://${login}@${MARKER}.invalid/a`,
    /The host of DATABASE_URL is not known/,
  ],
  'has another password': [
    `postgres://${login}@${await withCode('28P01')}/a`,
    /The password in DATABASE_URL is not accepted/,
  ],
  'wants TLS': [`postgres://${login}@${await withCode('28000')}/a`, /DATABASE_URL is not accepted: .*TLS/],
  'does not exist': [
    `postgres://${login}@${await withCode('3D000')}/a`,
    /The database in DATABASE_URL does not exist/,
  ],
  'has no connection left': [
    `postgres://${login}@${await withCode('53300')}/a`,
    /DATABASE_URL has no connection left/,
  ],
  'speaks no TLS': [
    `postgres://${login}@${await startRefusing((socket) => socket.end('N'))}/a?sslmode=require`,
    /DATABASE_URL gives no connection\. .*TLS/,
  ],
  'is none': [
    `postgres://${login}@${await startRefusing((socket) => socket.end('HTTP/1.1 400\r\n\r\n'))}/a`,
    /DATABASE_URL gives no connection/,
  ],
};

describe('a verb', () => {
  test('is in the table, each of them', () => {
    expect([...Object.keys(VERB_TABLE), ...BESIDE].toSorted()).toEqual(Object.keys(VERBS).toSorted());
  });

  const wrong = Object.entries(VERB_TABLE).flatMap(([name, of]) =>
    of.wrong.map(([words, named]) => [name, words.join(' '), words, named] as const),
  );
  test.each(wrong)(
    '%s %s names the word that is wrong, and opens nothing',
    async (name, _text, ...[words, named]) => {
      const { code, said } = await run(name, words, { DATABASE_URL: `postgres://${login}@127.0.0.1:1/a` });
      const [line = ''] = said.split('\n');
      expect(code).toBe(2);
      expect(line).toMatch(new RegExp(`^"${named}…?" is not understood here\\.$`));
      expectSentence(line);
    },
  );

  test.each(['ftp://example.com', 'example.com', 'http://'])(
    'of a server at %s says how to write its address',
    async (url) => {
      const { code, said } = await run('seed', [`url=${url}`], {});
      expect(code).toBe(1);
      expect(said).toContain(`url=${url}: write its scheme before it, as url=https://api.example.com.`);
    },
  );

  const right = Object.entries(VERB_TABLE).flatMap(([name, of]) =>
    of.right.map((words) => [name, words] as const),
  );
  test.each(Object.entries(DATABASES))(
    'of a database that %s says so in a sentence, every verb',
    async (_name, [url, says]) => {
      for (const [name, words] of right) {
        const { code, said } = await run(name, words, {
          DATABASE_URL: url,
          STRIPE_SECRET_KEY: `sk_test_${MARKER}`,
          STRIPE_WEBHOOK_SECRET: `whsec_${MARKER}`,
          STRIPE_API_URL: 'http://127.0.0.1:1',
        });
        expect([name, code]).toEqual([name, 1]);
        expect(said).toMatch(says);
        expectSentence(said);
      }
    },
    60_000,
  );

  test('that names another login says which', async () => {
    const [DATABASE_URL] = DATABASES['is none'] ?? [''];
    const url = `postgres://${login}@127.0.0.1:${await freePort()}/a`;
    const direct = await run('migrate', ['up'], {
      DATABASE_URL,
      SYSTEM_DATABASE_URL: DATABASE_URL,
      DIRECT_URL: url,
    });
    expect(direct.said).toMatch(/^Nothing answers at the address of DIRECT_URL/);
    const system = await run('usage', ['verify'], { DATABASE_URL, SYSTEM_DATABASE_URL: url });
    expect(system.said).toMatch(/^Nothing answers at the address of SYSTEM_DATABASE_URL/);
  });

  test.each([
    ['is below a file', join(folder, 'users.csv', 'data'), 'ENOTDIR'],
    ['is a file', join(folder, 'users.csv'), 'ENOTDIR'],
    ['can not be made', '/proc/plinth', 'ENOENT'],
    ['can not be written', '/proc', 'ENOENT'],
  ])('on a data folder that %s says so in a sentence, every verb', async (_name, DATA_DIR, because) => {
    for (const [name, words] of [...right, ['mail', ['preview']] as [string, string[]]]) {
      const { code, said } = await run(name, words, { DATA_DIR, SANDBOX_STRIPE: 'true' });
      if (said.startsWith('STRIPE_SECRET_KEY is not set')) continue;
      expect([name, code]).toEqual([name, 1]);
      expect(said).toMatch(new RegExp(`(${DATA_DIR}|${because})`));
      expectSentence(said);
    }
  });
});
