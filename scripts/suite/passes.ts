import { npmBinaries, pathBinaries } from '../../test/services/binaries.ts';
import { lackOfRedis } from '../../test/services/plan-redis.ts';
import { databaseFiles } from './database-files.ts';

/** One run of the suite, or of a part of it, on one database. */
export interface Pass {
  readonly title: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly files: readonly string[];
}

export interface Plan {
  readonly passes: readonly Pass[];
  /** What is not run, and why; what is needed fails the run where everything must run. */
  readonly missing: readonly Missing[];
}

export interface Missing {
  readonly reason: string;
  readonly needed: boolean;
}

/**
 * The whole suite on PostgreSQL 18 from npm, then the files that use a database on PGlite, and on PATH's `postgres`, which
 * may be of another version, those of them that stand beside the SQL.
 */
export async function planPasses(environment: NodeJS.ProcessEnv): Promise<Plan> {
  if (isSteered(environment))
    return { passes: [{ title: 'as the environment says', environment: {}, files: [] }], missing: [] };
  const files = databaseFiles();
  const embedded = { title: 'PGlite', environment: { TEST_ENGINE: 'pglite' }, files };
  const found = await pathBinaries();
  const path = found && {
    title: `PostgreSQL ${found.version} of PATH`,
    environment: { TEST_POSTGRES: 'path' },
    files: files.filter((file) => file.startsWith('src/')),
  };
  const packaged = await npmBinaries();
  const redis = lackOfRedis(environment);
  const missing = [
    ...(redis === undefined ? [] : [{ reason: redis, needed: true }]),
    ...(found === undefined
      ? [{ reason: 'PostgreSQL of PATH: there is no postgres on PATH', needed: false }]
      : []),
  ];
  if (packaged !== undefined) {
    const first = { title: `PostgreSQL ${packaged.version} of npm`, environment: {}, files: [] };
    return { passes: [first, embedded, ...(path === undefined ? [] : [path])], missing };
  }
  const reason = `PostgreSQL of npm: there is none for ${process.platform}-${process.arch} (set TEST_DATABASE_URL to a server)`;
  const whole = { ...(path ?? embedded), files: [] };
  return {
    passes: path === undefined ? [whole] : [whole, embedded],
    missing: [...missing, { reason, needed: true }],
  };
}

/** Whoever names the database gets one pass on it. */
function isSteered(environment: NodeJS.ProcessEnv): boolean {
  return ['TEST_ENGINE', 'TEST_POSTGRES'].some((name) => (environment[name] ?? '') !== '');
}
