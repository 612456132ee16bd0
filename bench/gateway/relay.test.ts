import { once } from 'node:events';
import { createServer, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { requestOf } from './answers.ts';
import { startChild } from './child.ts';

test.each(['bytes', 'parsed'])(
  'a relay (%s) whose caller leaves lets go of the upstream, which else would wait to be read for ever',
  async (mode) => {
    const asked = Promise.withResolvers<ServerResponse>();
    const upstream = createServer((incoming, response) => {
      incoming.resume();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: {}\n\n');
      asked.resolve(response);
    });
    upstream.listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    const { port } = upstream.address() as AddressInfo;
    const relay = await startChild('relay.ts', { words: [String(port), mode] });
    try {
      const call = request({
        host: '127.0.0.1',
        port: Number(relay.said),
        method: 'POST',
        path: '/stream/v1',
      });
      call.on('error', () => {});
      call.end(requestOf('stream', 10));
      const response = await asked.promise;
      const left = once(response, 'close');
      await once(call, 'response');
      call.destroy();
      await left;
      expect(response.writableFinished).toBe(false);
    } finally {
      await relay.stop();
      upstream.close();
    }
  },
);
