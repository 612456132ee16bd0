import { existsSync } from 'node:fs';
import { type PolicyInput, type Prompts, promptsIn } from '#platform/ai';
import type { PayeeChange, SaleChange } from '#platform/billing';
import type { PackagesFor } from '#platform/config';
import { type DataRule, type Migration, migrationsIn, type Transaction } from '#platform/db';
import {
  type Catalogue,
  type CatalogueDeclaration,
  catalogueOf,
  type EntitlementChange,
  type LimitDeclaration,
  type NoOptions,
  type OptionKind,
} from '#platform/entitlements';
import {
  declareExamples,
  featuresOf,
  isForMembers,
  type Origin,
  type ProductKey,
  type ResolveProductKey,
  type Route,
  routesFor,
  takesProductKey,
} from '#platform/http';
import { type AccountId, declareSecretShapes } from '#platform/kernel';
import type { Permit } from '#platform/limits';
import { addMails, type MailTemplate } from '#platform/mail';
import { assertOwn } from '#platform/module';
import type { ReleaseDeclaration } from '#platform/privacy';
import { addEvents, type ProductEventType } from '#platform/webhooks';
import type { CrashPoint } from './crash-points.ts';
import type { ProductJob, ProductSchedule } from './job.ts';
import type { ProductContext } from './product-context.ts';

/** A product's part in the transaction of a changed entitlement. */
export type EntitlementHook<Service> = (
  service: Service,
  tx: Transaction,
  change: EntitlementChange,
) => Promise<void>;

/** A product's part in the transaction of what became of a sale of one of its items. */
export type SaleHook<Service> = (service: Service, tx: Transaction, change: SaleChange) => Promise<void>;

/** A product's part in the transaction in which a payee can be paid, or can't any more. */
export type PayeeHook<Service> = (service: Service, tx: Transaction, change: PayeeChange) => Promise<void>;

/** How a product finds accounts for `GET /v1/admin/customers`. */
export interface AccountFinder<Service> {
  readonly by: string;
  readonly find: (service: Service, text: string) => Promise<readonly AccountId[]>;
}

/** Parts of a product beside its plans. */
export interface ProductParts<Service> {
  /** `import.meta.url`: `migrations/`, `functions/`, `prompts/` and `examples.json` beside it are its tables, their rights, its prompts, and its calls’ examples. */
  readonly folder?: string;
  /** How erasure and export treat them; a test goes red for a table of which nothing is said. */
  readonly dataRules?: readonly DataRule[];
  /** Why it uses `db.system`, by the use: `notes.sweep`. Its system-uses.ts makes them known to the compiler. */
  readonly systemUses?: Readonly<Record<string, string>>;
  /** Its commits and dispatches, by name (`reel.enqueue`); a test goes red for one of which nothing is said. */
  readonly crashPoints?: Readonly<Record<string, CrashPoint>>;
  /** Its calls; being here registers them. Left out: it is plans alone, and its features are opened to backends (`outside`). */
  readonly routes?: readonly Route[];
  /**
   * Whose a secret of the product is (a licence key), for routes with auth `product_key`: its account, and an id that rates count by.
   * Undefined: no account's, and the call is 401. Look it up by a hash, in a time that does not hang on what is found.
   */
  readonly resolveKey?: (
    service: NoInfer<Service>,
    secret: string,
    origin: Origin,
  ) => Promise<ProductKey | undefined>;
  /**
   * Whose accounts a text names that an operator looks for, by what the product alone knows, and what that is called (`license`). For what names
   * nothing it answers none, and throws nothing.
   */
  readonly findAccounts?: AccountFinder<NoInfer<Service>>;
  /** Work outside of requests; `generate` of Reel is the kind `reel.generate`. */
  readonly jobs?: Readonly<Record<string, ProductJob<NoInfer<Service>>>>;
  /** Its mails, as `declareMails` made them; being here has them sent, listed and previewed like those of the platform. */
  readonly mails?: Readonly<Record<string, MailTemplate>>;
  /** Events for the operator's endpoints by `webhooks.emitting`, and when: `{ 'notes.answer.failed': 'an answer …' }`. */
  readonly events?: Readonly<Record<ProductEventType, string>>;
  /**
   * Actions that it writes into the audit, and what each means: `{ 'notes.answer.shared': 'a member …' }`. A product that declares any can
   * record no other.
   */
  readonly auditActions?: Readonly<Record<ProductEventType, string>>;
  /** Shapes of its secrets, so that none is seen in logs, the error tracker and the audit: `[/NOTES-[0-9A-Z-]+/]`. */
  readonly redact?: readonly RegExp[];
  /** Packages that need not be installed, by what they are needed for: a call that lacks one answers `package_missing` (`assertPackages`), and `doctor` names it. */
  readonly packages?: PackagesFor;
  /** Which of them run by the clock; `nightly` of Reel is the schedule `reel.nightly`. */
  readonly schedules?: Readonly<Record<string, ProductSchedule>>;
  /** How the model calls of a feature are made, by the feature's name; of one that is not named, as `ANY_CALL` says. */
  readonly policies?: Readonly<Record<string, PolicyInput>>;
  /**
   * Its release to all customers, by the month, as counts with noise (docs/privacy-releases.md). `privacy.releases` of its context
   * reads what was released.
   */
  readonly release?: ReleaseDeclaration;
  /**
   * The product's part in the transaction that writes an account's entitlement in it anew: by a purchase,
   * a grant, a store's news or a changed catalogue. The transaction has the system's scope, so statements name the account.
   * It is called again when anything of the entitlement changes, such as its end, and when a store tells of what pays for it, such as
   * an invoice that is paid by now: do what holds for `change.present`, and nothing twice. What it throws undoes the purchase's commit, which is then tried again; a remote call in it throws. An
   * end that comes by time alone is no commit: no hook is called then.
   */
  readonly onEntitlementChanged?: EntitlementHook<NoInfer<Service>>;
  /**
   * The product's part in the commit of a sale that was opened by `items.open` of its context: paid, refunded, disputed, or won back. Called once
   * for each, in the commit that applies it, in the system's scope. What it throws undoes that commit, which is tried again; a remote
   * call in it throws.
   */
  readonly onSale?: SaleHook<NoInfer<Service>>;
  /** For a product with `onSale`: any payee can be paid, or can't any more. */
  readonly onPayeeChanged?: PayeeHook<NoInfer<Service>>;
  /** Makes the service that routes and jobs are called with, once per process. */
  readonly service?: (context: ProductContext) => Service;
  /**
   * Serves MCP on standard input and output for `plinth mcp`, by calls of the server at `url` with the API key `key`, until the input ends.
   * Answers what went wrong, if it was not the input's end.
   */
  readonly mcpOnStdio?: McpOnStdio;
}

export type McpOnStdio = (server: {
  readonly url: string;
  readonly key: string;
}) => Promise<Error | undefined>;

/** A product as the program wires it. Its jobs and routes take what its `service` makes, and nothing else. */
export interface Product<Service = unknown> {
  readonly key: string;
  /** Its plans and add-ons. */
  readonly catalogue: Catalogue;
  readonly migrations: readonly Migration[];
  readonly dataRules: readonly DataRule[];
  readonly systemUses: Readonly<Record<string, string>>;
  readonly crashPoints: Readonly<Record<string, CrashPoint>>;
  readonly routes: readonly Route[];
  readonly resolveKey: ResolveProductKey | undefined;
  readonly findAccounts: AccountFinder<never> | undefined;
  readonly jobs: Readonly<Record<string, ProductJob<never>>>;
  readonly mails: readonly MailTemplate[];
  readonly events: Readonly<Record<string, string>>;
  readonly auditActions: Readonly<Record<string, string>>;
  readonly redact: readonly RegExp[];
  readonly packages: PackagesFor;
  readonly schedules: Readonly<Record<string, ProductSchedule>>;
  readonly prompts: Prompts | undefined;
  readonly policies: Readonly<Record<string, PolicyInput>>;
  readonly release: ReleaseDeclaration | undefined;
  readonly mcpOnStdio: McpOnStdio | undefined;
  readonly onEntitlementChanged: EntitlementHook<never> | undefined;
  readonly onSale: SaleHook<never> | undefined;
  readonly onPayeeChanged: PayeeHook<never> | undefined;
  readonly service: (context: ProductContext) => Service | undefined;
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
    folder,
    dataRules = [],
    systemUses = {},
    crashPoints = {},
    jobs = {},
    schedules = {},
    policies = {},
    release,
    mcpOnStdio,
    resolveKey,
    findAccounts,
    service = () => undefined,
  } = definition;
  assertOwn(catalogue.product, 'system use', { names: Object.keys(systemUses) });
  assertOwn(catalogue.product, 'data rule of', { names: dataRules.map(({ table }) => table) });
  assertOwn(catalogue.product, 'crash point', { names: Object.keys(crashPoints) });
  const routes = (definition.routes ?? []).map((route) => ofProduct(catalogue, route));
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
  const unsold = routes.flatMap((route) => [
    ...rateProblems(catalogue, route),
    ...optionProblems(catalogue, route),
    ...(resolveKey === undefined ? keyProblems(route) : []),
  ])[0];
  if (unsold !== undefined) throw new Error(`the product "${catalogue.product}": ${unsold}`);
  assertScheduled(catalogue.product, schedules, jobs);
  return {
    key: catalogue.product,
    catalogue,
    ...partsIn(folder, catalogue.product),
    dataRules,
    systemUses,
    crashPoints,
    routes,
    resolveKey,
    findAccounts,
    jobs,
    ...saidBy(catalogue.product, definition),
    schedules,
    policies: { ...unnamedPolicies(catalogue), ...policies },
    release,
    mcpOnStdio,
    ...hooksOf(definition),
    service,
  };
}

type Hooks = Pick<ProductParts<never>, 'onEntitlementChanged' | 'onSale' | 'onPayeeChanged'>;

function hooksOf({ onEntitlementChanged, onSale, onPayeeChanged }: Hooks) {
  return { onEntitlementChanged, onSale, onPayeeChanged };
}

/** A schedule is for a job that there is. */
function assertScheduled(
  product: string,
  schedules: Readonly<Record<string, ProductSchedule>>,
  jobs: Readonly<Record<string, unknown>>,
): void {
  const idle = Object.entries(schedules).find(([, { job }]) => !Object.hasOwn(jobs, job));
  if (idle !== undefined) {
    throw new Error(
      `the product "${product}": the schedule ${idle[0]} is for the job "${idle[1].job}", which it does not have`,
    );
  }
}

/** Everything that a product tells people and systems, and what it must not: known from here on to all readers of it. */
function saidBy(
  product: string,
  { mails: byName = {}, events = {}, auditActions = {}, redact = [], packages = {} }: SaidParts,
): Pick<Product, 'mails' | 'events' | 'auditActions' | 'redact' | 'packages'> {
  const mails = Object.values(byName);
  assertOwn(product, 'mail', { names: mails.map(({ name }) => name) });
  assertOwn(product, 'event', { names: Object.keys(events) });
  assertOwn(product, 'audit action', { names: Object.keys(auditActions) });
  declareSecretShapes(redact);
  addMails(mails);
  addEvents(events);
  return { mails, events, auditActions, redact, packages };
}

type SaidParts = Pick<ProductParts<never>, 'mails' | 'events' | 'auditActions' | 'redact' | 'packages'>;

/** Migrations and prompts that lie beside a product's file. */
function partsIn(folder: string | undefined, key: string): Pick<Product, 'migrations' | 'prompts'> {
  if (folder === undefined) return { migrations: [], prompts: undefined };
  const prompts = new URL('./prompts/', folder);
  declareExamples(key, new URL('./examples.json', folder));
  return {
    migrations: existsSync(new URL('./migrations/', folder)) ? migrationsIn(key, folder) : [],
    prompts: existsSync(prompts) ? promptsIn(prompts) : undefined,
  };
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

/** Faults of a route whose product can't say whose its secrets are. */
function keyProblems(route: Route): string[] {
  return takesProductKey(route)
    ? [`${route.name} takes a secret of the product, and no resolveKey says whose it is`]
    : [];
}

/** Faults of the options that a route requires. */
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
