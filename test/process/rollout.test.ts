import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { type Database, statement } from '#platform/db';
import { type BilledCall, createOpenAISandbox } from '#sandbox/openai';
import { atEndOfFile } from '@plinth/testkit/closing';
import { engine, temporaryFolder, testDatabase } from '@plinth/testkit/services';
import { ROOT } from '@plinth/testkit/house/source';
import { endAll, type Program, startProgram } from '@plinth/testkit/program';

/** The version that is upgraded from: one that was released. */
const OLDER = '9c024d45e21c751382a5be73d79f5ebf2a52bd88';
/** Milliseconds a call takes at least: the owner's plan has 1,500 calls a minute, and a fast machine makes more. */
const PACE = 50;
/** Answers that both programs, or the one that serves alone, give before the next thing happens. */
const SOME = 12;

afterAll(endAll);

/** The older program's tree, written once; packages are those of this checkout. */
function olderTree(): string {
  const tree = join(ROOT, '.cache/older', `${OLDER}-launched`);
  if (existsSync(tree)) return tree;
  const made = `${tree}.${process.pid}`;
  mkdirSync(made, { recursive: true });
  const git = ['archive', OLDER, 'bin', 'src', 'safety', 'sandboxes', 'docs', 'package.json'];
  const archive = execFileSync('git', git, { cwd: ROOT, maxBuffer: 1e9 });
  execFileSync('tar', ['-x', '-C', made], { input: archive });
  symlinkSync(join(ROOT, 'node_modules'), join(made, 'node_modules'));
  // Its launcher is found where this version has it.
  symlinkSync('.', join(made, 'server'));
  rmSync(tree, { recursive: true, force: true });
  renameSync(made, tree);
  return tree;
}

const CHAT = [
  '/v1/ai/chat/completions',
  { model: 'sandbox-small', messages: [{ role: 'user', content: 'What is a rollout?' }] },
] as const;
const CREATE = ['/v1/create', { platform: 'x', topic: 'Why small teams ship faster' }] as const;

async function stop(program: Program): Promise<void> {
  program.kill('SIGTERM');
  expect(await program.ended).toEqual({ code: 0, signal: null });
}

interface Answer {
  readonly status: number;
  readonly by: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Callers who ask any process that serves, one after the other, as a balancer has it; each call has a key of its own. */
function createCallers(headers: Readonly<Record<string, string>>) {
  const serving = new Map<string, string>();
  const answers: Answer[] = [];
  let made = 0;
  let jobs = 0;
  const state = { isOver: false };

  async function call(name: string, url: string): Promise<void> {
    made += 1;
    // At once, or as a job that whichever program takes up; of these the owner's plan has 120 an hour.
    const isJob = made % 4 === 0 && jobs < 100;
    if (isJob) jobs += 1;
    const [path, body] = isJob ? CREATE : CHAT;
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': `rollout-${made}` },
      body: JSON.stringify(body),
    });
    const read = (await response.json()) as Answer['body'];
    answers.push({ status: response.status, by: name, body: read });
  }

  const inFlight = new Map<string, Promise<void>>();
  async function run(): Promise<void> {
    while (!state.isOver) {
      for (const [name, url] of serving) {
        const one = call(name, url);
        inFlight.set(name, one);
        await Promise.all([one, sleep(PACE)]);
      }
      // While no process serves for a moment, others get their turn.
      await new Promise(setImmediate);
    }
  }
  const running = run();
  return {
    answers,
    serve: (name: string, url: string) => void serving.set(name, url),
    /** Takes one out, once its last call is answered. */
    async takeOut(name: string): Promise<void> {
      serving.delete(name);
      await inFlight.get(name);
    },
    async heard(name: string): Promise<void> {
      const before = answers.length;
      const count = () => answers.slice(before).filter(({ by }) => by === name).length;
      await Promise.race([running, expect.poll(count, { interval: 50 }).toBeGreaterThan(SOME)]);
    },
    async end(): Promise<void> {
      state.isOver = true;
      await running;
    },
  };
}

interface Outcome {
  readonly answers: readonly Answer[];
  readonly bill: readonly BilledCall[];
  readonly db: Database;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Each call is answered, each job ends, the ledger is the provider's bill, and nothing is held any more. */
async function expectNothingLost({ answers, bill, db, url, headers }: Outcome): Promise<void> {
  expect(answers.filter(({ status }) => status !== 200 && status !== 202)).toEqual([]);
  for (const { status, body } of answers) {
    if (status !== 202) continue;
    const post = `${url}${String(body['status_url'])}?wait=20`;
    const read = async () => ((await (await fetch(post, { headers })).json()) as Answer['body'])['status'];
    await expect.poll(read).toBe('completed');
  }
  const tokens = bill.reduce((sum, one) => sum + one.prompt_tokens + one.completion_tokens, 0);
  expect(bill.length).toBeGreaterThanOrEqual(answers.length);
  const ledger = statement(
    `select state, estimated, count(*)::int as calls, sum(prompt_tokens + completion_tokens)::int as tokens from limits.usage_events group by 1, 2`,
  );
  const booked = [{ state: 'posted', estimated: false, calls: bill.length, tokens }];
  await expect.poll(() => db.asMigrator(ledger)).toEqual(booked);
  const open = statement(`select id from limits.permits where state in ('queued', 'running')`);
  expect(await db.asMigrator(open)).toEqual([]);
}

describe.runIf(engine === 'postgres')('two versions of the program', () => {
  test('serve from one database, forward and back, under load, and nothing is lost', async () => {
    const older = olderTree();
    const { db, settings } = await testDatabase({ empty: true });
    const sandbox = await createOpenAISandbox();
    atEndOfFile(() => sandbox.close());
    const folder = temporaryFolder();
    const upstream = { name: 'sandbox', base_url: sandbox.url, api_key: sandbox.apiKey };
    const models = ['sandbox-small', 'sandbox-large'];
    const environment = {
      ...settings,
      DATA_DIR: folder,
      PORT: '0',
      AI_UPSTREAMS: JSON.stringify([{ ...upstream, models }]),
    };
    const run = async (verb: string, root: string): Promise<[Program, string]> => {
      const program = startProgram([verb], { cwd: folder, environment, root });
      return [program, await program.url()];
    };

    const [first, firstUrl] = await run('start', older);
    const owner = JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8')) as { api_key: string };
    const headers = { authorization: `Bearer ${owner.api_key}` };
    const callers = createCallers(headers);
    callers.serve('older', firstUrl);
    await callers.heard('older');

    // Forward: its tables and functions come first, while the older program serves.
    const migrated = startProgram(['migrate', 'up'], { cwd: folder, environment });
    expect(await migrated.ended).toEqual({ code: 0, signal: null });
    await callers.heard('older');
    const [second, secondUrl] = await run('start', ROOT);
    callers.serve('newer', secondUrl);
    await Promise.all([callers.heard('older'), callers.heard('newer')]);
    await callers.takeOut('older');
    await stop(first);
    await callers.heard('newer');

    // Back: the older program serves and works on the newer one's tables.
    const [third, thirdUrl] = await run('serve', older);
    const [worker] = await run('worker', older);
    callers.serve('back', thirdUrl);
    await Promise.all([callers.heard('newer'), callers.heard('back')]);
    await callers.takeOut('newer');
    await stop(second);
    await callers.heard('back');

    // And forward again.
    const [last, lastUrl] = await run('start', ROOT);
    callers.serve('again', lastUrl);
    await callers.heard('again');
    await callers.takeOut('back');
    await stop(third);
    await stop(worker);
    await callers.heard('again');
    await callers.end();

    await expectNothingLost({ answers: callers.answers, bill: sandbox.bill(), db, url: lastUrl, headers });
    await stop(last);
  });
});
