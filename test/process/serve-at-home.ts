import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '@plinth/testkit/house/source';
import { startProgram } from '@plinth/testkit/program';
import { expect } from 'vitest';

/** A folder with the plans file and the backends of the examples: the installed program serves it, on the database at `url` or its embedded one. */
export async function serveAtHome(place: {
  readonly installed: string;
  readonly home: string;
  readonly url: string | undefined;
  readonly ownersKey: (data: string) => string;
}): Promise<void> {
  const { home: cwd, url } = place;
  cpSync(join(ROOT, 'docs/examples/backend'), cwd, { recursive: true });
  const environment = { PORT: '0', ...(url === undefined ? {} : { DATABASE_URL: url }) };
  const server = startProgram(['start'], { root: place.installed, cwd, environment });
  const PLINTH_URL = await server.url();
  const PLINTH_KEY = place.ownersKey(join(cwd, 'data'));
  const env = { PATH: process.env['PATH'], PLINTH_URL, PLINTH_KEY, PORT: '0' };
  const python = { ...env, PYTHONPATH: join(place.installed, 'clients/python') };
  await useAsCustomer(spawn(process.execPath, ['server.ts'], { cwd, env }), 'ada');
  await useAsCustomer(spawn('python3', ['server.py'], { cwd, env: python }), 'grace');
  for (const customer of ['ada', 'grace']) await refund({ url: PLINTH_URL, key: PLINTH_KEY }, customer);
  server.kill('SIGTERM');
  await server.ended;
}

export const CARD = {
  number: '4242424242424242',
  expiry: '12/40',
  cvc: '123',
  name: 'Ada',
  email: 'ada@example.com',
};
const BACK = 'http://localhost/account';

/** A customer of the example backends signs up, reaches the limit of the free plan, buys, and goes on. The backend is ended. */
async function useAsCustomer(backend: ChildProcess, name: string): Promise<void> {
  const url = `http://127.0.0.1:${await portOf(backend)}`;
  const post = async (path: string, body: object = {}) => {
    const answer = await fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-user': name },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
  };
  try {
    const summarize = () => post('/summaries', { text: 'The harbour froze over in January.' });
    expect(await post('/sign-up', { name, email: `${name}@example.com` })).toEqual({
      status: 201,
      body: { id: name },
    });
    for (let use = 0; use < 3; use += 1) expect(await summarize()).toMatchObject({ status: 200 });
    expect(await summarize()).toMatchObject({
      status: 429,
      body: {
        error: { code: 'limit_exceeded', details: { limit: 'summaries', offer: { plan: 'notes.pro' } } },
      },
    });
    expect(await post('/exports')).toMatchObject({ status: 202 });
    const { body } = await post('/upgrade', { back: BACK });
    const { url: checkout } = body as { url: string };
    await fetch(`${checkout}/pay`, {
      method: 'POST',
      body: new URLSearchParams(CARD),
      redirect: 'manual',
    });
    await expect.poll(async () => (await summarize()).status, { timeout: 60_000 }).toBe(200);
  } finally {
    backend.kill('SIGKILL');
  }
}

/** The operator gives back what a customer paid. */
async function refund(at: { readonly url: string; readonly key: string }, customer: string): Promise<void> {
  const call = async (path: string, body?: object) => {
    const headers = {
      authorization: `Bearer ${at.key}`,
      'content-type': 'application/json',
      'idempotency-key': customer,
    };
    const sent = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    return (await fetch(`${at.url}/v1/${path}`, { headers, ...sent })).json();
  };
  const { account_id: account } = (await call(`customers/${customer}`)) as { account_id: string };
  const payment = async () => {
    const { payments } = (await call(`admin/customers/${account}`)) as {
      payments: { payment: string; refunded_minor: number }[];
    };
    return payments[0];
  };
  await expect.poll(payment, { timeout: 60_000 }).toMatchObject({ refunded_minor: 0 });
  await call('admin/billing/refunds', { customer, payment: (await payment())?.payment });
  await expect.poll(payment, { timeout: 60_000 }).toMatchObject({ refunded_minor: 999 });
}

/** The port that it says it listens on. */
async function portOf({ stdout, stderr }: ChildProcess): Promise<string> {
  let said = '';
  for (const output of [stdout, stderr]) output?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await expect.poll(() => said, { timeout: 60_000 }).toMatch(/\b\d{4,5}\b/);
  return /\b\d{4,5}\b/.exec(said)?.[0] ?? '';
}
