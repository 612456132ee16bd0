import { npmBinaries, pathBinaries } from '../../test/services/binaries.ts';
import { lackOfPooler } from '../../test/services/plan-pooler.ts';
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
 * What goes through a pooler in transaction mode: the port itself, whole programs (migrating, listening, jobs), and each
 * flow over HTTP once. What hangs on a connection would show in these.
 */
const POOLED = [
  'src/platform/db/database.test.ts',
  'src/platform/db/signals.test.ts',
  'src/platform/db/logins.test.ts',
  'test/services/pooler.test.ts',
  'test/process/nodes.test.ts',
  'test/identity/emails.test.ts',
  'test/identity/google.test.ts',
  'test/identity/mfa.test.ts',
  'test/identity/revocation.test.ts',
  'test/organizations/invitations.test.ts',
  'test/permits/session.test.ts',
  'test/webhooks/delivery.test.ts',
  'test/reel/stream.test.ts',
];

/**
 * The whole suite on PostgreSQL 18 from npm, a part of it through PgBouncer, then the files that use a database on PGlite,
 * and on PATH's `postgres`, which may be of another version, those of them that stand beside the SQL.
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
  const lacks = [lackOfRedis(environment), lackOfPooler()].filter((reason) => reason !== undefined);
  const missing = [
    ...lacks.map((reason) => ({ reason, needed: true })),
    ...(found === undefined
      ? [{ reason: 'PostgreSQL of PATH: there is no postgres on PATH', needed: false }]
      : []),
  ];
  if (packaged !== undefined) {
    const first = { title: `PostgreSQL ${packaged.version} of npm`, environment: {}, files: [] };
    const pooled = {
      title: 'PgBouncer',
      environment: { TEST_POOLER: 'pgbouncer' },
      files: files.filter((file) => POOLED.some((start) => file.startsWith(start))),
    };
    const others = [...(lackOfPooler() === undefined ? [pooled] : []), embedded];
    return { passes: [first, ...others, ...(path === undefined ? [] : [path])], missing };
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
  return ['TEST_ENGINE', 'TEST_POSTGRES', 'TEST_POOLER'].some((name) => (environment[name] ?? '') !== '');
}
