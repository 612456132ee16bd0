import { existsSync } from 'node:fs';
import { type PolicyInput, type Prompts, promptsIn } from '#platform/ai';
import type { PayeeChange, SaleChange } from '#platform/billing';
import { addSettings, type PackagesFor, type Settings } from '#platform/config';
import { type DataRule, type Migration, migrationsIn, type Transaction } from '#platform/db';
import type { EntitlementChange } from '#platform/entitlements';
import {
  declareExamples,
  type Origin,
  type ProductKey,
  type ResolveProductKey,
  type Route,
  takesProductKey,
} from '#platform/http';
import { type AccountId, declareSecretShapes } from '#platform/kernel';
import { addMails, type MailTemplate } from '#platform/mail';
import { assertOwn } from '#platform/module';
import type { ReleaseDeclaration } from '#platform/privacy';
import { addEvents, type ProductEventType } from '#platform/webhooks';
import type { CrashPoint } from './crash-points.ts';
import type { ProductJob, ProductSchedule } from './job.ts';
import type { NoSettings, ProductContext } from './product-context.ts';
import type { Visits } from './visit.ts';

/** What a product does in the transaction of a changed entitlement. */
export type EntitlementHook<Service> = (
  service: Service,
  tx: Transaction,
  change: EntitlementChange,
) => Promise<void>;

/** What a product does in the transaction of what became of a sale of one of its items. */
export type SaleHook<Service> = (service: Service, tx: Transaction, change: SaleChange) => Promise<void>;

/** What a product does in the transaction in which somebody can be paid, or can't any more. */
export type PayeeHook<Service> = (service: Service, tx: Transaction, change: PayeeChange) => Promise<void>;

/** How a product finds accounts for `GET /v1/admin/customers`. */
export interface AccountFinder<Service> {
  readonly by: string;
  readonly find: (service: Service, text: string) => Promise<readonly AccountId[]>;
}

/** What a product is made of beside what it sells. */
export interface ProductParts<Service, Declared extends Settings = NoSettings> extends Visits {
  /** `import.meta.url`: `migrations/`, `functions/`, `prompts/` and `examples.json` beside it are its tables, their rights, its prompts, and its calls’ examples. */
  readonly folder?: string;
  /** What erasure and export do with them; a test goes red for a table of which nothing is said. */
  readonly dataRules?: readonly DataRule[];
  /** Why it uses `db.system`, by the use: `notes.sweep`. `declare module 'plinth/product'` makes them known to the compiler. */
  readonly systemUses?: Readonly<Record<string, string>>;
  /** Its commits and dispatches, by name (`reel.enqueue`); a test goes red for one of which nothing is said. */
  readonly crashPoints?: Readonly<Record<string, CrashPoint>>;
  /** Its calls; being here registers them. Left out: it is plans alone, and its features are opened to backends (`outside`). */
  readonly routes?: readonly Route[];
  /**
   * Whose a secret of the product is (a licence key), for routes with auth `product_key`: its account, and an id that rates count by.
   * Undefined: nobody's, and the call is 401. Look it up by a hash, in a time that does not hang on what is found.
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
  /** What runs outside of a request; `generate` of Reel is the kind `reel.generate`. */
  readonly jobs?: Readonly<Record<string, ProductJob<NoInfer<Service>>>>;
  /** Its mails, as `declareMails` made them; being here has them sent, listed and previewed like those of the platform. */
  readonly mails?: Readonly<Record<string, MailTemplate>>;
  /** What it tells the operator's endpoints by `webhooks.emitting`, and when: `{ 'notes.answer.failed': 'an answer …' }`. */
  readonly events?: Readonly<Record<ProductEventType, string>>;
  /**
   * What it writes into the audit, and what each means: `{ 'notes.answer.shared': 'a member …' }`. A product that declares any can
   * record no other.
   */
  readonly auditActions?: Readonly<Record<ProductEventType, string>>;
  /** What its secrets look like, so that none is seen in logs, the error tracker and the audit: `[/NOTES-[0-9A-Z-]+/]`. */
  readonly redact?: readonly RegExp[];
  /** Packages that need not be installed, by what they are needed for: a call that lacks one answers `package_missing` (`assertPackages`), and `doctor` names it. */
  readonly packages?: PackagesFor;
  /**
   * Its settings, by their names in the environment, which begin with its key: `{ NOTES_URL: setting(z.url().optional(), { group, says }) }`.
   * They are read, checked and listed like those of the platform; their values are `settings` of its context.
   */
  readonly settings?: Declared;
  /** Which of them run by the clock; `nightly` of Reel is the schedule `reel.nightly`. */
  readonly schedules?: Readonly<Record<string, ProductSchedule>>;
  /** How the model calls of a feature are made, by the feature's name; of one that is not named, as `ANY_CALL` says. */
  readonly policies?: Readonly<Record<string, PolicyInput>>;
  /**
   * What is released of it to all customers, by the month, as counts with noise (docs/privacy-releases.md). `privacy.releases` of its context
   * reads what was released.
   */
  readonly release?: ReleaseDeclaration;
  /**
   * What the product makes or puts right in the transaction that writes an account's entitlement in it anew: by a purchase,
   * a grant, a store's news or a changed catalogue. The transaction has the system's scope, so statements name the account.
   * It is called again when anything of the entitlement changes, such as its end, and when a store tells of what pays for it, such as
   * an invoice that is paid by now: do what holds for `change.present`, and nothing twice. What it throws undoes the purchase's commit, which is then tried again; a remote call in it throws. An
   * end that comes by time alone is no commit: nobody is called then.
   */
  readonly onEntitlementChanged?: EntitlementHook<NoInfer<Service>>;
  /**
   * What the product makes of a sale that was opened by `items.open` of its context: paid, refunded, disputed, or won back. Called once
   * for each, in the commit that applies it, in the system's scope. What it throws undoes that commit, which is tried again; a remote
   * call in it throws.
   */
  readonly onSale?: SaleHook<NoInfer<Service>>;
  /** Of a product with `onSale`: any payee can be paid, or can't any more. */
  readonly onPayeeChanged?: PayeeHook<NoInfer<Service>>;
  /** Makes the service that routes and jobs are called with, once per process. */
  readonly service?: (context: ProductContext<NoInfer<Declared>>) => Service;
}

/** Declarations of a part; a product has those of all its parts. */
export interface Declarations {
  readonly migrations: readonly Migration[];
  readonly dataRules: readonly DataRule[];
  readonly systemUses: Readonly<Record<string, string>>;
  readonly crashPoints: Readonly<Record<string, CrashPoint>>;
  readonly routes: readonly Route[];
  readonly auditActions: Readonly<Record<string, string>>;
  readonly redact: readonly RegExp[];
  readonly packages: PackagesFor;
  readonly prompts: Prompts | undefined;
  readonly policies: Readonly<Record<string, PolicyInput>>;
}

/** A part as the program wires it. Its jobs and routes take what its `service` makes, and nothing else. */
export interface Part extends Visits, Declarations {
  /** `coditect/memory`; of what a product has by itself, the product's key. */
  readonly id: string;
  /** The key of its product. */
  readonly product: string;
  /** The file that defines it, as a URL. */
  readonly folder: string | undefined;
  readonly resolveKey: ResolveProductKey | undefined;
  readonly findAccounts: AccountFinder<never> | undefined;
  readonly jobs: Readonly<Record<string, ProductJob<never>>>;
  readonly mails: readonly MailTemplate[];
  readonly events: Readonly<Record<string, string>>;
  readonly settings: Settings;
  readonly schedules: Readonly<Record<string, ProductSchedule>>;
  readonly release: ReleaseDeclaration | undefined;
  readonly onEntitlementChanged: EntitlementHook<never> | undefined;
  readonly onSale: SaleHook<never> | undefined;
  readonly onPayeeChanged: PayeeHook<never> | undefined;
  readonly service: (context: ProductContext<never>) => unknown;
}

/**
 * A part of a product in a package of its own: all but what is sold. The product lists it (`parts`), and what it names is the product's:
 * its tables lie in the product's schema, its kinds of jobs and its audit actions begin with the product's key.
 */
export function definePart<Service = undefined, const Declared extends Settings = NoSettings>(
  definition: ProductParts<Service, Declared> & { readonly product: string; readonly name: string },
): Part {
  const { product, name } = definition;
  return partOf({ product, id: `${product}/${name}` }, definition);
}

/** Checks the declaration of a product or a part, and fills in what it leaves out. */
export function partOf<Service, Declared extends Settings>(
  { product, id }: Pick<Part, 'product' | 'id'>,
  definition: ProductParts<Service, Declared>,
): Part {
  const {
    folder,
    dataRules = [],
    systemUses = {},
    crashPoints = {},
    routes = [],
    jobs = {},
    schedules = {},
    policies = {},
    release,
    resolveKey,
    findAccounts,
    service = () => undefined,
  } = definition;
  assertOwn(product, 'system use', { names: Object.keys(systemUses) });
  assertOwn(product, 'data rule of', { names: dataRules.map(({ table }) => table) });
  assertOwn(product, 'crash point', { names: Object.keys(crashPoints) });
  const keyless = resolveKey === undefined ? routes.find(takesProductKey) : undefined;
  if (keyless !== undefined)
    throw new Error(
      `the product "${product}": ${keyless.name} takes a secret of the product, and no resolveKey says whose it is`,
    );
  assertScheduled(product, schedules, jobs);
  return {
    id,
    product,
    folder,
    ...foundIn(folder, { product, id }),
    dataRules,
    systemUses,
    crashPoints,
    routes,
    resolveKey,
    findAccounts,
    jobs,
    ...saidBy(product, definition),
    schedules,
    policies,
    release,
    ...hooksOf(definition),
    service,
  };
}

type Hooks = Pick<ProductParts<never>, 'onEntitlementChanged' | 'onSale' | 'onPayeeChanged' | keyof Visits>;

function hooksOf({ onEntitlementChanged, onSale, onPayeeChanged, seed, smoke, mcpOnStdio }: Hooks) {
  return { onEntitlementChanged, onSale, onPayeeChanged, seed, smoke, mcpOnStdio };
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

/** What a product tells people and systems, and what it must not: known from here on to whatever reads all of it. */
function saidBy(
  product: string,
  {
    mails: byName = {},
    events = {},
    auditActions = {},
    redact = [],
    packages = {},
    settings = {},
  }: SaidParts,
): Pick<Part, SaidName> {
  const mails = Object.values(byName);
  assertOwn(product, 'mail', { names: mails.map(({ name }) => name) });
  assertOwn(product, 'event', { names: Object.keys(events) });
  assertOwn(product, 'audit action', { names: Object.keys(auditActions) });
  assertOwn(product, 'setting', {
    names: Object.keys(settings),
    prefixes: [product.toUpperCase()],
    sign: '_',
  });
  declareSecretShapes(redact);
  addMails(mails);
  addEvents(events);
  addSettings(settings);
  return { mails, events, auditActions, redact, packages, settings };
}

type SaidName = 'mails' | 'events' | 'auditActions' | 'redact' | 'packages' | 'settings';
type SaidParts = Pick<ProductParts<never, Settings>, SaidName>;

/** What lies beside a part's file. */
function foundIn(
  folder: string | undefined,
  { product, id }: Pick<Part, 'product' | 'id'>,
): Pick<Part, 'migrations' | 'prompts'> {
  if (folder === undefined) return { migrations: [], prompts: undefined };
  const prompts = new URL('./prompts/', folder);
  declareExamples(id, new URL('./examples.json', folder));
  return {
    migrations: migrationsIn(product, folder, id),
    prompts: existsSync(prompts) ? promptsIn(prompts) : undefined,
  };
}
