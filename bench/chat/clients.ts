/** The clients of `npm run bench -- chat`, in a process of their own: it is forked, told what to ask, and says when it is done. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { endWithParent } from '../gateway/child.ts';

export interface ClientOrder {
  /** `idle`: sockets that stay open. */
  readonly way: 'socket' | 'events' | 'idle';
  readonly origin: string;
  readonly times: number;
  readonly spread: boolean;
  readonly calls: number;
}

/** Sockets that open at once. */
const AT_ONCE = 100;

endWithParent();
process.on('message', (order: ClientOrder) => {
  run(order).then(
    () => process.send?.('done'),
    (error: unknown) => process.send?.(String(error)),
  );
});
process.send?.('ready');

async function run(order: ClientOrder): Promise<void> {
  const { way, calls } = order;
  if (way === 'idle') {
    for (let left = calls; left > 0; left -= AT_ONCE)
      await Promise.all(Array.from({ length: Math.min(left, AT_ONCE) }, () => openIdle(order)));
    // The last of them have been heard when one that came after them has an answer.
    await bySocket({ ...order, times: 1 });
    return;
  }
  for (let n = 0; n < calls; n += 1) await (way === 'socket' ? bySocket(order) : byEvents(order));
}

const socketOf = ({ origin }: ClientOrder) =>
  new WebSocket(`${origin.replace('http', 'ws')}/v1/frames/stream`, { perMessageDeflate: false });
const frameOf = ({ times, spread }: ClientOrder) => JSON.stringify({ times, spread, access_token: 'bench' });

async function openIdle(order: ClientOrder): Promise<void> {
  const socket = socketOf(order);
  await once(socket, 'open');
  socket.send(frameOf(order));
}

async function bySocket(order: ClientOrder): Promise<void> {
  const socket = socketOf(order);
  let frames = 0;
  socket.on('open', () => socket.send(frameOf(order)));
  socket.on('message', () => (frames += 1));
  const [code] = await once(socket, 'close');
  if (code !== 1_000 || frames !== order.times + 1)
    throw new Error(`${frames} frames, closed with ${String(code)}`);
}

async function byEvents({ origin, times, spread }: ClientOrder): Promise<void> {
  const response = await fetch(`${origin}/v1/events`, {
    method: 'POST',
    headers: {
      authorization: 'Bearer bench',
      accept: 'text/event-stream',
      'content-type': 'application/json',
    },
    body: JSON.stringify({ times, spread }),
  });
  let bytes = 0;
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) bytes += chunk.length;
  if (response.status !== 200 || bytes < times * 30)
    throw new Error(`${bytes} bytes, status ${response.status}`);
}
