import { cpuSeconds } from '../process.ts';
import { cpuOfFamily, memoryOfFamily, residentOf } from '../gateway/processes.ts';
import { round } from '../figures.ts';
import type { Sql } from '@plinth/testkit/services/sql';

/** Milliseconds between two looks. */
const LOOK = 1_000;

/** What one of them used: cores busy on average, and at most so many megabytes and connections. */
export interface ResourceUsage {
  readonly cores: number;
  readonly megabytes: number;
  readonly connections?: number;
}

export interface WatchedProcesses {
  readonly server: number;
  /** The first process of the database. */
  readonly database: number;
  readonly sql: Sql;
}

/** Watches the server and its database until it is told to stop. */
export function watch({ server, database, sql }: WatchedProcesses) {
  const began = performance.now();
  const before = { server: cpuSeconds(server), database: cpuOfFamily(database) };
  const most = { server: 0, database: 0, connections: 0 };
  const look = async () => {
    most.server = Math.max(most.server, residentOf(server));
    most.database = Math.max(most.database, memoryOfFamily(database));
    const [row] = await sql.rows<{ open: number }>(CONNECTIONS);
    most.connections = Math.max(most.connections, row?.open ?? 0);
  };
  let looking = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(look);
  }, LOOK);
  return {
    async stop(): Promise<{ readonly server: ResourceUsage; readonly database: ResourceUsage }> {
      clearInterval(timer);
      await looking.then(look);
      const seconds = (performance.now() - began) / 1_000;
      const cores = (now: number, then: number) => round((now - then) / seconds);
      return {
        server: { cores: cores(cpuSeconds(server), before.server), megabytes: Math.round(most.server) },
        database: {
          cores: cores(cpuOfFamily(database), before.database),
          megabytes: Math.round(most.database),
          connections: most.connections,
        },
      };
    },
  };
}

/** The program's connections, without the counter's own. */
const CONNECTIONS = `
  select count(*)::integer as open from pg_stat_activity
    where backend_type = 'client backend' and application_name <> 'plinth-faults'`;
