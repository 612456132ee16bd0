import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { chanceOf } from './chance.ts';
import { openLink } from './link.ts';

test('bytes keep their order, as in TCP: what a torn chunk still passes does not overtake what is slow', async () => {
  let far: Socket | undefined;
  const server = createServer((socket) => (far = socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const slow = Promise.withResolvers<void>();
  const torn = Promise.withResolvers<void>();
  const link = await openLink((server.address() as AddressInfo).port, {
    ...chanceOf('link'),
    // The link asks how long it is to hold back what it has read.
    between(least) {
      slow.resolve();
      return least;
    },
  });
  const near = createConnection(link.port, '127.0.0.1').setNoDelay(true);
  near.write('0');
  await once(server, 'connection');
  let heard = '';
  far?.setEncoding('utf8').on('data', (text: string) => (heard += text));
  await expect.poll(() => heard).toBe('0');

  link.delay = [50, 50];
  near.write('1');
  await slow.promise;
  link.silence((chunk) => {
    torn.resolve();
    return chunk.length - 1;
  });
  near.write('234');
  await torn.promise;
  link.delay = [0, 0];
  link.resume();
  await expect.poll(() => heard).toBe('01234');

  near.destroy();
  await link.close();
  server.close();
});
