import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, describe, expect, test } from 'vitest';
import { type EventStream, type EventStreamOptions, openEvents, wantsEvents } from './index.ts';

/** A stream on the server's side, with its answer. */
interface Opened {
  readonly stream: EventStream;
  readonly response: ServerResponse;
}

let options: Partial<EventStreamOptions> = {};
let opened = Promise.withResolvers<Opened>();
const server = createServer((_request, response) => {
  const never = new AbortController().signal;
  const stream = openEvents({ take: () => response }, { signal: never, longest: 60_000, ...options });
  opened.resolve({ stream, response });
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function openedBy<Client>(client: () => Client, how: Partial<EventStreamOptions> = {}) {
  options = how;
  opened = Promise.withResolvers();
  const asked = client();
  return { asked, ...(await opened.promise) };
}

const get = () => fetch(`http://127.0.0.1:${port}`);
const neverReading = () => {
  const socket = connect(port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  return socket.pause();
};

describe('a stream of events', () => {
  test('is as the protocol has it: an event is an id, a name and one line of data', async () => {
    const { asked, stream } = await openedBy(get);
    expect(await stream.send({ event: 'line', id: '1.0', data: { text: 'one\ntwo\r\n\nid: 9' } })).toBe(true);
    stream.end();
    const response = await asked;
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('cache-control')).toContain('no-transform');
    expect(await response.text()).toBe(
      'retry: 1000\n\nid: 1.0\nevent: line\ndata: {"text":"one\\ntwo\\r\\n\\nid: 9"}\n\n',
    );
  });

  test('ends when its time is up, and sends nothing any more', async () => {
    const { asked, stream } = await openedBy(get, { longest: 1 });
    if (!stream.closed.aborted) await once(stream.closed, 'abort');
    expect(await stream.send({ event: 'late', id: '1', data: {} })).toBe(false);
    stream.end();
    expect(await (await asked).text()).not.toContain('late');
  });

  test('ends when the server stops', async () => {
    const stops = new AbortController();
    const { asked, stream } = await openedBy(get, { signal: stops.signal });
    stops.abort();
    expect(await stream.send({ event: 'late', id: '1', data: {} })).toBe(false);
    stream.end();
    expect(await (await asked).text()).not.toContain('late');
  });

  test('waits for a client that does not read, and holds no more than one event beyond the socket’s buffer', async () => {
    const { asked: socket, stream, response } = await openedBy(neverReading);
    const data = 'x'.repeat(16_384);
    let [written, most] = [0, 0];
    const sending = (async () => {
      for (let n = 0; n < 4_000; n += 1) {
        const sent = stream.send({ event: 'more', id: String(n), data });
        written = n;
        most = Math.max(most, response.writableLength);
        if (!(await sent)) return;
      }
    })();
    let before = -1;
    const isStuck = () => {
      const last = before;
      before = written;
      return last === written;
    };
    await expect.poll(isStuck).toBe(true);
    stream.end();
    await sending;
    expect(most).toBeLessThan(1_048_576);
    // The rest that it has left unread is not waited for.
    expect(response.destroyed).toBe(true);
    socket.destroy();
  });

  test.each([
    ['text/event-stream', true],
    ['text/html, Text/Event-Stream;q=0.9', true],
    ['application/json', false],
    ['*/*', false],
  ])('is asked for by accepting it: %s → %s', (accept, wanted) => {
    expect(wantsEvents({ accept })).toBe(wanted);
  });
});
