import { execFile } from 'node:child_process';
import { chown, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type PostgresBinaries, unprivilegedUser } from './binaries.ts';
import { asAdmin } from './cluster.ts';
import type { KeptServer } from './keeper.ts';
import { freePort } from './ports.ts';
import { preparePostgres } from './postgres.ts';
import { baseBackup, endAtOnce, give, groundAt, startGround, until } from './replica.ts';

/** A PostgreSQL whose log is archived, as docs/backup.md describes it. */
export interface ArchivedPostgres {
  readonly adminUrl: string;
  /** Takes a base backup, while the caller goes on. */
  backUp(): Promise<void>;
  /** Waits until all that was committed is archived, and is gone at once; answers the URL of a server that was restored to an instant. */
  restoreTo(instant: string): Promise<string>;
  stop(): Promise<void>;
}

export async function startArchivedPostgres(binaries: PostgresBinaries): Promise<ArchivedPostgres> {
  const settings = { synchronous_commit: 'on', full_page_writes: 'on', archive_mode: 'on' };
  const prepared = await preparePostgres({ binaries, settings });
  const archive = join(prepared.folder, 'archive');
  await mkdir(archive);
  const user = unprivilegedUser();
  if (user !== undefined) await chown(archive, user.uid, user.gid);
  const words = [...prepared.words, '-c', `archive_command=cp "%p" "${archive}/%f"`];
  const primary = { ...prepared, words };
  const servers: KeptServer[] = [await startGround(primary)];
  let base = '';
  return {
    adminUrl: primary.adminUrl,
    async backUp() {
      base = await baseBackup(primary, { name: 'base' });
    },
    async restoreTo(instant) {
      const [, wal] = await asAdmin(primary.adminUrl, [
        'create table switched ()',
        'select pg_walfile_name(pg_switch_wal()) as file',
      ]);
      const file = String(wal?.[0]?.['file']);
      const archived = `select 1 from pg_stat_archiver where last_archived_wal >= '${file}'`;
      for (const server of servers) {
        await until(primary.adminUrl, archived, server);
        await endAtOnce(server);
      }
      const folder = join(primary.folder, 'restored');
      await promisify(execFile)('cp', ['-a', base, folder], { ...user });
      await give(join(folder, 'recovery.signal'), '');
      await give(
        join(folder, 'postgresql.auto.conf'),
        `restore_command = 'cp "${archive}/%f" "%p"'\nrecovery_target_time = '${instant}'\nrecovery_target_action = 'promote'\n`,
      );
      const ground = groundAt(primary, folder, await freePort());
      const restored = {
        ...ground,
        words: ground.words.map((word) => (word === 'archive_mode=on' ? 'archive_mode=off' : word)),
      };
      const server = await startGround(restored);
      servers.push(server);
      await until(restored.adminUrl, 'select 1 where not pg_is_in_recovery()', server);
      return restored.adminUrl;
    },
    async stop() {
      for (const server of servers) await endAtOnce(server);
      await rm(primary.folder, { recursive: true, force: true });
    },
  };
}
