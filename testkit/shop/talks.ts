import { routesFor } from '#platform/http';
import { AppError } from '#platform/kernel';
import { z } from 'zod';
import type { Shop } from './shop.ts';

const route = routesFor<Shop>();

/** Says so many words, each in a frame where it is asked by a socket, and answers with how many were sent. */
export const say = route(
  'POST /v1/talks/:id',
  {
    summary: 'Says words',
    tag: 'Shop',
    auth: 'account',
    may: 'member',
    scope: 'shop:write',
    rate: { perMinute: 1_000, by: 'key' },
    socket: '/v1/talks/:id/stream',
    maxBody: 262_144,
    body: z.strictObject({ text: z.string(), times: z.int().default(2), ending: z.string().optional() }),
    reply: { 200: z.strictObject({ text: z.string(), sent: z.int(), key: z.string().nullable() }) },
    errors: ['conflict'],
    example: {
      params: { id: '0193a000-0000-7000-8000-000000000001' },
      body: { text: 'tea' },
      reply: { text: 'tea', sent: 2, key: null },
    },
  },
  async ({ body, wire: { socket }, origin, idempotencyKey }, shop) => {
    const times = socket === undefined ? 0 : body.times;
    let sent = 0;
    for (; sent < times; sent += 1) {
      shop.done.push('sent');
      if ((await socket?.send(body.text)) !== true) break;
    }
    if (body.ending === 'wait') await pause(shop, origin.signal);
    if (body.ending === 'refuse') throw new AppError('conflict', { retryAfter: 7 });
    origin.signal.throwIfAborted();
    return { text: body.text, sent, key: idempotencyKey ?? null };
  },
);

/** Waits until the test lets it go on, or its client hangs up; which of both it was. */
export async function pause(shop: Shop, signal: AbortSignal): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  shop.release = () => resolve('go');
  signal.addEventListener('abort', () => {
    shop.done.push('hung up');
    resolve('hung up');
  });
  shop.waiting.resolve();
  return promise;
}
