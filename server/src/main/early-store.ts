import { existsSync } from 'node:fs';
import { readConfig, teamConfig } from '#platform/config';
import { openStore, type Store } from '#platform/db';
import { crashingAt } from './crash-hook.ts';
import { preparedFile } from './prepared-file.ts';

/** Verbs that run the server. */
const SERVING = new Set(['start', 'serve', 'worker']);

/**
 * Begins to open the embedded database for a verb that serves: it takes half of a start, in a thread of its own, and meanwhile products
 * are loaded. undefined: another verb or engine; settings that are refused once all of them are declared; or there is none yet, for a
 * start that is refused makes nothing.
 */
export function beginStore(
  verb: string,
  words: readonly string[],
  given: NodeJS.ProcessEnv,
): Promise<Store> | undefined {
  if (!SERVING.has(verb) || words.length > 0) return undefined;
  try {
    // Nothing is opened in a folder that is no team's.
    teamConfig();
    const config = readConfig(given);
    const { database, crashAt } = config;
    if (database.engine !== 'pglite' || !existsSync(database.dataDir)) return undefined;
    const store = openStore(config, crashingAt(crashAt), preparedFile(config));
    store.catch(() => {});
    return store;
  } catch {
    return undefined;
  }
}

/** Closes it again, where the start ends before it is used. */
export async function abandonStore(store: Promise<Store> | undefined): Promise<void> {
  await store?.then(
    (opened) => opened.close(),
    () => {},
  );
}
