import { npmBinaries, pathBinaries } from '@plinth/testkit/services/binaries';
import { lackOfPooler } from '@plinth/testkit/services/plan-pooler';
import { lackOfRedis } from '@plinth/testkit/services/plan-redis';
import { EMBEDDED, EMBEDDED_ALONE, ONCE, OTHER_VERSION, POOLED } from './engines.ts';
import { reachesService, testFiles } from './groups.ts';

/** One run of the suite, or of a part of it, on one database. */
export interface Pass {
  readonly title: string;
  readonly environment: Readonly<Record<string, string>>;
  /** None: all. */
  readonly files: readonly string[];
  /** What another pass of the same run has in its place. */
  readonly without?: readonly string[];
}

export interface Plan {
  readonly passes: readonly Pass[];
  /** What is not run, and why; what is needed fails the run where everything must run. */
  readonly missing: readonly MissingService[];
}

export interface MissingService {
  readonly reason: string;
  readonly needed: boolean;
}

export interface Extent {
  /** Every file that uses a database on every engine: what a night is for. */
  readonly thorough: boolean;
}

/** The walks, crashes and house rules of single products, for runs of these: the whole suite tries all of them at once (test/walkers, test/crash, testkit/house). */
export function ofSingleProducts(): string[] {
  return testFiles()
    .flatMap(({ files }) => files)
    .filter((file) => /^products\/\w+\/test\/(?:house|kills|walkers)\.test\.ts$/.test(file));
}

/** A way through each product, from its first call to its last. */
const JOURNEYS = [
  'products/licences/test/sessions/seats.test.ts',
  'products/gateway/test/reserves.test.ts',
  'products/orbit/test/scopes.test.ts',
  'products/prism/test/walk.test.ts',
  'products/reel/test/worker.test.ts',
];

/** What one runs while working: the tests that need no service, and the journeys, on the embedded database. */
export function quickPlan(): Plan {
  const pure = testFiles().flatMap(({ group, files }) => (group === 'pure' ? files : []));
  const title = 'what needs no service, and one journey of each product on the embedded database';
  return {
    passes: [{ title, environment: { TEST_ENGINE: 'pglite' }, files: [...JOURNEYS, ...pure] }],
    missing: [],
  };
}

/**
 * The whole suite on PostgreSQL 18 from npm, then the parts of it that `engines.ts` names through PgBouncer, on PGlite and on
 * PATH's `postgres`.
 */
export async function planPasses(environment: NodeJS.ProcessEnv, { thorough }: Extent): Promise<Plan> {
  if (isSteered(environment))
    return { passes: [{ title: 'as the environment says', environment: {}, files: [] }], missing: [] };
  const files = testFiles().flatMap((one) => (one.group === 'pure' ? [] : one.files));
  const filesWithin = (starts: readonly string[]) =>
    files.filter((file) => startsWithOne(file, starts) && reachesService(file));
  const repeated = files.filter((file) => !startsWithOne(file, ONCE));
  const embedded = {
    title: 'PGlite',
    environment: { TEST_ENGINE: 'pglite' },
    files: thorough ? repeated : filesWithin(EMBEDDED),
  };
  const found = await pathBinaries();
  const path = found && {
    title: `PostgreSQL ${found.version} of PATH`,
    environment: { TEST_POSTGRES: 'path' },
    files: thorough ? repeated.filter((file) => file.startsWith('server/src/')) : filesWithin(OTHER_VERSION),
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
    const title = `PostgreSQL ${packaged.version} of npm`;
    const first = { title, environment: {}, files: [], without: thorough ? [] : EMBEDDED_ALONE };
    const pooled = {
      title: 'PgBouncer',
      environment: { TEST_POOLER: 'pgbouncer' },
      files: filesWithin(POOLED),
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

function startsWithOne(file: string, starts: readonly string[]): boolean {
  return starts.some((start) => file.startsWith(start));
}

/** An explicitly named database gets one pass. */
function isSteered(environment: NodeJS.ProcessEnv): boolean {
  return ['TEST_ENGINE', 'TEST_POSTGRES', 'TEST_POOLER'].some((name) => (environment[name] ?? '') !== '');
}
