import type { DataRule, Migration } from '#platform/db';
import type { Mounted, Route } from '#platform/http';
import { modules, type Services } from '#modules';
import { products } from '#products';

let migrations: readonly Migration[] | undefined;

/** All migrations, from the bottom of the house up; their files are read once. */
export function allMigrations(): readonly Migration[] {
  migrations ??= [
    ...modules.flatMap((one) => one.migrations()),
    ...products.flatMap((one) => one.migrations),
  ];
  return migrations;
}

/** All routes, for the docs and the walkers. */
export function allRoutes(): Route[] {
  return [
    ...modules.flatMap(({ routes, partRoutes }) => [...routes, ...Object.values(partRoutes).flat()]),
    ...products.flatMap(({ routes }) => routes),
  ];
}

/** How erasure and export treat each table of the program. */
export function allDataRules(): DataRule[] {
  return [...modules, ...products].flatMap(({ dataRules }) => dataRules);
}

/** Every use of `db.system`, with the reason why no single account or user owns the work. */
export function allSystemUses(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...modules, ...products].flatMap(({ systemUses }) => Object.entries(systemUses)),
  );
}

/** The routes of the platform, each with the module, or the part of it, that answers it. */
export function mountedOf(services: Services): Mounted[] {
  return modules.flatMap(({ name: module, routes, partRoutes }) => {
    const service = serviceOf(services, module);
    return [
      ...(routes.length === 0 ? [] : [{ module, routes, service }]),
      ...Object.entries(partRoutes).map(([part, routesOfPart]) => ({
        module,
        routes: routesOfPart,
        service: (service as Readonly<Record<string, unknown>>)[part],
      })),
    ];
  });
}

/** A module's service in a process; undefined for one that is nothing by itself. */
export function serviceOf(services: Services, module: string): unknown {
  return Object.hasOwn(services, module) ? services[module as keyof Services] : undefined;
}
