import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { atEndOfFile } from '@plinth/testkit/closing';
import { ROOT } from '../house/source.ts';
import { makeRunFolder } from './folders.ts';
import { programsOnPath } from './programs.ts';

/** What to tell where the image can't be built; undefined: it can. */
export function lackOfImageBuilder(): string | undefined {
  const lacking = ['buildah', 'mmdebstrap'].find((program) => programsOnPath(program).length === 0);
  if (lacking !== undefined)
    return `there is no ${lacking} on PATH (Debian: apt-get install --no-install-recommends ${lacking})`;
  return process.getuid?.() === 0 ? undefined : 'only root can build the image and mount what it holds';
}

/** The image as the Dockerfile makes it, of one target. */
export interface Image {
  /** What starts a process that sees its files: `nsenter` and its words. It ends with the test file, however that ends. */
  readonly enter: readonly string[];
  /** Where its files lie for a process that has entered. */
  readonly path: string;
  /** As Docker writes it. */
  readonly config: {
    readonly User: string;
    readonly WorkingDir: string;
    readonly Env: readonly string[];
    readonly Entrypoint: readonly string[];
    readonly Cmd: readonly string[];
    readonly Healthcheck: { readonly Test: readonly string[] };
    readonly StopSignal: string;
  };
}

const BASE = 'localhost/plinth-test-base';
const RUNTIME = 'localhost/plinth-test-runtime';

/**
 * Builds the Dockerfile without Docker: by buildah, on bases that mmdebstrap makes of Debian, with the Node that npm brings. Some five
 * minutes; npm and apt use this machine's registries, certificates and caches. All of it goes at the end of the test file.
 */
export async function buildImages(): Promise<Readonly<Record<'full' | 'slim', Image>>> {
  const workshop = await openWorkshop();
  const { enter, buildah } = workshop;
  await importDebian(
    workshop,
    'runtime',
    '--variant=extract',
    '--include=base-files,netbase,tzdata,libstdc++6',
  );
  await buildah('commit', '--rm', 'runtime', RUNTIME);
  const volumes = await makeBase(workshop);

  const build = async (target: string): Promise<Image> => {
    const tag = `localhost/plinth-test-${target}`;
    const names = [
      `--build-arg=BASE=${BASE}`,
      `--build-arg=RUNTIME=${RUNTIME}`,
      '--target',
      target,
      '--tag',
      tag,
    ];
    // What both are made of is made once: --layers. The format of OCI has no health check.
    const how = ['--isolation=chroot', '--pull-never', '--layers', '--format=docker', ...volumes];
    await buildah('build', ...how, ...names, ROOT);
    await buildah('from', '--pull-never', '--name', target, tag);
    const { Docker } = JSON.parse(await buildah('inspect', target)) as {
      Docker: { config: Image['config'] };
    };
    return { enter, path: await buildah('mount', target), config: Docker.config };
  };
  return { full: await build('full'), slim: await build('slim') };
}

type Workshop = Awaited<ReturnType<typeof openWorkshop>>;

/** A folder for all that is built, and what runs programs there. */
async function openWorkshop() {
  const folder = await makeRunFolder(tmpdir());
  atEndOfFile(() => rm(folder, { recursive: true, force: true }));
  const enter = await openMounts();
  const run = async (...words: readonly string[]): Promise<string> => {
    const [program = '', ...rest] = [...enter, ...words];
    const env = { ...process.env, TMPDIR: folder };
    const ran = promisify(execFile)(program, rest, { env, maxBuffer: 100_000_000 });
    const { stdout } = await ran.catch((error: { readonly stdout: string; readonly stderr: string }) => {
      const end = (error.stdout + error.stderr).slice(-4_000);
      throw new Error(`${words.join(' ')}:\n${end}`, { cause: error });
    });
    return stdout.trim();
  };
  const places = ['--root', join(folder, 'storage'), '--runroot', join(folder, 'run')];
  return {
    folder,
    enter,
    run,
    buildah: (verb: string, ...words: readonly string[]) => run('buildah', ...places, verb, ...words),
  };
}

/** A container of Debian, from where this machine has its own, by apt's settings here. */
async function importDebian({ folder, run, buildah }: Workshop, name: string, ...words: readonly string[]) {
  const linesOf = async (...command: readonly string[]) =>
    (await run(...command)).split('\n').filter(Boolean);
  const settings = await linesOf('apt-config', 'dump', 'Acquire::http', 'Acquire::https');
  const ofDebian = ['Created-By: Packages', 'Origin: Debian', 'Label: Debian'];
  const mirrors = await linesOf('apt-get', 'indextargets', ...ofDebian, '--format', '$(REPO_URI)');
  const tar = join(folder, `${name}.tar`);
  const options = settings.map((line) => `--aptopt=${line}`);
  await run('mmdebstrap', ...options, ...words, 'trixie', tar, ...mirrors.slice(0, 1));
  await buildah('from', '--name', name, 'scratch');
  await buildah('add', name, tar, '/');
  await rm(tar);
}

/** What the program is built on: Debian, the Node and an npm as here. Answers what a build has of this machine, which no image keeps. */
async function makeBase(workshop: Workshop): Promise<readonly string[]> {
  const { folder, run, buildah } = workshop;
  await importDebian(workshop, 'base', '--variant=essential', '--include=libstdc++6');
  const npm = join(folder, 'npm');
  await run('npm', 'install', '--global', '--prefix', npm, `npm@${await run('npm', '--version')}`);
  await buildah('copy', 'base', npm, '/usr/local');
  await buildah('copy', 'base', nodeOfNpm(), '/usr/local/bin/node');

  const setting = async (name: string) => {
    const value = await run('npm', 'config', 'get', name);
    return value === 'null' || value === 'undefined' ? '' : value;
  };
  const certificates = [await setting('cafile'), process.env['NODE_EXTRA_CA_CERTS'] ?? ''] as const;
  const environment = {
    npm_config_registry: await setting('registry'),
    npm_config_cafile: certificates[0],
    NODE_EXTRA_CA_CERTS: certificates[1],
  };
  const given = Object.entries(environment).filter(([, value]) => value !== '');
  await buildah('config', ...given.map(([name, value]) => `--env=${name}=${value}`), 'base');
  await buildah('commit', '--rm', 'base', BASE);

  const shared = [
    [await setting('cache'), '/root/.npm:rw'],
    [await setting('userconfig'), '/root/.npmrc:ro'],
    ...[...new Set(certificates)].map((path) => [path, `${path}:ro`] as const),
  ] as const;
  return shared.flatMap(([path, there]) => (existsSync(path) ? [`--volume=${path}:${there}`] : []));
}

/** Mounts and processes of our own: they are gone, all of them, when the process is that holds them, which ends with this one, however that ends. */
async function openMounts(): Promise<readonly string[]> {
  const words = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c', 'echo; exec cat'];
  const holder = spawn('unshare', words, { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  atEndOfFile(async () => {
    const over = once(holder, 'close');
    holder.stdin.end();
    await over;
  });
  return ['nsenter', '--target', String(childOf(holder.pid)), '--mount', '--pid'];
}

/** The process that one has started. */
export const childOf = (pid = 0): number => Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'));

/** The Node 24 to which `plinth` hands over under an older one. */
function nodeOfNpm(): string {
  const brought = createRequire(import.meta.url).resolve(`node-linux-${process.arch}/package.json`);
  return join(dirname(brought), 'bin/node');
}
