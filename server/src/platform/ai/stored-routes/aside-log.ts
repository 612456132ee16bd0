import type { AiLogger } from '../ports.ts';
import type { Providers } from '../providers/providers.ts';

/** Logs each stored route that is left aside, once for as long as it is. */
export function createAsideLog(logger: AiLogger | undefined) {
  let told = new Set<string>();
  return (aside: Providers['aside']): void => {
    const now = new Set<string>();
    for (const [alias, faults] of aside) {
      const problems = faults.map(({ path, message }) => `${path}: ${message}`);
      const id = JSON.stringify([alias, problems]);
      now.add(id);
      if (!told.has(id))
        logger?.error({ alias, problems }, 'a stored route is left aside: what lies beneath it holds');
    }
    told = now;
  };
}
