import { accountsMigrations, accountsRoutes, createAccounts } from '#platform/accounts';
import type { Ai, UpstreamOptions } from '#platform/ai';
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
import { createJobs, deliveryRoutes, jobsMigrations, jobsRoutes } from '#platform/jobs';
import {
  createBudgetAlert,
  createCredits,
  createDenials,
  createLimits,
  type Holder,
  limitsMigrations,
  limitsRoutes,
  type PlannedCall,
  startHolder,
} from '#platform/limits';
import type { Redis } from '#platform/redis';
import { createTelemetry, type Telemetry } from '#platform/telemetry';
import { createOpenAISandbox } from '#sandbox/openai';
import { createQStashSandbox } from '#sandbox/qstash';
import { products } from '#products';
import { createServer, type Server, type ServerParts } from '#server';
import { openAi } from './app/ai.ts';
import { announceOf, type QStash, receiverOf } from './app/delivery.ts';
import { scheduleUpkeep, startSweep } from './app/maintenance.ts';
import { ensureOwner } from './app/owner.ts';
import { handleJobs } from './app/product-jobs.ts';
import { openRates, openRedis } from './app/redis.ts';

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
  /** Drains calls, streams and jobs within the time that the settings give, and closes everything. */
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
    ...jobsRoutes,
    ...deliveryRoutes,
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
  const redis = await openRedis(config, { db, telemetry }, opened);
  const base = { db, ids, clock, random: systemRandom, telemetry, redis };
  const holder = await startHolder({
    ...base,
    kind: options.work ? 'worker' : 'api',
    alone: db.engine === 'pglite',
    onLost: options.onLost,
  });
  opened.defer(() => holder.end());
  const upstreams = await upstreamsOf(config, opened);
  const qstash = await qstashOf(config, opened);
  const modules = wire({ ...base, holder, options, upstreams, qstash });
  opened.defer(() => modules.close());
  await modules.entitlements.syncCatalogues();
  await modules.identity.ready();
  if (options.owner === true) await ensureOwner(modules, config.dataDir);

  const server = await createServer(serverParts(modules, options));
  scheduleUpkeep(modules);
  const worker = options.work ? modules.jobs.work() : undefined;
  const stopSweep = options.work ? startSweep(() => modules.limits.sweep(), telemetry.logger) : undefined;
  const grace = config.shutdownGraceSeconds;
  return {
    modules,
    telemetry,
    server,
    async stop() {
      // A process without a worker may run jobs that were delivered to it.
      const { stop: endJobs } = worker ?? { stop: modules.jobs.close };
      // At the same time: a job that begins while calls are drained would only be handed over.
      await Promise.all([server.stop(grace), endJobs(grace * 1_000)]);
      await stopSweep?.();
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

/** Where jobs are announced, if they are, and who signs what is delivered: the sandbox where the settings name no account. */
async function qstashOf({ delivery }: Config, opened: AsyncDisposableStack): Promise<QStash | undefined> {
  if (delivery === undefined || delivery.qstash !== undefined) return delivery?.qstash;
  const sandbox = await createQStashSandbox();
  opened.defer(() => sandbox.close());
  return sandbox;
}

interface WiringParts extends Pick<ServerParts, 'clock' | 'ids' | 'telemetry'> {
  readonly db: Database;
  readonly redis: Redis | undefined;
  readonly random: typeof systemRandom;
  readonly holder: Holder;
  readonly options: AppOptions;
  readonly upstreams: readonly UpstreamOptions[];
  readonly qstash: QStash | undefined;
}

/** The modules of this process. */
export type Modules = ReturnType<typeof wire>;

/** The one place where parts are wired. */
function wire(parts: WiringParts) {
  const { db, options } = parts;
  const { config } = options;
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
  const denials = createDenials(parts);
  const limits = createLimits({ ...parts, catalogues, denials, onBudgetClosed: alertOf(parts) });
  const jobs = openJobs({ ...parts, limits, audit });
  const ai = openAi({ ...parts, config, passing: options.passing });
  const billing = createBilling({
    db,
    entitlements,
    usage: limits.usage,
    credits: createCredits({ ...parts, catalogues, audit }),
    accountByEmail: async (email) =>
      (await db.system('admin.grants', [userByEmail(email)]))[0][0]?.default_account_id,
  });
  const rates = openRates(parts);
  const services = products.map((product) => ({
    product,
    service: product.service({ ...parts, entitlements, limits, jobs, ai }),
  }));
  for (const { product, service } of services) handleJobs(jobs, product, service);

  const mounted: Mounted[] = [
    { module: 'identity', routes: identityRoutes, service: identity },
    { module: 'accounts', routes: accountsRoutes, service: accounts },
    { module: 'limits', routes: limitsRoutes, service: limits },
    { module: 'jobs', routes: deliveryRoutes, service: receiverOf(parts, jobs) },
    { module: 'jobs', routes: jobsRoutes, service: jobs },
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
      denials.close();
      await identity.close();
      accounts.close();
    },
  };
}

/** An operator's budget that refuses callers is an alert, in the log for whoever watches it. */
function alertOf({ clock, telemetry }: WiringParts) {
  return createBudgetAlert(clock, (budget) =>
    telemetry.logger.error(
      { alert: 'operator_budget_closed', budget },
      "a budget of the operator's refuses callers",
    ),
  );
}

function openJobs(parts: WiringParts & Pick<Parameters<typeof createJobs>[0], 'limits' | 'audit'>) {
  const { config } = parts.options;
  const { logger, metrics } = parts.telemetry;
  const jobs = createJobs({
    ...parts,
    concurrency: config.workerConcurrency,
    batchConcurrency: config.workerBatchConcurrency,
    log: logger,
    metrics,
    announce: announceOf(parts),
  });
  metrics.observeJobsDepth(jobs.depth);
  metrics.observeOldestJobs(jobs.oldest);
  return jobs;
}

function serverParts(modules: Modules, { config, version, serve }: AppOptions): ServerParts {
  const { db, redis, entitlements, identity, accounts, limits, ai } = modules;
  return {
    ...modules,
    settings: { ...config, version },
    mounted: serve ? modules.mounted : [],
    dependencies: [
      { name: 'database', required: true, check: () => db.ping() },
      ...(redis === undefined ? [] : [{ name: 'redis', required: false, check: () => redis.ping() }]),
    ],
    identify: identity.identify,
    roleOf: accounts.roleOf,
    admit: ({ caller, product, feature, textBytes, prepared, ...request }) => {
      const { planned, ...more } = prepared ?? { planned: plannedCall(ai, { product, feature, textBytes }) };
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

/** What a prompt of ours adds to the texts that it is about, at most. */
const PROMPT_BYTES = 8 * 1_024;

function plannedCall(
  ai: Ai,
  asked: { product: string; feature: string; textBytes: number },
): ReturnType<Ai['estimate']> {
  return ai.estimate({
    policy: `${asked.product}.${asked.feature}`,
    inputBytes: asked.textBytes + PROMPT_BYTES,
  });
}

function enough(held: number | boolean | undefined, needed: number | boolean | null): boolean {
  if (typeof needed === 'number') return typeof held === 'number' && held >= needed;
  return held !== undefined && held !== false;
}
