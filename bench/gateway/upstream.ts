/** The provider of `npm run bench -- gateway`: always the same answer, for as little work as can be. It is forked. */
import { createServer, type ServerResponse } from 'node:http';
import { eventsOf, PACE, PLAIN } from './answers.ts';
import { serveAsChild } from './child.ts';

/** Events of an unpaced answer go out so many at once: they come in several reads, as from a fast provider. */
const AT_ONCE = 8;

const stream = eventsOf('stream');
const paced = eventsOf('paced');
const bursts = Array.from({ length: Math.ceil(stream.length / AT_ONCE) }, (_, n) =>
  Buffer.concat(stream.slice(n * AT_ONCE, (n + 1) * AT_ONCE)),
);

const server = createServer((request, response) => {
  // An answer before the end of the request would leave the connection unusable.
  request.resume().once('end', () => answer(request.url ?? '', response));
});
await serveAsChild(server);

function answer(path: string, response: ServerResponse): void {
  if (path.startsWith('/plain/')) {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': PLAIN.length });
    response.end(PLAIN);
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  if (path.startsWith('/stream/')) burst(response, 0);
  else setTimeout(pace, PACE, response, 0);
}

function burst(response: ServerResponse, n: number): void {
  const next = bursts[n];
  if (next === undefined || response.destroyed) return void response.end();
  response.write(next);
  setImmediate(burst, response, n + 1);
}

function pace(response: ServerResponse, n: number): void {
  const isLast = n >= paced.length - 3;
  if (response.destroyed) return;
  if (isLast) {
    response.end(Buffer.concat(paced.slice(n)));
    return;
  }
  const next = paced[n];
  if (next !== undefined) response.write(next);
  setTimeout(pace, PACE, response, n + 1);
}
