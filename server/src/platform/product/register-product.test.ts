import { expect, test } from 'vitest';
import type { RunningJob } from '#platform/jobs';
import { createIds, systemClock, systemRandom } from '#platform/kernel';
import { createQueue } from '#platform/queue';
import { defineProduct, type ProductJob } from './index.ts';
import { registerPart } from './register-product.ts';

const ids = createIds({ clock: systemClock, random: systemRandom });

/** A queue's knowledge of a product, and the jobs that were run when each of its kinds was. */
async function register({ isOff }: { readonly isOff: boolean }) {
  const ran: string[] = [];
  const job = (name: string, more: Partial<ProductJob<undefined>> = {}): ProductJob<undefined> => ({
    run: async () => void ran.push(name),
    ...more,
  });
  const product = defineProduct({
    key: 'demo',
    name: 'Demo',
    holds: 'both',
    limits: {},
    features: {},
    plans: { free: { name: 'Free', rank: 1, price: { currency: 'usd', monthly: 0 }, grants: {} } },
    routes: [],
    jobs: {
      write: job('write'),
      letter: job('letter', { whenOff: 'runs' }),
      purge: job('purge'),
      digest: job('digest', { whenOff: 'ends' }),
    },
    schedules: { nightly: { cron: '0 3 * * *', job: 'purge' }, hourly: { cron: '0 * * * *', job: 'digest' } },
    service: () => undefined,
  });
  const { catalogue, parts } = product;
  const queue = createQueue<RunningJob>({ db: { signal() {} }, ids });
  const chosen = isOff ? { ...product, catalogue: { ...catalogue, isOff } } : product;
  const nothing = { entitlements: {} as never, customers: {} as never, ledger: {} as never };
  for (const part of parts)
    registerPart({ queue, ...nothing }, { product: chosen, part, service: undefined });
  const ended = await Promise.allSettled(
    [...queue.handlers.values()].map(({ run }) => run({} as RunningJob)),
  );
  const failures = ended.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
  return { ran, failures, schedules: [...queue.schedules.keys()] };
}

test('of a product that is off jobs that serve somebody end, and what deletes and books goes on', async () => {
  expect(await register({ isOff: true })).toMatchObject({
    ran: ['letter', 'purge'],
    failures: [{ code: 'product_off' }, { code: 'product_off' }],
    schedules: ['demo.nightly'],
  });
  expect(await register({ isOff: false })).toEqual({
    ran: ['write', 'letter', 'purge', 'digest'],
    failures: [],
    schedules: ['demo.nightly', 'demo.hourly'],
  });
});
