import { createServer, type ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { readConfig } from '#platform/config';
import { smoke } from './smoke.ts';

const READY = '{"status":"ready"}';

/** Tries a server that answers so; answers why it is none, and what it was asked. */
async function tried(answer: (path: string, response: ServerResponse) => void) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    answer(request.url ?? '', response);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const config = readConfig({ SMOKE_EMAIL: 'ada@example.com', SMOKE_PASSWORD: 'secret' });
  const failure = await smoke({ config, version: '1', words: [`http://127.0.0.1:${port}`] }).catch(
    (error: unknown) => error,
  );
  server.close();
  server.closeAllConnections();
  return { asked, why: failure instanceof Error ? failure.message : failure };
}

test('a page that answers 200 to everything is no server, and gets no password', async () => {
  for (const page of ['<html>welcome</html>', '[1]', '{"status":"ok"}']) {
    const { asked, why } = await tried((_, response) => void response.end(page));
    expect([asked, why]).toEqual([
      ['/readyz'],
      expect.stringMatching(/is this (its address|the address of Plinth)\?$/),
    ]);
  }
});

test('a redirect is named and not followed: the password stays with the server that was named', async () => {
  const { asked, why } = await tried((path, response) => {
    if (path === '/readyz') response.end(READY);
    else response.writeHead(308, { location: path.replace('login', 'elsewhere') }).end();
  });
  expect(asked).toEqual(['/readyz', '/v1/auth/login']);
  expect(why).toMatch(/was answered 308, which leads to \/v1\/auth\/elsewhere/);
});

test('an answer that is cut off is said in a sentence', async () => {
  const { why } = await tried((_, response) => {
    response.writeHead(200, { 'content-length': '99' });
    response.write(READY, () => response.destroy());
  });
  expect(why).toMatch(/^The answer to GET \/readyz broke off \(/);
});
