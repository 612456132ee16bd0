/** The provider of `npm run bench -- doors`: always the same answer of a protocol. It is forked. */
import { createServer } from 'node:http';
import { serveAsChild } from '../gateway/child.ts';
import { EXCHANGES } from './answers.ts';

const server = createServer((request, response) => {
  const found = Object.values(EXCHANGES).find(({ path, asks = path }) => request.url?.endsWith(asks));
  const body = found?.answer ?? Buffer.from('{}');
  // An answer before the end of the request would leave the connection unusable.
  request.resume().once('end', () => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    response.end(body);
  });
});
await serveAsChild(server);
