import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { createOpenAISandbox } from '#sandbox/openai';
import { skipInterim } from './interim.ts';
import { makeFixture } from '@plinth/testkit/fixtures/ai/fixture';
import { chat, plain } from '@plinth/testkit/fixtures/ai/open';
import { recordingPermit } from '@plinth/testkit/fixtures/ai/permit';
import { plainAnswer } from '@plinth/testkit/fixtures/ai/upstream';

const fixture = makeFixture(createOpenAISandbox);
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
const HINTS = 'HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n';
const final = (body: string): string =>
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

/** A connection in the hands of a test, and what its HTTP client reads of it. */
function connection() {
  const socket = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() });
  socket.on('error', () => {});
  skipInterim(socket);
  return {
    ask: () => void socket.write('POST / HTTP/1.1\r\n\r\n'),
    /** The text that is read after the provider has sent so much more. */
    sent(text: string): string {
      socket.push(text, 'latin1');
      let all = '';
      for (let chunk: unknown = socket.read(); chunk !== null; chunk = socket.read())
        all += (chunk as Buffer).toString('latin1');
      return all;
    },
    failure: () => socket.errored?.message,
  };
}

describe('interim answers of a connection', () => {
  test('are skipped wherever the network cuts them, and all else is read as it came', () => {
    const answer = final('{"tea":"HTTP/1.1 100 "}');
    const all = CONTINUE + HINTS + CONTINUE + answer;
    for (let cut = 0; cut <= all.length; cut += 1) {
      const { ask, sent } = connection();
      ask();
      expect(sent(all.slice(0, cut)) + sent(all.slice(cut))).toBe(answer);
    }
  });

  test('are skipped before each answer of a connection, and byte by byte', () => {
    const { ask, sent } = connection();
    for (const answer of [final('one'), final('two'), final('')]) {
      ask();
      expect(Array.from(CONTINUE + answer, sent).join('')).toBe(answer);
    }
  });

  test('are not looked for within an answer', () => {
    const { ask, sent } = connection();
    ask();
    const head = `HTTP/1.1 200 OK\r\ncontent-length: ${CONTINUE.length}\r\n\r\n`;
    expect(sent(head)).toBe(head);
    expect(sent(CONTINUE)).toBe(CONTINUE);
  });

  test.each([
    ['one after the other', CONTINUE, CONTINUE],
    ['in one that has no end', CONTINUE.slice(0, -2), 'x: '.padEnd(100, 'x')],
  ])('end the connection when they go on for ever, %s', (_what, part, more) => {
    const { ask, sent, failure } = connection();
    ask();
    for (let n = 0; n < 1_000; n += 1) expect(sent(n === 0 ? part : more)).toBe('');
    expect(failure()).toContain('interim');
  });
});

test('a provider that says 100 and 103 before its answers costs no try, over one connection or two', async () => {
  let connections = 0;
  const server = createServer((socket: Socket) => {
    connections += 1;
    socket.on('error', () => {});
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (!received.endsWith('}')) return;
      received = '';
      socket.write(CONTINUE + HINTS);
      socket.write(final(plainAnswer('tea')));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const upstreams = [
    { name: 'sandbox', baseUrl: `http://127.0.0.1:${port}/v1`, apiKey: 'k', connections: 1 },
  ];
  const here = fixture.open({ upstreams });
  for (let n = 0; n < 3; n += 1) {
    const permit = recordingPermit();
    plain(await here.call(permit, { feature: 'chat', wire: chat() }));
    expect(permit.states).toEqual(['served']);
  }
  expect(connections).toBe(1);
  await here.close();
  server.close();
});
