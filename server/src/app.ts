import { setTimeout } from 'node:timers/promises';
import type { UpstreamOptions } from '#platform/ai';
import type { Config } from '#platform/config';
import {
  assertLogins,
  assertNotMoved,
  type Database,
  DatabaseAway,
  installationOf,
  migrateUp,
  openStore,
  pendingMigrations,
  watchAbandoned,
} from '#platform/db';
import { openKeptAnswers } from '#platform/idempotency';
import type { QStash } from '#platform/jobs';
import { AppError, createIds, declareErrors, systemClock, systemRandom, within } from '#platform/kernel';
import { startHolder } from '#platform/limits';
import { ensureOwner, ownerFileOf } from '#platform/owner';
import { createTelemetry, type Telemetry } from '#platform/telemetry';
import { createServer, type Server } from '#server';
import { openAppStore } from './app/app-store.ts';
import { openBlobHome, openBlobHomeAlone } from './app/blobs.ts';
import { openProviders, providersOf } from './app/federation.ts';
import { allMigrations, allRoutes } from './app/lists.ts';
import type { AppOptions } from './app/options.ts';
import {
  assertNobodyPays,
  brandDefaults,
  chooseProducts,
  withChoice,
  type ProductChoice,
} from './app/products.ts';
import { openRedis } from './app/redis.ts';
import { openAISandbox, qstashSandbox, type SandboxParts } from './app/sandboxes.ts';
import { type AiCheck, checkAi, routesLeftAside } from './app/ai.ts';
import { openSecrets } from './app/secrets.ts';
import { serverParts } from './app/server-parts.ts';
import { openGooglePlay } from './app/google-play.ts';
import { openDrivenStripe, openStripe } from './app/stripe.ts';
import { openVectorHome } from './app/vectors.ts';
import { type Modules, wire } from './app/wiring.ts';

export {
  allMigrations,
  allRoutes,
  brandDefaults,
  assertNobodyPays,
  checkAi,
  routesLeftAside,
  chooseProducts,
  openBlobHome,
  openBlobHomeAlone,
  openDrivenStripe,
  openSecrets,
  openVectorHome,
  providersOf,
  withChoice,
};
export type { AiCheck, AppOptions, ProductChoice };

declareErrors({
  migrations_pending: { status: 500, message: 'The database is not migrated.' },
});

/** A process of the program, wired and ready. */
export interface App {
  readonly modules: Modules;
  readonly choice: ProductChoice;
  readonly telemetry: Telemetry;
  readonly server: Server;
  /** Where the key and password of this database's owner are, if they are in the data folder. */
  readonly ownerFile: string | undefined;
  /** Is not ready for SHUTDOWN_DELAY_SECONDS, then drains calls, streams and jobs within the time that the settings give, and closes everything. */
  stop(): Promise<void>;
  /**
   * For a process that others may think dead, whose lease is lost: it takes nothing more, gives what is under way some seconds,
   * and tells what its calls have cost, which the database takes from it however late. Then it must end.
   */
  lastWords(): Promise<void>;
}

/** Opens all that the configuration asks for. What was opened before a failure is closed again. */
export async function openApp(options: AppOptions): Promise<App> {
  const opened = new AsyncDisposableStack();
  try {
    return await open(options, opened);
  } catch (error) {
    // A part that can't be closed either is over with its database: the failure to tell is the first one.
    await opened.disposeAsync().catch(() => {});
    throw error;
  }
}

async function open(options: AppOptions, opened: AsyncDisposableStack): Promise<App> {
  const { config, clock = systemClock } = options;
  const telemetry = createTelemetry({ ...config, clock });
  opened.defer(() => telemetry.close());
  if (config.errorTracker !== undefined) await telemetry.trackErrors(config.errorTracker);
  const db = await openedDatabase(options, telemetry, opened);
  const choice = await choiceOf(db, options);
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
  opened.defer(() => unlessAway(holder.end()));
  const sandboxes = { telemetry, opened };
  const upstreams = await upstreamsOf(config, sandboxes);
  const qstash = await qstashOf(config, sandboxes);
  const providers = await openProviders(config, clock, sandboxes);
  const stripe = await openStripe(options, sandboxes);
  const appStore = await openAppStore({ ...options, clock }, sandboxes);
  const googlePlay = await openGooglePlay(options, db, sandboxes);
  let reachedAt = config.baseUrl;
  const modules = wire({
    ...base,
    reachedAt: () => reachedAt,
    holder,
    options,
    products: choice.products,
    upstreams,
    qstash,
    providers,
    stripe: stripe?.link,
    stores: [...appStore.stores, ...googlePlay.stores],
  });
  opened.defer(() => modules.close());
  await startPlans(modules);
  await Promise.all([modules.identity.ready(), modules.ai.routes?.ready(), modules.brands.ready()]);
  if (options.owner === true) await ensureOwner(modules, config.dataDir);

  const server = connectOnListen(await createServer(serverParts(modules, options)), (url) => {
    reachedAt = config.publicUrl ?? url;
    appStore.connect(url);
    googlePlay.connect(url);
    return stripe?.connect(modules, url);
  });
  const worker = options.work ? modules.jobs.work() : undefined;
  const stopSweep = options.work ? modules.limiting.startSweep() : undefined;
  const stopTelling = options.work ? modules.dispatcher.start() : undefined;
  const grace = config.shutdownGraceSeconds;
  async function drain(seconds: number): Promise<void> {
    // A process without a worker may run jobs that were delivered to it.
    const { stop: endJobs } = worker ?? { stop: modules.jobs.close };
    // At the same time: a job that begins while calls are drained would only be handed over.
    await Promise.all([server.stop(seconds), endJobs(seconds * 1_000)]);
    await Promise.all([stopSweep?.(), stopTelling?.()]);
  }
  return {
    modules,
    choice,
    telemetry,
    server,
    ownerFile: ownerFileOf(config.dataDir, (await installationOf(db)).id),
    async stop() {
      server.leave();
      // Without a delay what arrives in this very turn is refused.
      if (config.shutdownDelaySeconds > 0) {
        await setTimeout(config.shutdownDelaySeconds * 1_000);
        await server.stopListening();
      }
      await drain(grace);
      await tellAll(modules);
      await opened.disposeAsync();
    },
    async lastWords() {
      await within(2 * LOST_GRACE * 1_000, drain(LOST_GRACE));
      await tellAll(modules);
    },
  };
}

/** Has the plans that are data in effect, and the snapshots of all products in step. */
async function startPlans({ services, entitlements }: Modules): Promise<void> {
  await services.plans.ready();
  await entitlements.syncCatalogues();
}

/**
 * Seconds for calls under way whose process has lost its lease. It finds answers of providers waiting in its sockets, which it reads
 * only after its timers have said that it is late; others wait for 10 s past the end of a lease that could not be renewed.
 */
const LOST_GRACE = 5;

/** Milliseconds that the database may be away while a process wants to end and knows what it does not. A second signal ends it at once. */
const LAST_WORDS = 600_000;

/**
 * Ends whose callers have their answers are under no request any more. Only this process knows those that the database could not be told:
 * if it ended now, estimates would be posted.
 */
async function tellAll({ limits, telemetry }: Modules): Promise<void> {
  const { ends, retries } = limits;
  if (retries.size > 0)
    telemetry.logger.warn({ waiting: retries.size }, 'waits for the database, to tell what calls have cost');
  await within(LAST_WORDS, ends.idle());
  if (retries.size > 0) await retries.finish(ends.size === 0 ? LAST_WORDS : 0);
}

/** A lease that can't be ended runs out. */
async function unlessAway(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof DatabaseAway)) throw error;
  }
}

async function openedDatabase(
  options: AppOptions,
  telemetry: Telemetry,
  opened: AsyncDisposableStack,
): Promise<Database> {
  const store = await (options.store ?? openStore(options.config, options.crashHook));
  opened.defer(() => store.close());
  store.onIdleError = (err) => telemetry.logger.warn({ err }, 'a connection to the database failed');
  const { db, narrowed } = store;
  if (narrowed > 0) {
    const facts = { folder: options.config.dataDir, files: narrowed };
    telemetry.logger.warn(facts, 'other users could read the data folder: it is its owner’s alone now');
  }
  if (store.slowly !== undefined)
    telemetry.logger.debug({ reason: store.slowly }, 'a new database was made without the prepared one');
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
  telemetry.metrics.observeDatabase(async () => ({
    pingSeconds: await db.ping().then(
      (milliseconds) => milliseconds / 1_000,
      () => undefined,
    ),
    connections: db.connections(),
  }));
  opened.defer(
    watchAbandoned(db, (transactions) =>
      telemetry.logger.warn({ transactions }, 'ended transactions whose clients were gone'),
    ),
  );
  return db;
}

/** An operator's task goes on in production, even if customers pay for a product that is off. */
async function choiceOf(db: Database, { config, serve, work }: AppOptions): Promise<ProductChoice> {
  const choice = await chooseProducts(db, config);
  if (serve || work) assertNobodyPays(choice, config);
  return choice;
}

/** The server, which others are told of once it is known where it is reached. */
function connectOnListen(server: Server, connect: (url: string) => Promise<void> | undefined): Server {
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
async function upstreamsOf({ ai, environment }: Config, sandboxes: SandboxParts): Promise<UpstreamOptions[]> {
  if (!ai.sandbox) return [...ai.upstreams];
  const latencyMs = ai.sandboxLatencyMs;
  // People see a stream that is written; where a latency is set, that says how fast.
  const perTokenMs = environment !== 'test' && latencyMs === 0 ? TOKEN_MS : 0;
  return [...ai.upstreams, await openAISandbox(sandboxes, { latencyMs, perTokenMs })];
}

/** Milliseconds between two tokens of the sandbox's streams: a post of 300 tokens takes some two seconds. */
const TOKEN_MS = 5;

/** Where jobs are announced, if they are, and who signs what is delivered: the sandbox where the settings name no account. */
async function qstashOf({ delivery }: Config, sandboxes: SandboxParts): Promise<QStash | undefined> {
  if (delivery === undefined || delivery.qstash !== undefined) return delivery?.qstash;
  return qstashSandbox(sandboxes, systemRandom);
}
