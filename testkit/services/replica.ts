import { execFile } from 'node:child_process';
import { chown, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { type PostgresBinaries, unprivilegedUser } from './binaries.ts';
import { asAdmin } from './cluster.ts';
import { type KeptServer, startKept } from './keeper.ts';
import { freePort } from './ports.ts';
import { type PostgresGround, preparePostgres } from './postgres.ts';
import { startProxy } from './proxy.ts';

/** A primary and a replica of it. */
export interface ReplicatedPostgres {
  readonly adminUrl: string;
  readonly port: number;
  /** Waits until the replica has all that was committed, and gives it no more. */
  cutOff(): Promise<void>;
  /** Kills the primary at once, and has the replica take its place; answers its port. */
  failOver(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts both on free loopback ports, with fresh data. A synchronous replica confirms each commit before it is answered. */
export async function startReplicatedPostgres(
  binaries: PostgresBinaries,
  { isSynchronous = true }: { readonly isSynchronous?: boolean } = {},
): Promise<ReplicatedPostgres> {
  const settings = { synchronous_commit: 'on', full_page_writes: 'on' };
  const primary = await preparePostgres({ binaries, settings });
  const servers: KeptServer[] = [];
  const link = await startProxy(primary.port);
  const stop = async () => {
    for (const server of servers) await endAtOnce(server);
    await link.close();
    await rm(primary.folder, { recursive: true, force: true });
  };
  try {
    const first = await startGround(primary);
    servers.push(first);
    const replica = await copyOf(primary, link.port);
    servers.push(await startGround(replica));
    if (isSynchronous)
      await asAdmin(primary.adminUrl, [
        `alter system set synchronous_standby_names = 'replica'`,
        'select pg_reload_conf()',
      ]);
    const state = isSynchronous ? 'sync' : 'async';
    await until(primary.adminUrl, `select 1 from pg_stat_replication where sync_state = '${state}'`, first);
    return {
      adminUrl: primary.adminUrl,
      port: primary.port,
      async cutOff() {
        const [[row] = []] = await asAdmin(primary.adminUrl, ['select pg_current_wal_lsn()::text as at']);
        const caughtUp = `select 1 from pg_stat_replication where replay_lsn >= '${String(row?.['at'])}'`;
        await until(primary.adminUrl, caughtUp, first);
        // Nothing listens there.
        link.target = await freePort();
        link.cut();
      },
      async failOver() {
        await endAtOnce(first);
        await asAdmin(replica.adminUrl, ['select pg_promote()']);
        return replica.port;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

export async function startGround({ words, port, adminUrl }: PostgresGround): Promise<KeptServer> {
  const kept = await startKept(words, { port, user: unprivilegedUser() });
  await until(adminUrl, 'select 1', kept);
  return kept;
}

/** Until a statement has a row, on a server that may not answer yet. */
export async function until(url: string, statement: string, { keeper }: KeptServer): Promise<void> {
  while (keeper.exitCode === null) {
    const [rows] = await asAdmin(url, [statement]).catch(() => []);
    if (rows !== undefined && rows.length > 0) return;
  }
  throw new Error(`${url} has ended`);
}

/** A base backup, set up to follow. */
async function copyOf(primary: PostgresGround, port: number): Promise<PostgresGround> {
  const slot = `select pg_create_physical_replication_slot('replica', true)`;
  const copy = await baseBackup(primary, { name: 'replica', before: slot });
  await give(join(copy, 'standby.signal'), '');
  await give(
    join(copy, 'postgresql.auto.conf'),
    `primary_conninfo = 'host=127.0.0.1 port=${port} user=postgres application_name=replica'\nprimary_slot_name = 'replica'\n`,
  );
  return groundAt(primary, copy, await freePort());
}

/** A base backup as PostgreSQL's manual describes it for systems without pg_basebackup; answers its folder. */
export async function baseBackup(
  primary: PostgresGround,
  { name, before }: { readonly name: string; readonly before?: string },
): Promise<string> {
  const [data, copy] = ['data', name].map((folder) => join(primary.folder, folder)) as [string, string];
  const client = new Client({ connectionString: primary.adminUrl });
  await client.connect();
  try {
    if (before !== undefined) await client.query(before);
    await client.query('select pg_backup_start($1, true)', [name]);
    // Who owns the files goes along: the server runs as another user than root. What vanishes meanwhile the log makes good.
    await promisify(execFile)('cp', ['-a', data, copy], { ...unprivilegedUser() }).catch(unlessVanished);
    // The number of the process is that of another.
    await rm(join(copy, 'postmaster.pid'));
    const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)');
    await give(join(copy, 'backup_label'), rows[0]?.labelfile ?? '');
  } finally {
    await client.end();
  }
  return copy;
}

function unlessVanished(error: unknown): void {
  const lines = String((error as { stderr?: string }).stderr)
    .trim()
    .split('\n');
  if (lines.some((line) => !line.includes('No such file'))) throw error;
}

/** The same program on another folder and port. */
export function groundAt(primary: PostgresGround, folder: string, port: number): PostgresGround {
  const words = primary.words.map((word) =>
    word === join(primary.folder, 'data') ? folder : word === `port=${primary.port}` ? `port=${port}` : word,
  );
  return { ...primary, port, words, adminUrl: primary.adminUrl.replace(`:${primary.port}/`, `:${port}/`) };
}

/** Writes a file that the server may change. */
export async function give(path: string, text: string): Promise<void> {
  await writeFile(path, text);
  const user = unprivilegedUser();
  if (user !== undefined) await chown(path, user.uid, user.gid);
}

/** Its processes are just gone, as those of a machine that lost its power. */
export async function endAtOnce({ keeper, pid }: KeptServer): Promise<void> {
  if (keeper.exitCode !== null || keeper.signalCode !== null) return;
  keeper.ref();
  const ended = new Promise((resolve) => keeper.once('close', resolve));
  process.kill(pid, 'SIGQUIT');
  await ended;
}
