import { expect, test } from 'vitest';
import { routesFor } from '#platform/http';
import { AppError } from '#platform/kernel';
import { testDatabase } from '@plinth/testkit/services';
import { serve } from '@plinth/testkit/shop';
import { z } from 'zod';

const { db } = await testDatabase();

test('a call that was given up makes no further calls, takes no response and fails once', async () => {
  const ended = Promise.withResolvers<unknown[]>();
  const late = routesFor<object>()(
    'GET /v1/late',
    {
      summary: 'Goes on after it was given up',
      tag: 'Shop',
      auth: 'none',
      rate: { perMinute: 1_000, by: 'ip' },
      reply: { 200: z.strictObject({}) },
      example: { reply: {} },
    },
    async ({ wire, origin: { signal } }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      const failure = await wire.call({ method: 'GET', path: '/healthz' }).catch((error: unknown) => error);
      try {
        wire.take();
      } catch (error) {
        ended.resolve([failure, error]);
        throw error;
      }
      return {};
    },
  );
  const mounted = [{ module: 'late', routes: [late], service: {} }];
  const { call, lines } = await serve({ callSeconds: 0.2 }, { mounted }, db);
  expect((await call('/v1/late')).status).toBe(503);
  const failures = await ended.promise;
  expect(failures).toEqual([expect.any(AppError), expect.any(AppError)]);
  expect(new Set(failures).size).toBe(1);
  // It is answered after the handler's end.
  expect((await call('/v1/unknown')).status).toBe(404);
  expect(lines.filter((line) => line.includes('a call failed'))).toHaveLength(1);
});
