import type { Prices } from './prices.ts';

/** Prices that may change while the program runs. */
export function pricesNow(now: () => Prices): Prices {
  return {
    get version() {
      return now().version;
    },
    get default() {
      return now().default;
    },
    get names() {
      return now().names;
    },
    of: (provider, model) => now().of(provider, model),
    has: (provider, model) => now().has(provider, model),
  };
}
