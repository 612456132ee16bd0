import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { createDatabase, dropDatabase, prepareCluster, serverVersion, TEMPLATE } from './cluster.ts';
import { type DatabasePlan, planDatabase } from './plan.ts';
import { openPooler, type Pooler } from './plan-pooler.ts';
import { openRedis } from './plan-redis.ts';
import { startPostgres } from './postgres.ts';
import { makeRunFolder, removeStaleFolders } from './folders.ts';
import { dumpTemplate, migrateTemplate } from './project.ts';

/** What test files are told of the services that this run started. */
export type Services =
  | {
      readonly engine: 'postgres';
      readonly adminUrl: string;
      readonly owner: string;
      readonly template: string;
      /** The way to the databases in a pass through a pooler. */
      readonly pooler?: Pooler;
      /** Why the project's schema could not be made, if so: only the tests that need a database fail by it. */
      readonly problem?: string;
    }
  | {
      readonly engine: 'pglite';
      readonly template: string;
      /** Without the project's schema. */
      readonly empty: string;
      readonly problem?: string;
    };

/** What test files are told of Redis: absent is what there is none of. */
export interface RedisServices {
  /** Whose databases, from number 1 on, tests empty and use. */
  readonly url?: string;
  readonly databases: number;
  /** The `redis-server` that a test may start for itself. */
  readonly program?: string;
}

declare module 'vitest' {
  export interface ProvidedContext {
    services: Services;
    redis: RedisServices;
  }
}

interface StartedServices {
  readonly services: Services;
  readonly said: string;
  stop(): Promise<void>;
}

/** Starts the services of a run, migrates one template database, and answers how to stop them. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const began = performance.now();
  const plan = await planDatabase(process.env);
  const redis = await openRedis(process.env);
  const started = plan.engine === 'pglite' ? await startEmbedded() : await startServer(plan);
  project.provide('services', started.services);
  project.provide('redis', redis.services);
  const said = `${started.said} and ${redis.said}`;
  process.stdout.write(`services: ${said}, ready in ${Math.round(performance.now() - began)} ms\n`);
  return async () => {
    await started.stop();
    await redis.stop();
  };
}

async function startServer(plan: Exclude<DatabasePlan, { engine: 'pglite' }>): Promise<StartedServices> {
  const server = 'url' in plan ? await foreignServer(plan.url) : await startPostgres(plan);
  const source = 'url' in plan ? 'TEST_DATABASE_URL' : plan.binaries.source;
  const template = 'url' in plan ? `${TEMPLATE}_${process.pid}` : TEMPLATE;
  try {
    const cluster = await prepareCluster(server.adminUrl, !('url' in plan));
    const problem = await problemOf(migrateTemplate(await createDatabase(cluster, template)));
    const pooler = await openPooler(process.env, cluster);
    return {
      services: { engine: 'postgres', ...cluster, template, ...pooler.services, ...problem },
      said: `PostgreSQL ${server.version} (${source})${pooler.said}`,
      async stop() {
        await pooler.stop();
        if ('url' in plan) await dropDatabase(cluster, template);
        await server.stop();
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function foreignServer(url: string) {
  return { version: await serverVersion(url), adminUrl: url, stop: async () => {} };
}

/** The embedded database runs in each test file's own process; here only its first state is made, once. */
async function startEmbedded(): Promise<StartedServices> {
  await removeStaleFolders();
  const folder = await makeRunFolder(tmpdir());
  const stop = () => rm(folder, { recursive: true, force: true });
  const template = join(folder, 'template.tar');
  const empty = join(folder, 'empty.tar');
  const dumping = dumpTemplate((dump) => writeFile(empty, dump)).then((dump) => writeFile(template, dump));
  const problem = await problemOf(dumping);
  return { services: { engine: 'pglite', template, empty, ...problem }, said: 'PGlite (embedded)', stop };
}

async function problemOf(work: Promise<void>): Promise<{ problem?: string }> {
  try {
    await work;
    return {};
  } catch (error) {
    const problem = `the project's schema could not be made: ${error instanceof Error ? error.message : String(error)}`;
    process.stdout.write(`services: ${problem}\n`);
    return { problem };
  }
}
