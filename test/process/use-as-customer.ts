import type { ChildProcess } from 'node:child_process';
import { expect } from 'vitest';

const CARD = { number: '4242424242424242', expiry: '12/40', cvc: '123', name: 'Ada', email: 'ada@example.com' };
const BACK = 'http://localhost/account';

/** What a customer of the example backends does: signs up, reaches the limit of the free plan, buys, and goes on. The backend is ended. */
export async function useAsCustomer(backend: ChildProcess, name: string): Promise<void> {
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
      body: { error: { code: 'limit_exceeded', details: { limit: 'summaries', offer: { plan: 'notes.pro' } } } },
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

/** The port that it says it listens on. */
async function portOf({ stdout, stderr }: ChildProcess): Promise<string> {
  let said = '';
  for (const output of [stdout, stderr]) output?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await expect.poll(() => said, { timeout: 60_000 }).toMatch(/\b\d{4,5}\b/);
  return /\b\d{4,5}\b/.exec(said)?.[0] ?? '';
}
