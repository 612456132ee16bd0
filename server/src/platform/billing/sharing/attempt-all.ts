import type { Logger } from '#platform/telemetry';

/**
 * Does the work for each item once, so many at a time. What fails is logged and keeps nothing else waiting: it is thrown when
 * the rest is done.
 */
export async function attemptAll<Item>(
  items: AsyncGenerator<Item, void> | IterableIterator<Item>,
  { log, atOnce = 1 }: { readonly log: Pick<Logger, 'error'>; readonly atOnce?: number },
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  const failures: unknown[] = [];
  const fail = (error: unknown) => {
    failures.push(error);
    log.error({ err: error }, 'sales, payouts and top-ups could not go on');
  };
  const lane = async () => {
    for await (const item of items) await work(item).catch(fail);
  };
  await Promise.all(Array.from({ length: atOnce }, () => lane().catch(fail)));
  if (failures.length > 0) throw new AggregateError(failures, 'sales, payouts and top-ups could not go on');
}
