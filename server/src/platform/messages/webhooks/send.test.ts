import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { commitPoint } from '#platform/db';
import { testDatabase } from '@plinth/testkit/services';
import { createSend } from './index.ts';

const { db } = await testDatabase();
const NOW = Date.parse('2026-11-20T08:00:00Z');
const servers: Server[] = [];
const looked: string[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.closeAllConnections();
  looked.length = 0;
});

async function listen(behave: RequestListener): Promise<number> {
  const server = createServer(behave).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function send(url: string, options: { leadsTo?: string; patience?: number; allowLoopback?: boolean } = {}) {
  const { leadsTo = '127.0.0.1', patience = 10_000, allowLoopback = true } = options;
  const post = createSend({
    allowLoopback,
    timeout: patience,
    now: () => NOW,
    resolve: async (host) => {
      looked.push(host);
      return [{ address: leadsTo, family: 4 }];
    },
  });
  return post({ url, headers: {}, body: '{}', signal: new AbortController().signal });
}

describe('a message', () => {
  test('goes to where its name led when it was checked, and the name is asked for once', async () => {
    const port = await listen((request, response) => response.end(request.headers.host));
    expect(await send(`http://hooks.localhost:${port}/`)).toEqual({
      kind: 'answered',
      status: 200,
      answer: `hooks.localhost:${port}`,
      retryAfter: undefined,
    });
    expect(looked).toEqual(['hooks.localhost']);
  });

  test.each(['127.0.0.1', '10.0.0.1', '169.254.169.254'])(
    'is not sent to %s in production',
    async (address) => {
      let arrived = 0;
      const port = await listen((_request, response) => {
        arrived += 1;
        response.end();
      });
      const refused = { kind: 'unanswered', error: 'refused_address' };
      expect(
        await send(`https://rebinds.example.com:${port}/`, { leadsTo: address, allowLoopback: false }),
      ).toEqual(refused);
      expect(await send(`https://${address}:${port}/`, { allowLoopback: false })).toEqual(refused);
      expect(arrived).toBe(0);
    },
  );

  test.each([
    ['never answers', () => {}],
    [
      'never ends its answer',
      (_request: unknown, response: { write(text: string): void }) => response.write('a'),
    ],
  ])('to an endpoint that %s is over when patience is', async (_what, behave) => {
    const port = await listen(behave);
    expect(await send(`http://127.0.0.1:${port}/`, { patience: 100 })).toEqual({
      kind: 'unanswered',
      error: 'timeout',
    });
  });

  test('to an endpoint that answers without end is read no further than what is kept', async () => {
    const port = await listen((_request, response) => {
      const more = () => {
        while (response.write('a'.repeat(10_000)));
      };
      response.on('drain', more);
      more();
    });
    const sent = await send(`http://127.0.0.1:${port}/`);
    expect(sent.kind === 'answered' && sent.answer.length).toBe(500);
  });

  test('to nobody at all is unreachable', async () => {
    const port = await listen(() => {});
    const [server] = servers.splice(0);
    server?.close();
    expect(await send(`http://127.0.0.1:${port}/`)).toEqual({ kind: 'unanswered', error: 'unreachable' });
  });

  test.each([
    ['30', 30],
    ['Fri, 20 Nov 2026 08:02:00 GMT', 120],
    ['Fri, 20 Nov 2020 08:02:00 GMT', 0],
    ['soon', undefined],
  ])('that is answered with Retry-After: %s has it read', async (header, retryAfter) => {
    const port = await listen((_request, response) =>
      response.writeHead(503, { 'retry-after': header }).end(),
    );
    expect(await send(`http://127.0.0.1:${port}/`)).toMatchObject({ retryAfter });
  });

  test('is never sent inside a transaction', async () => {
    const point = commitPoint('test.webhooks.sending', 'nothing');
    const sending = db.system('webhooks.delivery', point, () => send('http://127.0.0.1:1/'));
    await expect(sending).rejects.toThrow('inside a database transaction');
  });
});
