import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test, vi } from 'vitest';
import { holdMeters, waitsForLocks } from '@plinth/testkit/fixtures/limits';
import { engine } from '@plinth/testkit/services';
import { type TestApp, testApp } from '@plinth/testkit/services/app';

const SOON = { timeout: 120_000, interval: 20 };
const ENDS_SOON = { SHUTDOWN_GRACE_SECONDS: '1' };

const chatBody = (stream: boolean) => ({
  model: 'sandbox-small',
  messages: [{ role: 'user', content: 'Say hello.' }],
  max_tokens: 50,
  stream,
});

/** Waits until so many calls have reached the provider and hang there. */
const waitForHangingCalls = ({ sandbox }: TestApp, calls: number) =>
  vi.waitFor(() => expect(sandbox.bill()).toHaveLength(calls), SOON);

test('a call that a server which stops can not finish is 503 server_stopping, and nobody hung up', async () => {
  const app = await testApp({ settings: ENDS_SOON });
  const { key } = await app.customer();
  app.sandbox.faults.next({ kind: 'hang', billed: true });
  const call = app.call(key, 'POST /v1/ai/chat/completions', { body: chatBody(false) });
  await waitForHangingCalls(app, 1);
  const [answer] = await Promise.all([call, app.close()]);
  expect([answer.status, answer.body['error']]).toMatchObject([503, { code: 'server_stopping' }]);
  expect(answer.headers.get('retry-after')).toBe('1');
});

test.runIf(engine === 'postgres')(
  'a call whose database does not answer a server which stops is 503 server_stopping too',
  async () => {
    const app = await testApp({ settings: ENDS_SOON });
    const { key, accountId } = await app.customer();
    const call = () => app.call(key, 'POST /v1/ai/chat/completions', { body: chatBody(false) });
    expect((await call()).status).toBe(200);
    await app.app.modules.limits.ends.idle();
    const release = await holdMeters(app.database.url, accountId);
    const answer = call();
    await vi.waitFor(async () => expect(await waitsForLocks(app.database.db)).toBe(1), SOON);
    const closed = app.close();
    expect(await answer).toMatchObject({ status: 503, body: { error: { code: 'server_stopping' } } });
    await release();
    await closed;
  },
);

test('a stream that a server which stops breaks off ends with server_stopping', async () => {
  const app = await testApp({ settings: ENDS_SOON });
  const { key } = await app.customer();
  app.sandbox.faults.next({ kind: 'hang_midstream', after: 3 });
  const response = await fetch(`${app.url}/v1/ai/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(chatBody(true)),
  });
  expect(response.status).toBe(200);
  const [text] = await Promise.all([response.text(), app.close()]);
  expect(text).toContain('"code":"server_stopping"');
  expect(text).not.toContain('client_gone');
});

test('a request that arrives at a server which stops is 503 server_stopping, on a connection that it then closes', async () => {
  // As long as the call beside it goes on, which gets no answer.
  const app = await testApp({ settings: { SHUTDOWN_GRACE_SECONDS: '3' } });
  const { port } = new URL(app.url);
  const socket = connect(Number(port), '127.0.0.1');
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await once(socket, 'connect');
  socket.write('GET /v1/me HTTP/1.1\r\nHost: here\r\n');
  app.sandbox.faults.next({ kind: 'hang', billed: true });
  const { key } = await app.customer();
  const call = app.call(key, 'POST /v1/ai/chat/completions', { body: chatBody(false) });
  await waitForHangingCalls(app, 1);
  const closed = app.close();
  socket.write('\r\n');
  await once(socket, 'close');
  expect(text).toMatch(/^HTTP\/1\.1 503 /);
  expect(text).toMatch(/\r\nretry-after: 1\r\n/i);
  expect(text).toMatch(/\r\nconnection: close\r\n/i);
  expect(text).toContain('"code":"server_stopping"');
  expect((await call).status).toBe(503);
  await closed;
});
