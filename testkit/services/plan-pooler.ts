import type { Cluster } from './cluster.ts';
import { type PgBouncer, pgbouncerProgram, startPgBouncer } from './pgbouncer-server.ts';

/** What test files are told of the PgBouncer that leads to their databases. */
export type Pooler = Pick<PgBouncer, 'port' | 'isNamed'>;

/** Why the pass through PgBouncer can't run here; undefined when it can. */
export function lackOfPooler(): string | undefined {
  return pgbouncerProgram() === undefined
    ? 'PgBouncer: there is none on PATH (Debian: apt-get install pgbouncer)'
    : undefined;
}

interface OpenedPooler {
  readonly services: { readonly pooler?: Pooler };
  /** For the line that tells what was started. */
  readonly said: string;
  stop(): Promise<void>;
}

/** With `TEST_POOLER=pgbouncer`, one in transaction mode in front of the cluster. */
export async function openPooler(environment: NodeJS.ProcessEnv, cluster: Cluster): Promise<OpenedPooler> {
  if (environment['TEST_POOLER'] !== 'pgbouncer') return { services: {}, said: '', stop: async () => {} };
  const program = pgbouncerProgram();
  if (program === undefined) throw new Error(lackOfPooler());
  const { port, isNamed, version, stop } = await startPgBouncer(program, {
    url: cluster.adminUrl,
    login: cluster.owner,
  });
  return {
    services: { pooler: { port, isNamed } },
    said: ` through PgBouncer ${version} (${program})`,
    stop,
  };
}

/** How to open the database of a URL through the pooler: in this process, and for a program by its settings. */
export function pooledThrough({ port, isNamed }: Pooler, directUrl: string) {
  const url = Object.assign(new URL(directUrl), { hostname: '127.0.0.1', port: String(port) }).href;
  return {
    options: { url, directUrl, namedStatements: isNamed },
    settings: { DATABASE_URL: url, DIRECT_URL: directUrl, DATABASE_NAMED_STATEMENTS: String(isNamed) },
  };
}
