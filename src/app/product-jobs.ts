import type { Entitlements } from '#platform/entitlements';
import type { Jobs } from '#platform/jobs';
import type { Product } from '#platform/product';

/** Registers what a product does when an entitlement in it changes, with the service that the product itself made. */
export function handleChanges(entitlements: Entitlements, product: Product, service: unknown): void {
  const { key, onEntitlementChanged: hook } = product;
  if (hook !== undefined) entitlements.onChanged(key, (tx, change) => hook(service as never, tx, change));
}

/** Registers what a product runs outside of requests, with the service that the product itself made. */
export function handleJobs(jobs: Jobs, product: Product, service: unknown): void {
  const own = service as never;
  for (const [name, { attempts, run, giveUp, reviving }] of Object.entries(product.jobs)) {
    jobs.handle({
      kind: `${product.key}.${name}`,
      attempts,
      run: (job) => run(own, job),
      giveUp: (job, failure) => giveUp(own, job, failure),
      ...(reviving === undefined ? {} : { reviving: (job) => reviving(own, job) }),
    });
  }
  for (const [name, { cron, job }] of Object.entries(product.schedules)) {
    jobs.schedule({ name: `${product.key}.${name}`, cron, kind: `${product.key}.${job}` });
  }
}
