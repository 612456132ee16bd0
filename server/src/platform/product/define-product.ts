import { type PolicyInput, promptsOf } from '#platform/ai';
import type { Settings } from '#platform/config';
import {
  type Catalogue,
  type CatalogueDeclaration,
  catalogueOf,
  type LimitDeclaration,
  type NoOptions,
  type OptionKind,
} from '#platform/entitlements';
import { featuresOf, isForMembers, type ProductKey, type Route, routesFor } from '#platform/http';
import type { Permit } from '#platform/limits';
import { type Declarations, type Part, partOf, type ProductParts } from './part.ts';
import type { NoSettings } from './product-context.ts';

/** A product as the program wires it. */
export interface Product extends Declarations {
  readonly key: string;
  /** Its plans and add-ons. */
  readonly catalogue: Catalogue;
  /** Its own declaration, then the parts that other packages define; each has a service of its own. */
  readonly parts: readonly Part[];
  readonly atRoot: boolean;
}

/** Declarations of a product as a whole. */
interface WholeProduct {
  readonly parts?: readonly Part[];
  /** A server that runs this product alone answers at `/notes` too, and not at `/v1/notes` only, unless PUBLIC_BASE_PATH says otherwise. */
  readonly atRoot?: boolean;
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
  const Declared extends Settings = NoSettings,
>(
  definition: CatalogueDeclaration<L, O, PlanName> & ProductParts<Service, Declared> & WholeProduct,
): Product {
  const catalogue = catalogueOf(definition);
  const key = catalogue.product;
  const parts = [partOf({ product: key, id: key }, definition), ...(definition.parts ?? [])].map((part) => ({
    ...part,
    routes: part.routes.map((route) => ofProduct(catalogue, route)),
  }));
  const problem = [...parts.flatMap((part) => partProblems(catalogue, part)), ...stepsTwice(parts)][0];
  if (problem !== undefined) throw new Error(`the product "${key}": ${problem}`);
  return { key, catalogue, parts, atRoot: definition.atRoot ?? false, ...joined(parts, catalogue) };
}

/** Joins the lists of all parts. */
function joined(
  parts: readonly Part[],
  catalogue: Catalogue,
): Omit<Product, 'key' | 'catalogue' | 'parts' | 'atRoot'> {
  const record = <Value>(of: (part: Part) => Readonly<Record<string, Value>>) =>
    Object.fromEntries(parts.flatMap((part) => Object.entries(of(part))));
  const prompts = parts.flatMap((part) => part.prompts?.all ?? []);
  return {
    migrations: parts.flatMap(({ migrations }) => migrations),
    dataRules: parts.flatMap(({ dataRules }) => dataRules),
    systemUses: record(({ systemUses }) => systemUses),
    crashPoints: record(({ crashPoints }) => crashPoints),
    routes: parts.flatMap(({ routes }) => routes),
    auditActions: record(({ auditActions }) => auditActions),
    redact: parts.flatMap(({ redact }) => redact),
    packages: record(({ packages }) => packages),
    prompts: parts.some((part) => part.prompts !== undefined) ? promptsOf(prompts) : undefined,
    policies: { ...unnamedPolicies(catalogue), ...record(({ policies }) => policies) },
  };
}

/** Steps of two parts under one id, of which a database would apply the first. */
function stepsTwice(parts: readonly Part[]): string[] {
  const ids = parts.flatMap(({ migrations }) => migrations.map(({ id }) => id));
  return ids
    .filter((id, index) => ids.indexOf(id) !== index)
    .map((id) => `two of its steps are called ${id}`);
}

/** Problems of a part with its product: another key, features, rates or options that are not sold. */
function partProblems(catalogue: Catalogue, { id, product, policies, routes }: Part): string[] {
  const named = [
    ...Object.keys(policies).map((feature) => [`the policy ${feature}`, feature] as const),
    ...routes.flatMap((route) => featuresOf(route).map((feature) => [route.name, feature] as const)),
  ];
  return [
    ...(product === catalogue.product ? [] : [`the part ${id} is of another product`]),
    ...named
      .filter(([, feature]) => !Object.hasOwn(catalogue.features, feature))
      .map(([what, feature]) => `${what} is for "${feature}", which is no feature`),
    ...routes.flatMap((route) => [...rateProblems(catalogue, route), ...optionProblems(catalogue, route)]),
  ];
}

/** How a model is called for a feature of which its product says nothing: the cheap one, with the time limits and tries of every policy. */
const ANY_CALL: PolicyInput = { models: ['small'] };

/** Policies of features whose calls are made here: others are made at an outside provider. */
function unnamedPolicies({ features }: Catalogue): Record<string, PolicyInput> {
  const ours = Object.entries(features).filter(([, { outside }]) => outside === undefined);
  return Object.fromEntries(ours.map(([feature]) => [feature, ANY_CALL]));
}

/** Faults of the rates that a route names. */
function rateProblems({ limits }: Catalogue, { name, shape }: Route): string[] {
  return (shape.soldRates ?? []).flatMap((rate) => {
    const limit = Object.hasOwn(limits, rate) ? limits[rate] : undefined;
    if (limit?.kind !== 'rate') return [`${name} counts by "${rate}", which is no rate`];
    const lacks = limit.by === 'machine' && shape.machine === undefined;
    return lacks ? [`${name} counts by "${rate}", and does not say which machine calls`] : [];
  });
}

/** What is wrong with the options that a route requires. */
function optionProblems({ options }: Catalogue, { name, shape }: Route): string[] {
  return (shape.requires ?? [])
    .filter((option) => !Object.hasOwn(options, option))
    .map((option) => `${name} requires "${option}", which is no option`);
}

/**
 * The calls of a product that holds accounts of one kind are for those alone; calls that are for no account stay as they are. Any of them
 * may find the product off.
 */
function ofProduct({ holds }: Catalogue, route: Route): Route {
  const shape = { ...route.shape, errors: [...(route.shape.errors ?? []), 'product_off'] };
  return { ...route, shape: holds === 'both' || !isForMembers(route) ? shape : { ...shape, holds } };
}

/** Common part of most calls that change something: a member of the account makes them, 60 a minute. */
export function memberCalls(tag: string, scope: string) {
  return { tag, auth: 'account', may: 'member', scope, rate: { perMinute: 60, by: 'account' } } as const;
}

/**
 * The `route` function of a product: handlers take its service, the permit where the route spends, and what its `resolveKey`
 * answered where they are called by a secret of the product.
 */
export function productRoutes<Service, Key extends ProductKey = ProductKey>() {
  return routesFor<Service, Permit, Key>();
}
