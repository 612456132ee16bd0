import type { ShareLedger } from '#platform/billing';
import type { Customers } from '#platform/customers';
import { type Entitlements, isRunning, productOff } from '#platform/entitlements';
import type { RunningJob } from '#platform/jobs';
import type { Queue } from '#platform/queue';
import type { Product } from './define-product.ts';
import type { Part } from './part.ts';

/** How often a job is tried that does not say so. */
const TRIES = 3;

/** A part of a product in a process, with the service that it made. */
export interface OpenPart {
  readonly product: Product;
  readonly part: Part;
  readonly service: unknown;
}

/**
 * Registers a part's jobs, schedules, hooks and finder of accounts. Jobs of a product that is off end, but those that delete, close or
 * book.
 */
export function registerPart(
  parts: {
    readonly queue: Pick<Queue<RunningJob>, 'handle' | 'schedule'>;
    readonly entitlements: Entitlements;
    readonly customers: Pick<Customers, 'findBy'>;
    readonly ledger: Pick<ShareLedger, 'onChange'>;
  },
  { product, part, service }: OpenPart,
): void {
  const { queue, entitlements, customers, ledger } = parts;
  const { key } = product;
  const { onEntitlementChanged, onSale, onPayeeChanged, findAccounts } = part;
  const own = service as never;
  const resting = isRunning(product.catalogue) ? new Set() : endingJobs(part);
  for (const [name, { attempts = TRIES, atOnce, run, giveUp, reviving }] of Object.entries(part.jobs)) {
    queue.handle({
      kind: `${key}.${name}`,
      attempts,
      ...(atOnce === undefined ? {} : { atOnce }),
      run: (job) => (resting.has(name) ? Promise.reject(productOff(product.catalogue)) : run(own, job)),
      giveUp: async (job, failure) => giveUp?.(own, job, failure),
      ...(reviving === undefined ? {} : { reviving: (job) => reviving(own, job) }),
    });
  }
  for (const [name, { cron, job }] of Object.entries(part.schedules)) {
    if (!resting.has(job)) queue.schedule({ name: `${key}.${name}`, cron, kind: `${key}.${job}` });
  }
  if (onEntitlementChanged !== undefined)
    entitlements.onChanged(key, (tx, change) => onEntitlementChanged(own, tx, change));
  if (onSale !== undefined)
    ledger.onChange(key, {
      sale: (tx, change) => onSale(own, tx, change),
      payee: async (tx, change) => onPayeeChanged?.(own, tx, change),
    });
  if (findAccounts !== undefined) customers.findBy(findAccounts.by, (text) => findAccounts.find(own, text));
}

/** The jobs that end while the product is off. */
function endingJobs({ jobs, schedules }: Part): ReadonlySet<string> {
  const scheduled = new Set(Object.values(schedules).map(({ job }) => job));
  const ending = Object.entries(jobs).filter(
    ([name, { whenOff = scheduled.has(name) ? 'runs' : 'ends' }]) => whenOff === 'ends',
  );
  return new Set(ending.map(([name]) => name));
}
