import type { PolicyInput, Prompts } from '#platform/ai';
import type { DataRule, Migration, Transaction } from '#platform/db';
import {
  type Catalogue,
  type CatalogueDeclaration,
  catalogueOf,
  type EntitlementChange,
  type LimitDeclaration,
  type NoOptions,
  type OptionKind,
} from '#platform/entitlements';
import { featuresOf, type Route, routesFor } from '#platform/http';
import type { Permit } from '#platform/limits';
import { assertOwn } from '#platform/module';
import type { CrashPoint } from './crash-points.ts';
import type { ProductJob, ProductSchedule } from './job.ts';
import type { ProductContext } from './product-context.ts';

/** What a product does in the transaction of a changed entitlement. */
export type EntitlementHook<Service> = (
  service: Service,
  tx: Transaction,
  change: EntitlementChange,
) => Promise<void>;

/** What a product is made of beside what it sells. */
export interface ProductParts<Service> {
  /** Its tables: `migrationsIn('reel', import.meta.url)`. */
  readonly migrations?: readonly Migration[];
  /** What erasure and export do with them; a test goes red for a table of which nothing is said. */
  readonly dataRules?: readonly DataRule[];
  /** Why it uses `db.system`, by the use: `notes.sweep`. Its system-uses.ts makes them known to the compiler. */
  readonly systemUses?: Readonly<Record<string, string>>;
  /** Its commits and dispatches, by name (`reel.enqueue`); a test goes red for one of which nothing is said. */
  readonly crashPoints?: Readonly<Record<string, CrashPoint>>;
  /** Its calls; being here registers them. */
  readonly routes: readonly Route[];
  /** What runs outside of a request; `generate` of Reel is the kind `reel.generate`. */
  readonly jobs?: Readonly<Record<string, ProductJob<NoInfer<Service>>>>;
  /** Which of them run by the clock; `nightly` of Reel is the schedule `reel.nightly`. */
  readonly schedules?: Readonly<Record<string, ProductSchedule>>;
  /** `promptsIn(new URL('./prompts/', import.meta.url))` */
  readonly prompts?: Prompts;
  /** How the model calls of a feature are made, by the feature's name. */
  readonly policies?: Readonly<Record<string, PolicyInput>>;
  /**
   * What the product makes or puts right in the transaction that writes an account's entitlement in it anew: by a purchase,
   * a grant, a store's news or a changed catalogue. The transaction has the system's scope, so statements name the account.
   * It is called again when anything of the entitlement changes, such as its end: do what holds for `change.present`, and
   * nothing twice. What it throws undoes the purchase's commit, which is then tried again; a remote call in it throws. An
   * end that comes by time alone is no commit: nobody is called then.
   */
  readonly onEntitlementChanged?: EntitlementHook<NoInfer<Service>>;
  /** Makes the service that routes and jobs are called with, once per process. */
  readonly service: (context: ProductContext) => Service;
}

/** A product as the program wires it. Its jobs and routes take what its `service` makes, and nothing else. */
export interface Product<Service = unknown> {
  readonly key: string;
  /** What it sells. */
  readonly catalogue: Catalogue;
  readonly migrations: readonly Migration[];
  readonly dataRules: readonly DataRule[];
  readonly systemUses: Readonly<Record<string, string>>;
  readonly crashPoints: Readonly<Record<string, CrashPoint>>;
  readonly routes: readonly Route[];
  readonly jobs: Readonly<Record<string, ProductJob<never>>>;
  readonly schedules: Readonly<Record<string, ProductSchedule>>;
  readonly prompts: Prompts | undefined;
  readonly policies: Readonly<Record<string, PolicyInput>>;
  readonly onEntitlementChanged: EntitlementHook<never> | undefined;
  readonly service: (context: ProductContext) => Service;
}

/**
 * A product as one value: what it sells, its calls, jobs, tables, prompts, and how its service is made. A plan that
 * forgets a limit, a feature that consumes an undeclared one, or an add-on that lifts to an unknown plan does not
 * compile; what the compiler can't see (sizes, ranks, prices) is checked here, with a line for each problem.
 */
export function defineProduct<
  const L extends Readonly<Record<string, LimitDeclaration>>,
  const PlanName extends string,
  const O extends Readonly<Record<string, OptionKind>> = NoOptions,
  Service = undefined,
>(definition: CatalogueDeclaration<L, O, PlanName> & ProductParts<Service>): Product<Service> {
  const catalogue = catalogueOf(definition);
  const {
    migrations = [],
    dataRules = [],
    systemUses = {},
    crashPoints = {},
    jobs = {},
    schedules = {},
    prompts,
    policies = {},
    onEntitlementChanged,
    service,
  } = definition;
  assertOwn(catalogue.product, 'system use', { names: Object.keys(systemUses) });
  assertOwn(catalogue.product, 'data rule of', { names: dataRules.map(({ table }) => table) });
  assertOwn(catalogue.product, 'crash point', { names: Object.keys(crashPoints) });
  const routes = definition.routes.map((route) => heldBy(catalogue.holds, route));
  const named = [
    ...Object.keys(policies).map((feature) => [`the policy ${feature}`, feature] as const),
    ...routes.flatMap((route) => featuresOf(route).map((feature) => [route.name, feature] as const)),
  ];
  const stray = named.find(([, feature]) => !Object.hasOwn(catalogue.features, feature));
  if (stray !== undefined) {
    throw new Error(
      `the product "${catalogue.product}": ${stray[0]} is for "${stray[1]}", which is no feature`,
    );
  }
  const unsold = routes.flatMap((route) => rateProblems(catalogue, route))[0];
  if (unsold !== undefined) throw new Error(`the product "${catalogue.product}": ${unsold}`);
  const idle = Object.entries(schedules).find(([, { job }]) => !Object.hasOwn(jobs, job));
  if (idle !== undefined) {
    throw new Error(
      `the product "${catalogue.product}": the schedule ${idle[0]} is for the job "${idle[1].job}", which it does not have`,
    );
  }
  return {
    key: catalogue.product,
    catalogue,
    migrations,
    dataRules,
    systemUses,
    crashPoints,
    routes,
    jobs,
    schedules,
    prompts,
    policies,
    onEntitlementChanged,
    service,
  };
}

/** What is wrong with the rates that a route names. */
function rateProblems({ limits }: Catalogue, { name, shape }: Route): string[] {
  return (shape.soldRates ?? []).flatMap((rate) => {
    const limit = Object.hasOwn(limits, rate) ? limits[rate] : undefined;
    if (limit?.kind !== 'rate') return [`${name} counts by "${rate}", which is no rate`];
    const lacks = limit.by === 'machine' && shape.machine === undefined;
    return lacks ? [`${name} counts by "${rate}", and does not say which machine calls`] : [];
  });
}

/** The calls of a product that holds accounts of one kind are for those alone; calls that are for no account stay as they are. */
function heldBy(holds: Catalogue['holds'], route: Route): Route {
  if (holds === 'both' || route.shape.auth !== 'account') return route;
  return { ...route, shape: { ...route.shape, holds } };
}

/** The `route` function of a product: handlers take its service, and the permit where the route spends. */
export function productRoutes<Service>() {
  return routesFor<Service, Permit>();
}
