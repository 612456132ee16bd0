/**
 * The least that can stand between a caller and a provider, for comparison: bytes as they come, or (`parsed`) with the request and
 * every answer read as JSON, as counting tokens requires. It is forked with the upstream's port and the mode.
 */
import { Agent, createServer, type IncomingMessage, request as ask, type ServerResponse } from 'node:http';
import { serveAsChild } from './child.ts';

const [port = '', mode = ''] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: 1_000 });
/** What was read, so that no compiler can find the reading idle. */
let tokens = 0;

const server = createServer((request, response) => {
  if (mode === 'parsed') void relayParsed(request, response);
  else relay(request, response);
});
await serveAsChild(server);

function open(incoming: IncomingMessage, response: ServerResponse) {
  const { 'content-type': type, 'content-length': length, authorization } = incoming.headers;
  const headers = Object.fromEntries(
    Object.entries({ 'content-type': type, 'content-length': length, authorization }).filter(
      ([, value]) => value !== undefined,
    ),
  );
  const outgoing = ask({ agent, host: '127.0.0.1', port, path: incoming.url, method: 'POST', headers });
  // A caller who left stops the answer's reading for good: without this the upstream's connection would wait for ever.
  response.once('close', () => {
    if (!response.writableFinished) outgoing.destroy();
  });
  outgoing.once('error', () => response.destroy());
  return outgoing;
}

function begin(answer: IncomingMessage, response: ServerResponse): void {
  const { 'content-type': type = '', 'content-length': length } = answer.headers;
  response.writeHead(answer.statusCode ?? 502, {
    'content-type': type,
    ...(length === undefined ? {} : { 'content-length': length }),
  });
}

function relay(incoming: IncomingMessage, response: ServerResponse): void {
  const outgoing = open(incoming, response);
  outgoing.once('response', (answer: IncomingMessage) => {
    begin(answer, response);
    answer.pipe(response);
  });
  incoming.pipe(outgoing);
}

async function relayParsed(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const outgoing = open(incoming, response);
  const body = await wholeOf(incoming);
  const { stream } = JSON.parse(body.toString('utf8')) as { stream?: boolean };
  outgoing.once('response', (answer: IncomingMessage) => {
    if (stream === true) void relayEvents(answer, response);
    else void relayAnswer(answer, response);
  });
  outgoing.end(body);
}

async function relayAnswer(answer: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await wholeOf(answer);
  count(body.toString('utf8'));
  begin(answer, response);
  response.end(body);
}

async function relayEvents(answer: IncomingMessage, response: ServerResponse): Promise<void> {
  begin(answer, response);
  let rest = '';
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    response.write(chunk);
    const lines = (rest + chunk.toString('utf8')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('data: {')) count(line.slice('data: '.length));
  }
  response.end();
}

function count(text: string): void {
  const { usage } = JSON.parse(text) as { usage?: { total_tokens?: number } };
  tokens += usage?.total_tokens ?? 0;
}

async function wholeOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
