import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { inject } from 'vitest';
import { openDatabase } from '#platform/db';
import {
  clonedInstallation,
  embeddedInstallation,
  type Installation,
  startOnce,
} from '@plinth/testkit/crash/installation';
import { makeRunFolder, MEMORY } from '@plinth/testkit/services/folders';
import { UNOPTIMISED } from '@plinth/testkit/services/programs';

/** The states in which a program may find its installation. */
export interface Installations {
  /** The schema, and nothing in it. */
  readonly empty: Installation;
  /** After a first start: an owner with the best plans and a key. */
  readonly owned: Installation;
  remove(): Promise<void>;
}

/** Makes both states once, of the databases of the run. */
export async function makeInstallations(): Promise<Installations> {
  setFlagsFromString(UNOPTIMISED);
  const services = inject('services');
  const root = await makeRunFolder(MEMORY).catch(() => makeRunFolder(tmpdir()));
  const empty =
    services.engine === 'pglite'
      ? await embedded(root, services.template)
      : await clonedInstallation(root, services, { database: services.template });
  const owned = await empty.copy();
  await startOnce(owned);
  return {
    empty,
    owned,
    async remove() {
      await Promise.all([empty.remove(), owned.remove()]);
      rmSync(root, { recursive: true, force: true });
    },
  };
}

async function embedded(root: string, template: string): Promise<Installation> {
  const folder = mkdtempSync(join(root, 'installation '));
  const dataDir = join(folder, 'database');
  const db = await openDatabase({
    engine: 'pglite',
    dataDir,
    template: new Uint8Array(await readFile(template)),
  });
  await db.close();
  return embeddedInstallation(root, folder);
}
