import type { RunningJob } from '#platform/jobs';
import type { Queue } from '#platform/queue';
import type { Product } from './define-product.ts';

/** Registers what a product runs outside of requests, with the service that the product itself made. */
export function registerJobs(
  queue: Pick<Queue<RunningJob>, 'handle' | 'schedule'>,
  product: Product,
  service: unknown,
): void {
  const own = service as never;
  for (const [name, { attempts, run, giveUp, reviving }] of Object.entries(product.jobs)) {
    queue.handle({
      kind: `${product.key}.${name}`,
      attempts,
      run: (job) => run(own, job),
      giveUp: (job, failure) => giveUp(own, job, failure),
      ...(reviving === undefined ? {} : { reviving: (job) => reviving(own, job) }),
    });
  }
  for (const [name, { cron, job }] of Object.entries(product.schedules)) {
    queue.schedule({ name: `${product.key}.${name}`, cron, kind: `${product.key}.${job}` });
  }
}
