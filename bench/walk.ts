import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Figures } from './figures.ts';
import { readiness, waitForOutput } from './process.ts';

const ROOT = join(import.meta.dirname, '..');
/** Milliseconds in which jobs that a call leaves behind are over. */
const SETTLE = 2_500;
const WEBHOOK_SECRET = 'whsec_of_the_bench';
/** The account at Stripe is asked nothing but what a message makes it fetch, and that is refused. */
const STRIPE = {
  STRIPE_SECRET_KEY: 'sk_test_of_the_bench',
  STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
  STRIPE_API_URL: 'http://127.0.0.1:9',
};

/** Names of the functions that ran, by file. */
type Ran = ReadonlyMap<string, readonly string[]>;

/**
 * How much of the code a call runs through: the files and the named functions of this checkout that ran in the second of two equal calls
 * and its jobs, without those that run in an idle server too. Says how far a reader has to walk; it is no speed.
 */
export async function benchWalk(say: (line: string) => void): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-bench-walk-'));
  // By its sources, not as it is built: whose files are counted.
  const child = spawn(
    process.execPath,
    ['--inspect=127.0.0.1:0', join(ROOT, 'server/src/main.ts'), 'start'],
    {
      env: { PATH: process.env['PATH'], PORT: '0', DATA_DIR: folder, ...STRIPE },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  try {
    const inspector = waitForOutput(child, 'stderr', /Debugger listening on (ws:\S+)/);
    const url = await readiness(child);
    const coverage = await startCoverage(await inspector);
    const figures: Record<string, unknown> = {};
    for (const [name, call] of Object.entries(await callsOf(url, folder))) {
      const ran = await coverage.of(call);
      figures[name] = { files: ran.size, functions: [...ran.values()].flat().length };
      say(`${name}:\n${[...ran].map(([file, names]) => `  ${file} ${names.join(' ')}`).join('\n')}`);
    }
    coverage.close();
    return figures;
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
    process.off('exit', end);
    rmSync(folder, { recursive: true, force: true });
  }
}

type Call = (nth: number) => Promise<unknown>;

async function callsOf(url: string, folder: string): Promise<Record<string, Call>> {
  const { api_key: key } = JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8'));
  const person = { email: 'reader@example.com', password: 'a walk through the whole house 7' };
  const send = async (
    path: string,
    body: object | string,
    headers: Readonly<Record<string, string>> = {},
  ) => {
    const answer = await fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text}`);
    return text;
  };
  const authorization = `Bearer ${key}`;
  await send('/v1/auth/register', person);
  let seat = await send(
    '/v1/licenses/acquire',
    { hardware_id: 'a-machine-of-bench' },
    { authorization, 'idempotency-key': 'walk' },
  );
  return {
    create: (nth) =>
      send(
        '/v1/create',
        { platform: 'linkedin', topic: 'Why small teams ship faster', variants: 3 },
        { authorization, 'idempotency-key': `walk-${nth}` },
      ),
    webhook: (nth) => {
      const body = customerMessage(nth);
      return send('/v1/webhooks/stripe', body, { 'stripe-signature': signatureOf(body) });
    },
    login: () => send('/v1/auth/login', person),
    chat: () =>
      send(
        '/v1/ai/chat/completions',
        { model: 'small', messages: [{ role: 'user', content: 'Say hello.' }] },
        { authorization },
      ),
    async heartbeat() {
      const { session_id, signed_token } = JSON.parse(seat);
      seat = await send('/v1/licenses/heartbeat', { session_id, signed_token });
    },
  };
}

function customerMessage(nth: number): string {
  return JSON.stringify({
    id: `evt_walk_${nth}`,
    object: 'event',
    created: Math.floor(Date.now() / 1_000),
    type: 'customer.updated',
    livemode: false,
    data: { object: { id: `cus_walk_${nth}`, object: 'customer', livemode: false } },
  });
}

/** https://docs.stripe.com/webhooks#verify-manually */
function signatureOf(body: string): string {
  const at = Math.floor(Date.now() / 1_000);
  return `t=${at},v1=${createHmac('sha256', WEBHOOK_SECRET).update(`${at}.${body}`).digest('hex')}`;
}

/** Speaks to the inspector of a process: https://chromedevtools.github.io/devtools-protocol/v8/Profiler/ */
async function startCoverage(inspector: string) {
  const socket = new WebSocket(inspector);
  await once(socket, 'open');
  const waiting = new Map<number, (result: { readonly result?: readonly Script[] }) => void>();
  socket.addEventListener('message', ({ data }) => {
    const answer = JSON.parse(String(data));
    waiting.get(answer.id)?.(answer.result ?? {});
  });
  let asked = 0;
  const ask = (method: string, params = {}) =>
    new Promise<{ readonly result?: readonly Script[] }>((resolve) => {
      asked += 1;
      waiting.set(asked, resolve);
      socket.send(JSON.stringify({ id: asked, method, params }));
    });
  const take = async () => ranOf((await ask('Profiler.takePreciseCoverage')).result ?? []);
  await ask('Profiler.enable');
  await ask('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  return {
    async of(call: Call): Promise<Ran> {
      await callAndSettle(call, 1);
      await take();
      await pause();
      const idle = await take();
      await callAndSettle(call, 2);
      return withoutIdle(await take(), idle);
    },
    close: () => socket.close(),
  };
}

interface Script {
  readonly url: string;
  readonly functions: readonly {
    readonly functionName: string;
    readonly ranges: readonly { readonly count: number }[];
  }[];
}

function ranOf(scripts: readonly Script[]): Ran {
  const root = `file://${ROOT}/`;
  const own = scripts.filter(({ url }) => url.startsWith(root) && !url.includes('/node_modules/'));
  return new Map(own.map(({ url, functions }) => [url.slice(root.length), calledOf(functions)]));
}

function calledOf(functions: Script['functions']): readonly string[] {
  return functions
    .filter(({ functionName, ranges: [whole] }) => functionName !== '' && (whole?.count ?? 0) > 0)
    .map(({ functionName }) => functionName);
}

function withoutIdle(ran: Ran, idle: Ran): Ran {
  const left = [...ran].map(
    ([file, names]) => [file, names.filter((name) => !idle.get(file)?.includes(name))] as const,
  );
  return new Map(left.filter(([, names]) => names.length > 0).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

async function callAndSettle(call: Call, nth: number): Promise<void> {
  await call(nth);
  await pause();
}

function pause(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, SETTLE);
  });
}
