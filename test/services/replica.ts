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

/** A primary and a replica of it that confirms each commit before it is answered. */
export interface ReplicatedPostgres {
  readonly adminUrl: string;
  readonly port: number;
  /** Kills the primary at once, and has the replica take its place; answers its port. */
  failOver(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts both on free loopback ports, with fresh data. */
export async function startReplicatedPostgres(binaries: PostgresBinaries): Promise<ReplicatedPostgres> {
  const settings = { synchronous_commit: 'on', full_page_writes: 'on' };
  const primary = await preparePostgres({ binaries, settings });
  const servers: KeptServer[] = [];
  const stop = async () => {
    for (const server of servers) await end(server);
    await rm(primary.folder, { recursive: true, force: true });
  };
  try {
    const first = await start(primary);
    servers.push(first);
    const replica = await copyOf(primary);
    servers.push(await start(replica));
    await asAdmin(primary.adminUrl, [
      `alter system set synchronous_standby_names = 'replica'`,
      'select pg_reload_conf()',
    ]);
    await until(primary.adminUrl, `select 1 from pg_stat_replication where sync_state = 'sync'`, first);
    return {
      adminUrl: primary.adminUrl,
      port: primary.port,
      async failOver() {
        await end(first);
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

async function start({ words, port, adminUrl }: PostgresGround): Promise<KeptServer> {
  const kept = await startKept(words, { port, user: unprivilegedUser() });
  await until(adminUrl, 'select 1', kept);
  return kept;
}

/** Until a statement has a row, on a server that may not answer yet. */
async function until(url: string, statement: string, { keeper }: KeptServer): Promise<void> {
  while (keeper.exitCode === null) {
    const [rows] = await asAdmin(url, [statement]).catch(() => []);
    if (rows !== undefined && rows.length > 0) return;
  }
  throw new Error(`${url} has ended`);
}

/** A base backup as PostgreSQL's manual describes it for whoever has no pg_basebackup, set up to follow. */
async function copyOf(primary: PostgresGround): Promise<PostgresGround> {
  const port = await freePort();
  const [data, copy] = ['data', 'replica'].map((name) => join(primary.folder, name)) as [string, string];
  const client = new Client({ connectionString: primary.adminUrl });
  await client.connect();
  try {
    await client.query(
      `select pg_create_physical_replication_slot('replica', true), pg_backup_start('replica', true)`,
    );
    // Who owns the files goes along: the server runs as another user than root.
    await promisify(execFile)('cp', ['-a', data, copy], { ...unprivilegedUser() });
    // The number of the process is that of another.
    await rm(join(copy, 'postmaster.pid'));
    const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)');
    await give(join(copy, 'backup_label'), rows[0]?.labelfile ?? '');
  } finally {
    await client.end();
  }
  await give(join(copy, 'standby.signal'), '');
  await give(
    join(copy, 'postgresql.auto.conf'),
    `primary_conninfo = 'host=127.0.0.1 port=${primary.port} user=postgres application_name=replica'\nprimary_slot_name = 'replica'\n`,
  );
  const words = primary.words.map((word) =>
    word === data ? copy : word === `port=${primary.port}` ? `port=${port}` : word,
  );
  return { ...primary, port, words, adminUrl: primary.adminUrl.replace(`:${primary.port}/`, `:${port}/`) };
}

/** Writes a file that the server may change. */
async function give(path: string, text: string): Promise<void> {
  await writeFile(path, text);
  const user = unprivilegedUser();
  if (user !== undefined) await chown(path, user.uid, user.gid);
}

/** Its processes are just gone, as those of a machine that lost its power. */
async function end({ keeper, pid }: KeptServer): Promise<void> {
  if (keeper.exitCode !== null || keeper.signalCode !== null) return;
  keeper.ref();
  const ended = new Promise((resolve) => keeper.once('close', resolve));
  process.kill(pid, 'SIGQUIT');
  await ended;
}
