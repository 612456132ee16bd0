import { accountsMigrations, accountsRoutes, createAccounts } from '#platform/accounts';
import { type Ai, createAi, createPrices, type UpstreamOptions } from '#platform/ai';
import { auditMigrations, createAudit } from '#platform/audit';
import { billingRoutes, createBilling } from '#platform/billing';
import type { Config } from '#platform/config';
import {
  type Database,
  dbMigrations,
  migrateUp,
  type Migration,
  openStore,
  type Passing,
  pendingMigrations,
  type Store,
} from '#platform/db';
import { createEntitlements, entitlementsMigrations } from '#platform/entitlements';
import type { Mounted, Route } from '#platform/http';
import { createIdempotency, idempotencyMigrations } from '#platform/idempotency';
import { createIdentity, identityMigrations, identityRoutes, userByEmail } from '#platform/identity';
import { AppError, type Clock, createIds, declareErrors, systemClock, systemRandom } from '#platform/kernel';
import { createJobs, jobsMigrations } from '#platform/jobs';
import {
  createLimits,
  createPostgresRates,
  type Holder,
  limitsMigrations,
  limitsRoutes,
  type Rates,
  type PlannedCall,
  startHolder,
} from '#platform/limits';
import type { Product } from '#platform/product';
import { createTelemetry, type Telemetry } from '#platform/telemetry';
import { createOpenAISandbox } from '#sandbox/openai';
import { products } from '#products';
import { createServer, type Server, type ServerParts } from '#server';
import { type Chore, startChores } from './app/maintenance.ts';
import { ensureOwner } from './app/owner.ts';

declareErrors({
  migrations_pending: { status: 500, message: 'The database is not migrated.' },
});

export interface AppOptions {
  readonly config: Config;
  readonly version: string;
  /** Whether this process answers calls, runs jobs, or both. It tells its health and metrics in any case. */
  readonly serve: boolean;
  readonly work: boolean;
  /** Whether to bring the database up to date first; otherwise one that is not up to date is refused. */
  readonly migrate: boolean;
  /** Whether a first start makes the local owner and `owner.json`. */
  readonly owner?: boolean;
  /** The process can't go on: its lease is lost. It must end at once. */
  readonly onLost: (reason: string) => void;
  /** The database, when it is opened already: it may begin while the rest of the program is still loaded. */
  readonly store?: Promise<Store>;
  readonly clock?: Clock;
  readonly passing?: Passing;
}

/** A process of the program, wired and ready. */
export interface App {
  readonly modules: Modules;
  readonly telemetry: Telemetry;
  readonly server: Server;
  /** Drains calls and streams, then jobs, within the time that the settings give, and closes everything. */
  stop(): Promise<void>;
}

/** All migrations, from the bottom of the house up. */
export function allMigrations(): Migration[] {
  return [
    dbMigrations,
    idempotencyMigrations,
    auditMigrations,
    identityMigrations,
    accountsMigrations,
    entitlementsMigrations,
    limitsMigrations,
    jobsMigrations,
  ]
    .flatMap((migrations) => migrations())
    .concat(products.flatMap(({ migrations }) => migrations));
}

/** All routes, for the docs and the walkers. */
export function allRoutes(): Route[] {
  return [
    ...identityRoutes,
    ...accountsRoutes,
    ...limitsRoutes,
    ...billingRoutes,
    ...products.flatMap(({ routes }) => routes),
  ];
}

/** Opens all that the configuration asks for. What was opened before a failure is closed again. */
export async function openApp(options: AppOptions): Promise<App> {
  const opened = new AsyncDisposableStack();
  try {
    return await open(options, opened);
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

async function open(options: AppOptions, opened: AsyncDisposableStack): Promise<App> {
  const { config, clock = systemClock } = options;
  const telemetry = createTelemetry({ logLevel: config.logLevel });
  opened.defer(() => telemetry.close());
  const db = await openedDatabase(options, telemetry, opened);
  const ids = createIds({ clock, random: systemRandom });
  const base = { db, ids, clock, random: systemRandom, telemetry };
  const holder = await startHolder({
    ...base,
    kind: options.work ? 'worker' : 'api',
    alone: db.engine === 'pglite',
    onLost: options.onLost,
  });
  opened.defer(() => holder.end());
  const modules = wire({ ...base, holder, options, upstreams: await upstreamsOf(config, opened) });
  opened.defer(() => modules.close());
  await modules.entitlements.syncCatalogues();
  await modules.identity.ready();
  if (options.owner === true) await ensureOwner(modules, config.dataDir);

  const server = await createServer(serverParts(modules, options));
  const worker = options.work ? modules.jobs.work() : undefined;
  const stopChores = options.work ? startChores(choresOf(modules), telemetry.logger) : undefined;
  const grace = config.shutdownGraceSeconds;
  return {
    modules,
    telemetry,
    server,
    async stop() {
      const until = clock.monotonic() + grace * 1_000;
      await server.stop(grace);
      await worker?.stop(Math.max(0, until - clock.monotonic()));
      await stopChores?.();
      await opened.disposeAsync();
    },
  };
}

async function openedDatabase(
  options: AppOptions,
  telemetry: Telemetry,
  opened: AsyncDisposableStack,
): Promise<Database> {
  const store = await (options.store ?? openStore(options.config, options.passing));
  opened.defer(() => store.close());
  store.onIdleError = (err) => telemetry.logger.warn({ err }, 'an idle connection to the database failed');
  const { db } = store;
  if (options.migrate) await migrateUp(db, allMigrations());
  const pending = options.migrate ? [] : await pendingMigrations(db, allMigrations());
  if (pending.length > 0) {
    throw new AppError('migrations_pending', {
      message: `The database lacks ${pending.length} migrations. Run "plinth migrate up" first.`,
    });
  }
  return db;
}

/** Where model calls go: the upstreams of the settings; the sandbox where there are none, or where it is asked for. */
async function upstreamsOf({ ai }: Config, opened: AsyncDisposableStack): Promise<UpstreamOptions[]> {
  const upstreams: UpstreamOptions[] = [...ai.upstreams];
  if (!ai.sandbox) return upstreams;
  const sandbox = await createOpenAISandbox({ latencyMs: ai.sandboxLatencyMs });
  opened.defer(() => sandbox.close());
  return [...upstreams, { name: 'sandbox', baseUrl: sandbox.url, apiKey: sandbox.apiKey }];
}

interface WiringParts extends Pick<ServerParts, 'clock' | 'ids' | 'telemetry'> {
  readonly db: Database;
  readonly random: typeof systemRandom;
  readonly holder: Holder;
  readonly options: AppOptions;
  readonly upstreams: readonly UpstreamOptions[];
}

/** The modules of this process. */
export type Modules = ReturnType<typeof wire>;

/** The one place where parts are wired. */
function wire(parts: WiringParts) {
  const { db, telemetry, options } = parts;
  const { config } = options;
  const { logger, metrics } = telemetry;
  const catalogues = products.map(({ catalogue }) => catalogue);

  const audit = createAudit(parts);
  const accounts = createAccounts({ ...parts, audit });
  const identity = createIdentity({
    ...parts,
    ...accounts,
    audit,
    settings: {
      issuer: config.publicUrl ?? 'plinth',
      emailVerification: config.emailVerification,
      products: catalogues.map(({ product }) => product),
    },
  });
  const entitlements = createEntitlements({ ...parts, audit, catalogues });
  const limits = createLimits({ ...parts, catalogues });
  const jobs = createJobs({ ...parts, limits, concurrency: config.workerConcurrency, log: logger, metrics });
  const ai = openAi(parts);
  const billing = createBilling({
    db,
    entitlements,
    usage: limits.usage,
    accountByEmail: async (email) =>
      (await db.system('admin.grants', [userByEmail(email)]))[0][0]?.default_account_id,
  });
  const rates = openRates(parts);
  const services = products.map((product) => ({
    product,
    service: product.service({ ...parts, entitlements, limits, jobs, ai }),
  }));
  for (const { product, service } of services) handleJobs(jobs, product, service);
  metrics.observeJobsDepth(async () =>
    (await jobs.depth()).map(({ jobs: count, ...of }) => ({ ...of, count })),
  );

  const mounted: Mounted[] = [
    { module: 'identity', routes: identityRoutes, service: identity },
    { module: 'accounts', routes: accountsRoutes, service: accounts },
    { module: 'limits', routes: limitsRoutes, service: limits },
    { module: 'billing', routes: billingRoutes, service: billing },
    ...services.map(({ product, service }) => ({ module: product.key, routes: product.routes, service })),
  ];
  return {
    ...parts,
    audit,
    accounts,
    identity,
    entitlements,
    limits,
    jobs,
    ai,
    billing,
    rates,
    mounted,
    idempotency: createIdempotency(parts),
    async close() {
      await ai.close();
      await identity.close();
      accounts.close();
    },
  };
}

function openAi({ telemetry, options, ...parts }: WiringParts): Ai {
  return createAi({
    ...parts,
    ...telemetry,
    passing: options.passing,
    prices: createPrices({ allowUnpriced: unpriced(options.config) }),
    policies: policiesOf(products),
    prompts: Object.fromEntries(
      products.flatMap(({ key, prompts }) => (prompts === undefined ? [] : [[key, prompts]])),
    ),
  });
}

function openRates({ db, telemetry }: WiringParts): Rates {
  return createPostgresRates({
    db,
    onFailure(err) {
      telemetry.metrics.rateFailure();
      telemetry.logger.warn({ err }, 'rates could not be asked; callers passed uncounted');
    },
  });
}

/** Models of the operator's own upstreams may lack a price; whoever names them allows the default one. */
function unpriced({ ai }: Config): string[] {
  return ai.upstreams.flatMap(({ name, models = [] }) => models.map((model) => `${name}/${model}`));
}

function policiesOf(all: readonly Product[]): Parameters<typeof createAi>[0]['policies'] {
  return Object.fromEntries(
    all.flatMap(({ key, policies }) =>
      Object.entries(policies).map(([feature, policy]) => [`${key}.${feature}`, policy]),
    ),
  );
}

function handleJobs(jobs: ReturnType<typeof createJobs>, product: Product, service: unknown): void {
  for (const [name, { attempts, run, giveUp }] of Object.entries(product.jobs)) {
    // A product's jobs take the service that the product itself made.
    const own = service as never;
    jobs.handle({
      kind: `${product.key}.${name}`,
      attempts,
      run: (job) => run(own, job),
      giveUp: (job, failure) => giveUp(own, job, failure),
    });
  }
}

function serverParts(modules: Modules, { config, version, serve }: AppOptions): ServerParts {
  const { db, entitlements, identity, accounts, limits, ai } = modules;
  return {
    ...modules,
    settings: { ...config, version },
    mounted: serve ? modules.mounted : [],
    dependencies: [{ name: 'database', required: true, check: () => db.ping() }],
    identify: identity.identify,
    roleOf: accounts.roleOf,
    admit: ({ caller, product, feature, bodyBytes, prepared, ...request }) => {
      const { planned, ...more } = prepared ?? { planned: plannedCall(ai, { product, feature, bodyBytes }) };
      const spender = { userId: caller.userId, keyId: caller.keyId };
      return limits.admit({
        ...request,
        ...more,
        ...spender,
        product,
        feature,
        call: planned as PlannedCall,
      });
    },
    upgradeFor: ({ product, plan, grant, atLeast }) =>
      entitlements.upgradeFor(product, plan, (grants) => grant === null || enough(grants[grant], atLeast))
        ?.plan ?? null,
  };
}

/** What a prompt of ours adds to what the caller sent, at most. */
const PROMPT_BYTES = 8 * 1_024;

function plannedCall(
  ai: Ai,
  asked: { product: string; feature: string; bodyBytes: number },
): ReturnType<Ai['estimate']> {
  return ai.estimate({
    policy: `${asked.product}.${asked.feature}`,
    inputBytes: asked.bodyBytes + PROMPT_BYTES,
  });
}

function enough(held: number | boolean | undefined, needed: number | boolean | null): boolean {
  if (typeof needed === 'number') return typeof held === 'number' && held >= needed;
  return held !== undefined && held !== false;
}

/** What somebody must do now and then; every worker does it, and it does no harm to do it twice. */
function choresOf({ db, idempotency, rates, jobs, limits }: Modules): Chore[] {
  const hour = 3_600;
  const embedded = { name: 'statistics', everySeconds: hour, run: () => db.script('vacuum analyze') };
  return [
    { name: 'permits of dead holders', everySeconds: 5, atStart: true, run: () => limits.sweep() },
    { name: 'expired idempotency keys', everySeconds: hour, run: () => idempotency.sweep() },
    { name: 'unused rates', everySeconds: hour, run: () => rates.sweep() },
    { name: 'done jobs', everySeconds: hour, run: () => jobs.prune() },
    ...(db.engine === 'pglite' ? [embedded] : []),
  ];
}
