import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { testApp } from '@plinth/testkit/services/app';

const { url } = await testApp();
const { hostname, port } = new URL(url);
const REQUEST = 'GET /openapi.json HTTP/1.1\r\nhost: a\r\n\r\n';

test('a connection that asks on and on without taking its answers is ended, and others are served', async () => {
  const before = process.memoryUsage().rss;
  const socket = connect(Number(port), hostname).on('error', () => {});
  socket.pause();
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(REQUEST.repeat(3_000));
  expect((await fetch(`${url}/openapi.json`)).status).toBe(200);
  socket.resume();
  await closed;
  expect(process.memoryUsage().rss - before).toBeLessThan(300 * 1_048_576);
});

test('a few that are sent ahead are answered in order', async () => {
  const socket = connect(Number(port), hostname);
  const paths = ['/healthz', '/v1/plans', '/nowhere', '/healthz'];
  for (const path of paths) socket.write(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`);
  let text = '';
  for await (const chunk of socket) {
    text += String(chunk);
    if ((text.match(/HTTP\/1\.1 /g) ?? []).length === paths.length) break;
  }
  expect([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual([
    '200',
    '200',
    '404',
    '200',
  ]);
});
