import { accountsMigrations, accountsRoutes } from '#platform/accounts';
import type { UpstreamOptions } from '#platform/ai';
import { auditMigrations } from '#platform/audit';
import {
  billingMigrations,
  billingRoutes,
  inboxRoutes,
  overageRoutes,
  subscriptionsRoutes,
} from '#platform/billing';
import type { Config } from '#platform/config';
import {
  assertLogins,
  assertNotMoved,
  type Database,
  dbMigrations,
  installationOf,
  migrateUp,
  type Migration,
  openStore,
  pendingMigrations,
} from '#platform/db';
import { entitlementsMigrations } from '#platform/entitlements';
import { erasureMigrations, erasureRoutes } from '#platform/erasure';
import type { Route } from '#platform/http';
import { idempotencyMigrations, openKeptAnswers } from '#platform/idempotency';
import { identityMigrations, identityRoutes } from '#platform/identity';
import { deliveryRoutes, jobsMigrations, jobsRoutes } from '#platform/jobs';
import { AppError, createIds, declareErrors, systemClock, systemRandom } from '#platform/kernel';
import { limitsMigrations, limitsRoutes, startHolder } from '#platform/limits';
import { mailMigrations, mailRoutes } from '#platform/mail';
import { permitsRoutes } from '#platform/permits';
import { reportsMigrations, reportsRoutes } from '#platform/reports';
import { secretsMigrations } from '#platform/secrets';
import { ssoMigrations, ssoRoutes } from '#platform/sso';
import { createTelemetry, type Telemetry } from '#platform/telemetry';
import { webhooksMigrations, webhooksRoutes } from '#platform/webhooks';
import { createOpenAISandbox } from '#sandbox/openai';
import { createQStashSandbox } from '#sandbox/qstash';
import { products } from '#products';
import { createServer, type Server } from '#server';
import { openStripe } from './app/billing.ts';
import type { QStash } from './app/delivery.ts';
import { openProviders, providersOf } from './app/federation.ts';
import { scheduleUpkeep, startSweep } from './app/maintenance.ts';
import { ownerFileOf } from './app/owner-file.ts';
import { ensureOwner } from './app/owner.ts';
import type { AppOptions } from './app/options.ts';
import { openRedis } from './app/redis.ts';
import { openSecrets } from './app/secrets.ts';
import { serverParts } from './app/server-parts.ts';
import { type Modules, wire } from './app/wiring.ts';

export { openSecrets, providersOf };
export type { AppOptions };

declareErrors({
  migrations_pending: { status: 500, message: 'The database is not migrated.' },
});

/** A process of the program, wired and ready. */
export interface App {
  readonly modules: Modules;
  readonly telemetry: Telemetry;
  readonly server: Server;
  /** Where the key and password of this database's owner are, if they are in the data folder. */
  readonly ownerFile: string | undefined;
  /** Drains calls, streams and jobs within the time that the settings give, and closes everything. */
  stop(): Promise<void>;
}

/** All migrations, from the bottom of the house up. */
export function allMigrations(): Migration[] {
  return [
    dbMigrations,
    secretsMigrations,
    idempotencyMigrations,
    mailMigrations,
    auditMigrations,
    webhooksMigrations,
    identityMigrations,
    accountsMigrations,
    ssoMigrations,
    entitlementsMigrations,
    limitsMigrations,
    jobsMigrations,
    billingMigrations,
    reportsMigrations,
    erasureMigrations,
  ]
    .flatMap((migrations) => migrations())
    .concat(products.flatMap(({ migrations }) => migrations));
}

/** All routes, for the docs and the walkers. */
export function allRoutes(): Route[] {
  return [
    ...identityRoutes,
    ...accountsRoutes,
    ...ssoRoutes,
    ...limitsRoutes,
    ...mailRoutes,
    ...webhooksRoutes,
    ...jobsRoutes,
    ...deliveryRoutes,
    ...billingRoutes,
    ...subscriptionsRoutes,
    ...overageRoutes,
    ...inboxRoutes,
    ...permitsRoutes,
    ...reportsRoutes,
    ...erasureRoutes,
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
  const secrets = await openSecrets(config, { db, random: systemRandom });
  const redis = await openRedis(config, { db, telemetry }, opened);
  const answers = await openKeptAnswers({ db, secrets, random: systemRandom });
  const base = { db, ids, clock, random: systemRandom, secrets, answers, telemetry, redis };
  const holder = await startHolder({
    ...base,
    kind: options.work ? 'worker' : 'api',
    alone: db.engine === 'pglite',
    onLost: options.onLost,
  });
  opened.defer(() => holder.end());
  const upstreams = await upstreamsOf(config, opened);
  const qstash = await qstashOf(config, opened);
  const providers = await openProviders(config, clock, opened);
  const stripe = await openStripe(options, opened);
  const modules = wire({ ...base, holder, options, upstreams, qstash, providers, stripe: stripe?.link });
  opened.defer(() => modules.close());
  await modules.entitlements.syncCatalogues();
  await modules.identity.ready();
  if (options.owner === true) await ensureOwner(modules, config.dataDir);

  const server = connected(await createServer(serverParts(modules, options)), (url) =>
    stripe?.connect(modules, url),
  );
  scheduleUpkeep(modules);
  const worker = options.work ? modules.jobs.work() : undefined;
  const stopSweep = options.work ? startSweep(() => modules.limits.sweep(), telemetry.logger) : undefined;
  const stopTelling = options.work ? modules.telling.start() : undefined;
  const grace = config.shutdownGraceSeconds;
  return {
    modules,
    telemetry,
    server,
    ownerFile: ownerFileOf(config.dataDir, (await installationOf(db)).id),
    async stop() {
      // A process without a worker may run jobs that were delivered to it.
      const { stop: endJobs } = worker ?? { stop: modules.jobs.close };
      // At the same time: a job that begins while calls are drained would only be handed over.
      await Promise.all([server.stop(grace), endJobs(grace * 1_000)]);
      await Promise.all([stopSweep?.(), stopTelling?.()]);
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
  const { db, narrowed } = store;
  if (narrowed > 0) {
    const facts = { folder: options.config.dataDir, files: narrowed };
    telemetry.logger.warn(facts, 'other users could read the data folder: it is its owner’s alone now');
  }
  if (options.migrate) await migrateUp(db, allMigrations());
  const pending = options.migrate ? [] : await pendingMigrations(db, allMigrations());
  if (pending.length > 0) {
    throw new AppError('migrations_pending', {
      message: `The database lacks ${pending.length} migrations. Run "plinth migrate up" first.`,
    });
  }
  const { database } = options.config;
  if (database.engine === 'postgres' && database.systemUrl !== undefined) await assertLogins(db);
  await assertNotMoved(db);
  return db;
}

/** The server, which others are told of once it is known where it is reached. */
function connected(server: Server, connect: (url: string) => Promise<void> | undefined): Server {
  return {
    ...server,
    async listen() {
      const at = await server.listen();
      await connect(at.url);
      return at;
    },
  };
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
