import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { atEndOfFile, temporaryFolder } from '@plinth/testkit/closing';
import { npmBinaries } from '@plinth/testkit/services/binaries';
import { createDatabase, prepareCluster } from '@plinth/testkit/services/cluster';
import { buildImages, childOf, type Image, lackOfImageBuilder } from '@plinth/testkit/services/image';
import { freePort } from '@plinth/testkit/services/ports';
import { startPostgres } from '@plinth/testkit/services/postgres';
import { endAll, type Program, watchProgram } from '@plinth/testkit/program';

/** Debian, npm and a build of everything. */
const LONG = 1_800_000;
const MOST = 450;
/** What OCR, fonts and PDF take, at least. */
const DOCUMENTS = 80;
/** Megabytes of memory, and for a container as small as that. */
const SMALL = 512;
/** Whose the program and its volume are. */
const USER = 65_532;

const lack = lackOfImageBuilder();
let images: Awaited<ReturnType<typeof buildImages>> | undefined;
beforeAll(async () => {
  images = lack === undefined ? await buildImages() : undefined;
}, LONG);
afterAll(endAll);

/** A line for each of an image's files and folders that a search finds. */
function search({ enter, path }: Image, format: string, ...tests: readonly string[]): string[] {
  const words = [...enter.slice(1), 'find', path, '-mindepth', '1', ...tests, '-printf', `${format}\n`];
  const said = execFileSync('nsenter', words, { encoding: 'utf8', maxBuffer: 100_000_000 });
  return said.split('\n').filter(Boolean);
}

test('one Node, up to 450 MB, and nothing that its user may write to but the volume; slim is smaller', ({
  skip,
}) => {
  if (images === undefined) return skip(lack);
  const { full, slim } = images;
  const megabytesOf = (image: Image) =>
    search(image, '%s', '-type', 'f').reduce((sum, size) => sum + Number(size) / 1_000_000, 0);
  expect(megabytesOf(full)).toBeLessThan(MOST);
  expect(megabytesOf(slim)).toBeLessThan(megabytesOf(full) - DOCUMENTS);
  expect(search(full, '%P', '-type', 'f', '-name', 'node')).toEqual(['usr/local/bin/node']);
  const writable = ['(', '!', '-user', 'root', '-o', '-perm', '-0002', '!', '-perm', '-1000', ')'];
  expect(search(full, '%P %U %m', '-type', 'f,d', ...writable)).toEqual([`data ${USER} 700`]);
});

/** A group of processes that get no more memory, where this process may make one. */
function smallGroup(): string {
  for (const [above, limit] of [
    ['/sys/fs/cgroup/memory', 'memory.limit_in_bytes'],
    ['/sys/fs/cgroup', 'memory.max'],
  ] as const) {
    const group = join(above, `plinth-test-${process.pid}`);
    try {
      mkdirSync(group);
      atEndOfFile(() => rmdirSync(group));
      writeFileSync(join(group, limit), `${SMALL}M`);
      return group;
    } catch {
      // Control groups of another version, or none for us.
    }
  }
  return '';
}

/** As a container's runtime does it: process 1 among its own, a tree that is only read, and a volume. */
const CONTAINER = `set -e
root=$1 data=$2 group=$3; shift 3
[ -z "$group" ] || echo 0 > "$group/cgroup.procs"
mount -o remount,bind,ro "$root"
mount --bind "$data" "$root/data"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
exec setpriv --no-new-privs unshare --root "$root" "$@"`;

/** What an image is, as something to run: without a HOME, on one volume. */
async function containerOf(
  { enter, path, config }: Image,
  settings: Readonly<Record<string, string>>,
  group = '',
) {
  const data = temporaryFolder();
  chmodSync(data, 0o700);
  chownSync(data, USER, USER);
  const { Env, User, WorkingDir, Entrypoint, Cmd, Healthcheck, StopSignal } = config;
  const [uid = '', gid = ''] = User.split(':');
  const user = ['--setuid', uid, '--setgid', gid];
  const env = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    ...Object.fromEntries(Env.map((line) => line.split(/=(.*)/s))),
    HOST: '127.0.0.1',
    PORT: String(await freePort()),
    PUBLIC_URL: 'http://127.0.0.1:1',
    EMBEDDED_MASTER_KEY: 'true',
    SANDBOX_AI: 'true',
    MAIL_TRANSPORT: 'outbox',
    ...settings,
  };
  const run = ([program = '', ...words]: readonly string[]): Program =>
    watchProgram(spawn(program, words, { cwd: '/', env, stdio: ['ignore', 'pipe', 'pipe'] }));
  return {
    start(words = Cmd) {
      const inside = [
        'unshare',
        '--mount',
        '--pid',
        '--fork',
        'sh',
        '-c',
        CONTAINER,
        'sh',
        path,
        data,
        group,
      ];
      return run([...enter, ...inside, '--wd', WorkingDir, ...user, ...Entrypoint, ...words]);
    },
    /** A process beside the one with this id, as an orchestrator has it. */
    health(pid: number) {
      const beside = ['nsenter', '--target', String(pid), '--mount', '--pid', '--root', '--wd'];
      return run([...beside, ...user, ...Healthcheck.Test.slice(1)]);
    },
    stop: (pid: number) => process.kill(pid, StopSignal),
  };
}

/** An empty database of a server of its own. */
async function emptyDatabase(): Promise<string> {
  const binaries = await npmBinaries();
  if (binaries === undefined)
    throw new Error('there is no PostgreSQL for this system in the packages of npm');
  const postgres = await startPostgres({ binaries });
  atEndOfFile(() => postgres.stop());
  return createDatabase(await prepareCluster(postgres.adminUrl, true), 'image');
}

const ENDED = { code: 0, signal: null };

/** As process 1 and its user, it is healthy, serves, hashes by native code, and ends when it is told to; answers the most memory that it had, in kB. */
async function expectServes({
  start,
  health,
  stop,
}: Awaited<ReturnType<typeof containerOf>>): Promise<number> {
  const server = start();
  const url = await server.url();
  const pid = childOf(childOf(server.pid));
  const asked = health(pid);
  expect([await asked.ended, asked.said()]).toEqual([ENDED, 'ready\n']);
  for (const path of ['/', '/docs', '/docs/guides/limits', '/docs/reference'])
    expect([path, (await fetch(url + path)).status]).toEqual([path, 200]);
  const registered = await fetch(`${url}/v1/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'ada@example.com', password: 'a long enough passphrase of hers' }),
  });
  expect([registered.status, await registered.text()]).toEqual([201, expect.anything()]);
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  expect(status).toMatch(/^Uid:(\s+65532){4}$/m);
  expect(status).toMatch(/^NSpid:.*\s1$/m);
  stop(pid);
  expect(await server.ended).toEqual(ENDED);
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]);
}

test('as its user, on a tree that is only read, without HOME, in 512 MB, it migrates a PostgreSQL and serves', {
  timeout: LONG,
}, async ({ skip }) => {
  if (images === undefined) return skip(lack);
  const settings = { DATABASE_URL: await emptyDatabase(), SINGLE_DATABASE_LOGIN: 'true' };
  const container = await containerOf(images.full, settings, smallGroup());
  const migrating = container.start(['migrate', 'up']);
  expect([await migrating.ended, migrating.said()]).toEqual([ENDED, expect.anything()]);
  expect(await expectServes(container)).toBeLessThan(SMALL * 1_024);
  const look = container.start(['doctor']);
  await look.ended;
  expect(look.said()).toMatch(/^ok +packages/m);
});

test('slim serves on the embedded database in its volume, and says which packages it lacks', {
  timeout: LONG,
}, async ({ skip }) => {
  if (images === undefined) return skip(lack);
  const container = await containerOf(images.slim, { EMBEDDED_DATABASE: 'true' });
  await expectServes(container);
  const look = container.start(['doctor']);
  await look.ended;
  expect(look.said()).toMatch(/ packages .*pdfjs-dist \(orbit\)/);
});
