import type { Migration } from '#platform/db';
import {
  type Catalogue,
  type CatalogueDeclaration,
  catalogueOf,
  type LimitDeclaration,
  type NoOptions,
  type OptionKind,
} from '#platform/entitlements';
import { type Route, routesFor } from '#platform/http';
import type { Permit } from '#platform/limits';
import type { Platform } from './platform.ts';

/** What a product is made of beside what it sells. */
export interface ProductParts<Service, Job, Prompt, Policy> {
  /** Its tables: `migrationsIn('reel', import.meta.url)`. */
  readonly migrations?: readonly Migration[];
  /** Its calls; being here registers them. */
  readonly routes: readonly Route[];
  /** What runs outside of a request, by name. */
  readonly jobs?: Readonly<Record<string, Job>>;
  readonly prompts?: Readonly<Record<string, Prompt>>;
  /** How the model calls of each feature are made, by the feature's name. */
  readonly policies?: Readonly<Record<string, Policy>>;
  /** Makes the service that routes and jobs are called with, once per process. */
  readonly service: (platform: Platform) => Service;
}

/** A product as the program wires it. */
export interface Product<Service = unknown, Job = unknown, Prompt = unknown, Policy = unknown>
  extends Required<ProductParts<Service, Job, Prompt, Policy>> {
  readonly key: string;
  /** What it sells. */
  readonly catalogue: Catalogue;
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
  Job = never,
  Prompt = never,
  Policy = never,
>(
  definition: CatalogueDeclaration<L, O, PlanName> & ProductParts<Service, Job, Prompt, Policy>,
): Product<Service, Job, Prompt, Policy> {
  const catalogue = catalogueOf(definition);
  const { migrations = [], routes, jobs = {}, prompts = {}, policies = {}, service } = definition;
  const stray = Object.keys(policies).find((name) => !Object.hasOwn(catalogue.features, name));
  if (stray !== undefined) throw new Error(`${catalogue.product}: the policy "${stray}" is of no feature`);
  for (const { name, shape } of routes) {
    if (shape.spends !== undefined && !Object.hasOwn(catalogue.features, shape.spends.feature)) {
      throw new Error(`${catalogue.product}: ${name} spends "${shape.spends.feature}", which is no feature`);
    }
  }
  return { key: catalogue.product, catalogue, migrations, routes, jobs, prompts, policies, service };
}

/** The `route` function of a product: handlers take its service, and the permit where the route spends. */
export function productRoutes<Service>() {
  return routesFor<Service, Permit>();
}
