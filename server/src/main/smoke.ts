import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Config } from '#platform/config';
import { codeOf, OperatorError } from './operator-error.ts';
import { printUsage, type Verb } from './verb.ts';

const USAGE = `Usage: SMOKE_EMAIL=smoke@example.com SMOKE_PASSWORD=… plinth smoke https://api.example.com

Tries a server as a customer of Reel uses it: signs in, creates a post, follows it as it is written, reads it, saves it and deletes what
it saved. Each step is a line; ends with 1 at the first that fails. It spends one generation of the user's plan.
`;
const PATIENCE = 30_000;
/** Until a generation is written, by a slow model too. */
const LONGEST = 180_000;

type Answer = Readonly<Record<string, unknown>>;

/** `smoke`: what is tried after each roll-out. */
export const smoke: Verb = async ({ config, words: [url, ...more] }) => {
  const wrong = url !== undefined && /^https?:\/\/[^\s/?#]+\/?$/.test(url) ? more[0] : (url ?? '');
  if (wrong !== undefined || url === undefined) return printUsage(wrong, USAGE);
  const at = createCaller(url.replace(/\/$/, ''));
  await step('is ready', async () => {
    const { status } = await at.call('GET /readyz');
    if (status !== 'ready' && status !== 'degraded')
      throw new OperatorError('GET /readyz does not say what Plinth says: is this its address?');
  });
  await step('signs in', () => signIn(at, credentials(config)));
  const made = await step('creates', () =>
    at.call('POST /v1/create', { platform: 'linkedin', topic: 'Why small teams ship faster', variants: 1 }),
  );
  const path = `/v1/generations/${String(made['generation_id'])}`;
  const reads = await step('streams', () => follow(at, path));
  if (reads === 1) process.stdout.write('WARNING  the stream came at once: does a proxy buffer it?\n');
  const variant = await step('reads', () => variantOf(at, path));
  const saved = await step('saves', () =>
    at.call('POST /v1/library/assets', { draft_id: made['draft_id'], variant_id: variant }),
  );
  await step('deletes', () => at.call(`DELETE /v1/library/assets/${String(saved['id'])}`));
  await step('signs out', () => at.call('POST /v1/auth/logout'));
  return 0;
};

async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  try {
    const done = await work();
    process.stdout.write(`ok    ${name.padEnd(10)} ${Math.round(performance.now() - began)} ms\n`);
    return done;
  } catch (error) {
    process.stdout.write(`FAIL  ${name}\n`);
    throw error;
  }
}

/** Calls of one server, as the signed-in user. */
interface Caller {
  call(line: string, body?: object): Promise<Answer>;
  open(path: string): Promise<Response>;
  token: string;
}

function createCaller(url: string): Caller {
  const send = async (line: string, options: RequestInit, headers: Record<string, string>) => {
    const [method = 'GET', path = ''] = line.split(' ', 2);
    const authorization = caller.token === '' ? {} : { authorization: `Bearer ${caller.token}` };
    const response = await fetch(url + path, {
      ...options,
      method,
      headers: { ...authorization, ...headers },
      // It would take the password along.
      redirect: 'manual',
    }).catch((cause: unknown) => {
      throw new OperatorError(`No server answers at ${url} (${codeOf(cause)}).`, { cause });
    });
    if (response.ok) return response;
    const { error } = (await response.json().catch(() => ({}))) as { readonly error?: Answer };
    const to = response.headers.get('location');
    const moved =
      to === null ? '' : `, which leads to ${to.slice(0, 200)}: name the address that answers itself`;
    const says = error === undefined ? moved : ` ${String(error['code'])}: ${String(error['message'])}`;
    throw new OperatorError(`${line} was answered ${response.status}${says}.`.replace(/\.\.$/, '.'));
  };
  const caller: Caller = {
    token: '',
    open: (path) =>
      send(`GET ${path}`, { signal: AbortSignal.timeout(LONGEST) }, { accept: 'text/event-stream' }),
    async call(line, body) {
      const json = { 'content-type': 'application/json', 'idempotency-key': randomUUID() };
      const options = { signal: AbortSignal.timeout(PATIENCE) };
      const response = await (body === undefined
        ? send(line, options, {})
        : send(line, { ...options, body: JSON.stringify(body) }, json));
      const text = await response.text().catch(brokeOff(line));
      return response.status === 204 ? {} : answerOf(line, text);
    },
  };
  return caller;
}

/** A server that answers 200 to everything is no Plinth: a page of a proxy, of a console, of a provider of names. */
function answerOf(line: string, text: string): Answer {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch (cause) {
    throw new OperatorError(`${line} was answered with what is no JSON: is this the address of Plinth?`, {
      cause,
    });
  }
}

const brokeOff = (line: string) => (cause: unknown) => {
  throw new OperatorError(`The answer to ${line} broke off (${codeOf(cause)}).`, { cause });
};

async function signIn(at: Caller, body: object): Promise<void> {
  const tokens = await at.call('POST /v1/auth/login', { ...body, device_name: 'plinth smoke' });
  if (typeof tokens['access_token'] !== 'string')
    throw new OperatorError('This user has a second factor: take one without for SMOKE_EMAIL.');
  at.token = tokens['access_token'];
}

/** Reads the stream of a generation to its end, and answers in how many pieces it came. */
async function follow(at: Caller, path: string): Promise<number> {
  const response = await at.open(path);
  let [text, pieces] = ['', 0];
  const decoder = new TextDecoder();
  try {
    for await (const piece of response.body ?? []) {
      text += decoder.decode(piece, { stream: true });
      pieces += 1;
    }
  } catch (cause) {
    brokeOff(`GET ${path}`)(cause);
  }
  if (!/^event: done$/m.test(text)) throw new OperatorError('The stream ended without the event "done".');
  return pieces;
}

async function variantOf(at: Caller, path: string): Promise<unknown> {
  const { status, variants } = await at.call(`GET ${path}?wait=20`);
  const [first] = Array.isArray(variants) ? (variants as readonly Answer[]) : [];
  if (status !== 'completed' || first === undefined)
    throw new OperatorError(`The generation is ${String(status)}: the worker's log says why.`);
  return first['id'];
}

/** Credentials of the settings, else of the local owner. */
function credentials({ values, dataDir }: Config): { readonly email: unknown; readonly password: unknown } {
  const { SMOKE_EMAIL: email, SMOKE_PASSWORD: password } = values;
  if (email !== undefined && password !== undefined) return { email, password };
  const path = join(dataDir, 'owner.json');
  try {
    const owner = JSON.parse(readFileSync(path, 'utf8')) as {
      readonly email: unknown;
      readonly password: unknown;
    };
    return { email: owner.email, password: owner.password };
  } catch {
    throw new OperatorError(`Set SMOKE_EMAIL and SMOKE_PASSWORD: there is no local owner in ${path}.`);
  }
}
