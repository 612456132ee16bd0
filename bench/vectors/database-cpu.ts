import { readdirSync, readFileSync } from 'node:fs';
import { type Database, statement } from '#platform/db';

/** The kernel counts in hundredths of a second. */
const TICK_MS = 10;

/** Milliseconds of processor time that all processes of the server of a database have taken so far; only on Linux, and on this machine. */
export async function databaseCpu(db: Database): Promise<() => number> {
  const [row] = await db.asMigrator(statement<{ pid: number }>('select pg_backend_pid() as pid'));
  // A backend is a child of the server's first process, as are the workers of its parallel queries.
  const server = fieldsOf(row?.pid ?? 0)?.[1] ?? Number.NaN;
  return () => {
    const [, , user = 0, system = 0, endedUser = 0, endedSystem = 0] = fieldsOf(server) ?? [];
    let ticks = user + system + endedUser + endedSystem;
    for (const name of readdirSync('/proc')) {
      const fields = /^\d+$/.test(name) ? fieldsOf(Number(name)) : undefined;
      if (fields?.[1] === server) ticks += (fields[2] ?? 0) + (fields[3] ?? 0);
    }
    return ticks * TICK_MS;
  };
}

/** Fields of a process: its id, its parent, its user and system time, and those of its children that have ended; in ticks. */
function fieldsOf(pid: number): readonly number[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    return [pid, ...[1, 11, 12, 13, 14].map((at) => fields[at] ?? 0)];
  } catch {
    return undefined;
  }
}
