import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { helplinesState, upstreamBy } from './doctor.ts';

test('doctor warns of helplines that nobody has looked at for a year, and of no others', () => {
  expect(helplinesState(new Date('2026-12-01'))).toBe('looked at within the last year');
  expect(helplinesState(new Date('2028-01-01'))).toMatch(
    /^WARNING: nobody has looked at these for a year: .*US: 988/,
  );
});

test.each<[settings: { speaks?: 'messages'[] | 'gemini'[]; authHeader?: string }, header: string]>([
  [{}, 'authorization'],
  [{ authHeader: 'api-key' }, 'api-key'],
  [{ speaks: ['messages'] }, 'x-api-key'],
  [{ speaks: ['gemini'] }, 'x-goog-api-key'],
])('doctor shows a key to an upstream of %o in the header %s', async (settings, header) => {
  const server = createServer((request, response) => {
    response.statusCode = request.headers[header]?.includes('the key') === true ? 200 : 401;
    response.end();
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const setting = {
    name: 'own',
    baseUrl: `http://127.0.0.1:${port}/v1`,
    apiKey: 'the key',
    models: undefined,
    ...settings,
  };
  expect(await upstreamBy(setting)).toBe('reachable, the key is accepted');
});
