import { ratesOf, type Route, takesProductKey } from '#platform/http';
import { forgetRates } from '../services/forget-rates.ts';
import type { WalkedApp } from './walked-app.ts';

/** Rates that several routes share: of a plan, a machine or an email. Each allows more than so many calls in a minute. */
const SHARED = { name: 'shared', most: 5 };

/** Calls since rates were forgotten, by the route. */
const counted = new WeakMap<WalkedApp, Map<string, number>>();

/**
 * Forgets rates before a call that one of them could refuse. To forget them before each call costs more
 * than most calls do: the next one finds neither a row nor a lease.
 */
export async function makeRoom(app: WalkedApp, route: Route): Promise<void> {
  const counts = counted.get(app) ?? new Map<string, number>();
  counted.set(app, counts);
  const { rateOf, soldRates = [] } = route.shape;
  const isShared = rateOf !== undefined || soldRates.length > 0 || takesProductKey(route);
  // Some calls are made past this count: half of the room is left to them.
  const own = Math.ceil(Math.min(...ratesOf(route).map(({ perMinute }) => perMinute)) / 2);
  const rates = [{ name: route.name, most: own }, ...(isShared ? [SHARED] : [])];
  if (rates.some(({ name, most }) => (counts.get(name) ?? 0) >= most)) {
    await forgetRates(app);
    counts.clear();
  }
  for (const { name } of rates) counts.set(name, (counts.get(name) ?? 0) + 1);
}
