import { readdirSync } from 'node:fs';
import { join, posix } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { modules } from '#modules';
import { type Route, routesOf } from '#platform/http';
import { allRoutes } from '../server/src/app/lists.ts';
import { folderOfModule, moduleAt } from '@plinth/testkit/house/layers';
import { ROOT } from '@plinth/testkit/house/source';

/** What lies in the folders of the modules is what their definitions say; a list is not asked about itself. */

const filesOf = (module: string): string[] =>
  readdirSync(join(ROOT, folderOfModule(module)), { recursive: true, encoding: 'utf8' }).map((file) =>
    file.replaceAll('\\', '/'),
  );

test('every folder of the platform is a module of the list or holds some, and every module has a folder of its name', () => {
  const folders = readdirSync(join(ROOT, 'server/src/platform'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => {
      const path = `server/src/platform/${name}`;
      if (moduleAt(`${path}/index.ts`) !== undefined) return [path];
      return readdirSync(join(ROOT, path)).map((inner) => `${path}/${inner}`);
    });
  const named = modules.map(({ name }) => folderOfModule(name));
  expect(named.toSorted()).toEqual(folders.toSorted());
  expect(named.map((folder) => posix.basename(folder))).toEqual(modules.map(({ name }) => name));
});

test('modules of one folder lie side by side in the list: the folders are layers too', () => {
  const above = modules.map(({ name }) => posix.dirname(folderOfModule(name)));
  const turns = above.filter((folder, at) => folder !== above[at - 1] && folder !== 'server/src/platform');
  expect(turns).toEqual([...new Set(turns)]);
});

describe.each(modules.map((module) => [module.name, module] as const))('the module %s', (name, module) => {
  const files = filesOf(name);

  test('says all its migrations', () => {
    const steps = files.filter((file) => file.startsWith('migrations/') && file.endsWith('.up.sql'));
    const ids = steps.map((file) => `${name}/${file.slice('migrations/'.length, -'.up.sql'.length)}`);
    const sets = files.includes('functions/rights.sql') ? [`${name}/functions`] : [];
    expect(module.migrations().map(({ id }) => id)).toEqual([...ids.toSorted(), ...sets]);
  });

  test('says what becomes of its rows, where it has some', () => {
    expect(module.dataRules.length > 0).toBe(files.includes('data-rules.ts') || files.includes('migrations'));
  });
});

test('every call that a file of the platform exports is one of the program', async () => {
  const known = new Set(allRoutes());
  const files = modules.flatMap(({ name }) =>
    filesOf(name)
      .filter((file) => file.endsWith('routes.ts'))
      .map((file) => join(ROOT, folderOfModule(name), file)),
  );
  const exported = await Promise.all(
    files.map(async (file) => {
      const face = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
      return Object.values(face).flatMap((value) =>
        Array.isArray(value) ? routesIn(value) : routesOf({ value }),
      );
    }),
  );
  const forgotten = exported.flat().filter((route) => !known.has(route));
  expect(forgotten.map(({ name }) => name)).toEqual([]);
  expect(exported.flat().length).toBeGreaterThan(100);
});

const routesIn = (list: readonly unknown[]): Route[] => list.flatMap((value) => routesOf({ value }));
