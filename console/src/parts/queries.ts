import { type InvalidateQueryFilters, QueryClient } from '@tanstack/react-query';

/**
 * The library takes a first answer that is under way for new, also where it was asked for before the
 * change that makes it old. Here such an answer is asked for again when it is there.
 */
export class Queries extends QueryClient {
  override async invalidateQueries(filters?: InvalidateQueryFilters) {
    const first = this.getQueryCache()
      .findAll(filters)
      .filter(({ state }) => state.data === undefined)
      .map(({ promise, queryKey }) => promise?.then(() => super.invalidateQueries({ queryKey })));
    await Promise.allSettled([super.invalidateQueries(filters), ...first]);
  }
}
