/**
 * Runs tests of the copy that it lies in, as it is told by messages. It keeps what takes longest: PostgreSQL, Redis and what Vitest
 * has read. Each run has a process of its own for the tests, which loads the program anew, and databases of its own.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createVitest, type Vitest } from 'vitest/node';
import { z } from 'zod';
import { createDatabase, dropDatabase } from '../../test/services/cluster.ts';
import type { Services } from '../../test/services/global-setup.ts';
import type { Report } from '../suite/outcomes.ts';
import { reportOf } from '../suite/reporter.ts';

const ROOT = join(import.meta.dirname, '../..');

const askedSchema = z.object({
  file: z.string(),
  /** Which of its tests. */
  pattern: z.string(),
  /** Files that are other ones than in the run before. */
  changed: z.array(z.string()),
  /** With the schema as the copy makes it now, in place of the one that it made when this process began. */
  ownSchema: z.boolean(),
});
export type Asked = Readonly<z.infer<typeof askedSchema>>;

const NOTHING: Report = { outcomes: [], timings: [] };
const last = { report: NOTHING };

if (process.send !== undefined) await serve();

async function serve(): Promise<void> {
  const vitest = await createVitest({
    root: ROOT,
    watch: false,
    // Beside the copy, so that it goes with it.
    fsModuleCachePath: join(ROOT, '.cache/vitest'),
    reporters: [
      {
        onTestRunEnd(modules, errors) {
          last.report = reportOf(modules, errors);
        },
      },
    ],
  });
  // The services are those of the copy as it is now.
  await vitest.runTestSpecifications([]);
  process.send?.('ready');
  process.on('message', (message) => void answer(vitest, askedSchema.parse(message)));
  process.once('disconnect', () => void vitest.close().finally(() => process.exit()));
}

async function answer(vitest: Vitest, request: Asked): Promise<void> {
  process.send?.(await run(vitest, request));
}

async function run(vitest: Vitest, { changed, file, pattern, ownSchema }: Asked): Promise<Report> {
  for (const path of changed) vitest.invalidateFile(join(ROOT, path));
  const specifications = (await vitest.globTestSpecifications([file])).filter(
    ({ moduleId }) => moduleId === join(ROOT, file),
  );
  vitest.setGlobalTestNamePattern(new RegExp(pattern));
  // What a run before came to is not what this one comes to, if it never gets so far.
  for (const { project, moduleId } of specifications) vitest.state.clearFiles(project, [moduleId]);
  last.report = NOTHING;
  const services = ownSchema ? vitest.getRootProject().getProvidedContext().services : undefined;
  if (services?.engine === 'postgres') await withOwnSchema(vitest, services, specifications);
  else await vitest.runTestSpecifications(specifications);
  return last.report;
}

type Postgres = Extract<Services, { engine: 'postgres' }>;

async function withOwnSchema(
  vitest: Vitest,
  services: Postgres,
  specifications: Parameters<Vitest['runTestSpecifications']>[0],
): Promise<void> {
  const template = `${services.template}_own`;
  const url = await createDatabase(services, template);
  try {
    const problem = await migrate(url);
    vitest.provide('services', { ...services, template, ...(problem === undefined ? {} : { problem }) });
    await vitest.runTestSpecifications(specifications);
  } finally {
    vitest.provide('services', services);
    await dropDatabase(services, template);
  }
}

/** In a process of its own, which reads the copy as it is now. */
async function migrate(url: string): Promise<string | undefined> {
  try {
    await promisify(execFile)(process.execPath, [join(ROOT, 'scripts/sabotage/own-schema.ts'), url], {
      cwd: ROOT,
    });
    return undefined;
  } catch (error) {
    return `the project's schema could not be made: ${error instanceof Error ? error.message : String(error)}`;
  }
}
