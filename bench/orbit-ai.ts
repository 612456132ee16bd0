import { makeCustomers } from './customers.ts';
import type { Figures } from './figures.ts';
import { loadOrbit, timesOf } from './orbit-load.ts';
import { onDatabaseWithModels, withApp } from './server.ts';

const WORKSPACES = 16;
const SCOPES = 2;
const PAGES = 60;

/**
 * 16 workspaces have a document of sixty pages read into two scopes each, have these analysed and a section looked at, and export them, all at once, by a
 * provider that answers at once: the rest is our overhead.
 */
export function benchOrbitAi(say: (line: string) => void, flags: readonly string[] = []): Promise<Figures> {
  const isSmall = flags.includes('--small');
  const [workspaces, pages] = isSmall ? [2, PAGES / 10] : [WORKSPACES, PAGES];
  return onDatabaseWithModels(async (settings) => {
    const keys = await makeCustomers(settings, workspaces, 'orbit.team');
    return withApp(settings, { work: true, migrate: false }, async (app) => {
      const { url } = await app.server.listen();
      const began = performance.now();
      const loaded = await loadOrbit({ url, keys, pages, scopes: SCOPES });
      const seconds = (performance.now() - began) / 1_000;
      say(`${loaded.modelCalls} calls of a model and ${loaded.files} files in ${Math.round(seconds)} s`);
      const { extractions, modelCalls, sections, files } = loaded;
      return { workspaces, pages, extractions, modelCalls, sections, files, ...timesOf(loaded) };
    });
  });
}
