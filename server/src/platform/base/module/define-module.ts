import type { DataRule, Migration } from '#platform/db';
import type { Route } from '#platform/http';
import type { Queue } from '#platform/queue';

/** Makes a module's service; its own types say what it takes. */
export type Maker = (parts: never) => unknown;

/** The service of a module: what its maker answers, or what its promise does; undefined for one without a maker. */
export type Made<Create> = Create extends (parts: never) => infer Service ? Awaited<Service> : undefined;

/** Work of a module by the clock, done by whichever worker is there first. What one run leaves undone the next one does. */
export interface ModuleSchedule<Service> {
  /** A cron expression of five fields, in UTC. */
  readonly cron: string;
  readonly run: (service: Service) => Promise<unknown>;
  /** Whether there is anything to do in this process; always, when not said. */
  readonly when?: (service: Service) => boolean;
}

/** Declaration of a module of the platform. */
export interface ModuleDefinition<Name extends string, Create extends Maker | undefined> {
  /** Its folder, as server/package.json has it (`#platform/limits`), and its schema in the database. */
  readonly name: Name;
  /** Its purpose, in half a line: it stands so in ARCHITECTURE.md. */
  readonly purpose: string;
  /** Read when they are asked for: most starts have nothing to migrate. */
  readonly migrations?: () => readonly Migration[];
  /** How erasure and export treat its tables. */
  readonly dataRules?: readonly DataRule[];
  /** Why it uses `db.system`, by the use: `limits.sweep`, or `admin.…` for what platform admins do. */
  readonly systemUses?: Readonly<Record<string, string>>;
  /** By name: `expired-keys` is the schedule `platform.expired-keys`. */
  readonly schedules?: Readonly<Record<string, ModuleSchedule<NoInfer<Made<Create>>>>>;
  /** Its calls, answered by its service. */
  readonly routes?: readonly Route[];
  /** Calls that a part of its service answers, by the part's name. */
  readonly partRoutes?: { readonly [Part in keyof NoInfer<Made<Create>>]?: readonly Route[] };
  /** Makes its service, once per process; server/src/app/wiring.ts gives it what it takes. */
  readonly create?: Create;
}

/** A module as the lists of the program are made from it. */
export interface Module<Name extends string = string, Create extends Maker | undefined = Maker | undefined> {
  readonly name: Name;
  readonly purpose: string;
  readonly migrations: () => readonly Migration[];
  readonly dataRules: readonly DataRule[];
  readonly systemUses: Readonly<Record<string, string>>;
  readonly schedules: Readonly<Record<string, ModuleSchedule<never>>>;
  readonly routes: readonly Route[];
  readonly partRoutes: Readonly<Record<string, readonly Route[]>>;
  readonly create: Create;
}

/** Schemas of the database whose name is not that of their module: both are of what every other schema stands on. */
const SCHEMAS: Readonly<Record<string, readonly string[]>> = { db: ['app', 'public'] };

/**
 * A module of the platform as one value: its tables, what becomes of their rows, why it looks at rows without an owner, what it does
 * by the clock, its calls, and what makes its service. Throws for what is not its own: a use of `db.system`, or a rule of a table.
 */
export function defineModule<const Name extends string, Create extends Maker | undefined = undefined>(
  definition: ModuleDefinition<Name, Create>,
): Module<Name, Create> {
  const {
    name,
    purpose,
    migrations = () => [],
    dataRules = [],
    systemUses = {},
    schedules = {},
  } = definition;
  assertOwn(name, 'system use', { names: Object.keys(systemUses), prefixes: [name, 'admin'] });
  assertOwn(name, 'data rule of', {
    names: dataRules.map(({ table }) => table),
    prefixes: SCHEMAS[name] ?? [name],
  });
  return {
    name,
    purpose,
    migrations,
    dataRules,
    systemUses,
    schedules,
    routes: definition.routes ?? [],
    partRoutes: Object.fromEntries(
      Object.entries<readonly Route[] | undefined>(definition.partRoutes ?? {}).flatMap(([part, routes]) =>
        routes === undefined ? [] : [[part, routes]],
      ),
    ),
    create: definition.create as Create,
  };
}

/** Throws where one of these names belongs to another module: the use `limits.sweep` of `db.system` and the table `limits.permits` are of limits. */
export function assertOwn(
  owner: string,
  what: 'system use' | 'data rule of' | 'crash point' | 'mail' | 'event' | 'audit action' | 'setting',
  {
    names,
    prefixes = [owner],
    sign = '.',
  }: { readonly names: readonly string[]; readonly prefixes?: readonly string[]; readonly sign?: string },
): void {
  const foreign = names.find((name) => !prefixes.some((prefix) => name.startsWith(`${prefix}${sign}`)));
  if (foreign !== undefined)
    throw new Error(`"${owner}" declares the ${what} ${foreign}, which is not its own`);
}

/** The modules in their order. Throws where two have one name, or one name for a schedule. */
export function inOrder<const Modules extends readonly Module[]>(modules: Modules): Modules {
  assertOnce(modules.map(({ name }) => `the module ${name}`));
  assertOnce(
    modules.flatMap(({ schedules }) => Object.keys(schedules).map((name) => `the schedule ${name}`)),
  );
  assertOnce(
    modules.flatMap(({ systemUses }) => Object.keys(systemUses).map((use) => `the system use ${use}`)),
  );
  return modules;
}

function assertOnce(names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`${twice} is declared twice`);
}

/** Tries of one run: what it left undone the next one does. */
const TRIES = 3;

/** Has workers do what a module does by the clock: `expired-keys` is the job and the schedule `platform.expired-keys`. */
export function keepSchedules(
  queue: Pick<Queue, 'handle' | 'schedule'>,
  module: Pick<Module, 'schedules'>,
  service: unknown,
): void {
  const own = service as never;
  for (const [name, { cron, run, when }] of Object.entries(module.schedules)) {
    if (when?.(own) === false) continue;
    const kind = `platform.${name}`;
    queue.handle({
      kind,
      attempts: TRIES,
      run: async () => void (await run(own)),
      giveUp: () => Promise.resolve(),
    });
    queue.schedule({ name: kind, cron, kind });
  }
}
