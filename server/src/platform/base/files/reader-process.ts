import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { constants, setPriority } from 'node:os';
import { dirname, join, sep } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { ReaderOrder } from './process/read-file.ts';

const ENTRY = fileURLToPath(new URL('./process/entry.ts', import.meta.url));
/** Installed packages that the process itself loads. */
const PACKAGES = ['fflate'] as const;
/** Milliseconds between two looks at what it takes of memory. */
const LOOK = 100;
const MEBIBYTE = 1_048_576;
/** The end of what it says on its way out: enough to know a heap that was full. */
const KEPT_ERRORS = 8_192;

/** Has something done after so many milliseconds; answers how that is called off. */
export type After = (milliseconds: number, then: () => void) => () => void;

/** The reading program: the file of a worker, which exports `worker`, and the packages that it loads. */
export interface ReaderProgram {
  readonly worker: URL;
  readonly packages: readonly string[];
}

/** Why a process was killed, which is the file's doing. */
export interface ReaderExcess {
  readonly of: 'time' | 'memory';
  readonly detail: string;
}

/** Bounds of a process, and the caller that says when its time is over. */
export interface ReaderCaps {
  /** MiB of JavaScript objects. */
  readonly heapMegabytes: number;
  readonly memoryMegabytes: number;
  readonly milliseconds: number;
  /** Milliseconds of processor time, where the system shows it. */
  readonly cpuMilliseconds: number;
  readonly after: After;
}

/** A process that reads one file, and is killed when it takes more than it may. */
export interface ReaderProcess {
  readonly input: Writable;
  readonly answers: Readable;
  /** Its end. `reason`: what it was killed for, or ended by itself with, where that is the file's doing. */
  readonly ended: Promise<{ readonly code: number | null; readonly reason: ReaderExcess | undefined }>;
  kill(reason?: ReaderExcess): void;
  /** It came on: from now on it has so many milliseconds. */
  extend(milliseconds: number): void;
}

/**
 * Starts a reader. It has none of our environment, may read nothing but its own code, and may start and write nothing. Memory is looked
 * at from outside, where a process that is busy can't keep anybody from looking.
 */
export function startReader(
  program: ReaderProgram,
  order: Omit<ReaderOrder, 'worker'>,
  most: ReaderCaps,
): ReaderProcess {
  const told: ReaderOrder = { worker: program.worker.href, ...order };
  const child = spawn(process.execPath, [...flags(program, most), ENTRY, JSON.stringify(told)], {
    stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
    env: environment(),
    cwd: dirname(ENTRY),
    windowsHide: true,
  });
  const [input, , errors, answers] = child.stdio;
  if (input === null || errors === null || answers === null || answers === undefined)
    throw new Error('a reader has pipes');
  // A pipe that breaks is told by the end of the process.
  for (const pipe of [input, errors, answers]) pipe.on('error', () => {});
  let reason: ReaderExcess | undefined;
  let said = '';
  errors.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('latin1')).slice(-KEPT_ERRORS);
  });
  const kill = (why?: ReaderExcess): void => {
    reason ??= why;
    child.kill('SIGKILL');
  };
  let callOff: (() => void) | undefined;
  const extend = (milliseconds: number): void => {
    callOff?.();
    const late = {
      of: 'time',
      detail: `It took more than ${milliseconds / 1_000} s.`,
    } as const;
    callOff = most.after(milliseconds, () => kill(late));
  };
  extend(most.milliseconds);
  const tooMuch = {
    of: 'memory',
    detail: `It took more than ${most.memoryMegabytes} MiB.`,
  } as const;
  const tooLong = {
    of: 'time',
    detail: `It took more than ${Math.ceil(most.cpuMilliseconds / 1_000)} s of the processor, which is what a file of its size may take.`,
  } as const;
  const looking = watch(child, ({ megabytes, cpuMilliseconds }) => {
    if (megabytes > most.memoryMegabytes) kill(tooMuch);
    else if (cpuMilliseconds > most.cpuMilliseconds) kill(tooLong);
  });
  lowerPriority(child);
  const ended = new Promise<{ code: number | null; reason: ReaderExcess | undefined }>((resolve, reject) => {
    child.on('error', reject);
    child.once('close', (code) =>
      resolve({ code, reason: reason ?? (isHeapFull(said) ? tooMuch : undefined) }),
    );
  }).finally(() => {
    callOff?.();
    looking.stop();
  });
  // A caller that has given up does not wait for its end.
  ended.catch(() => {});
  return { input, answers: answers as Readable, ended, kill, extend };
}

function isHeapFull(said: string): boolean {
  return /heap out of memory|Array buffer allocation failed|Fatal.*out of memory/i.test(said);
}

function flags({ worker, packages }: ReaderProgram, { heapMegabytes }: ReaderCaps): string[] {
  const code = [ENTRY, fileURLToPath(worker)].map((file) => dirname(dirname(file)));
  const found = [
    ...PACKAGES.flatMap((name) => packageFolders(name, import.meta.url)),
    ...packages.flatMap((name) => packageFolders(name, worker.href)),
  ];
  return [
    `--max-old-space-size=${heapMegabytes}`,
    '--permission',
    // The drawing library is an addon; OCR has its engine in a thread.
    '--allow-addons',
    '--allow-worker',
    ...[...new Set([...code, ...found])].map((folder) => `--allow-fs-read=${folder}${sep}*`),
    '--disable-warning=SecurityWarning',
    '--disable-warning=ExperimentalWarning',
  ];
}

/** Where a file finds a package, by the name of the folder and by where that leads: it may be a link. None: it is not installed. */
function packageFolders(name: string, file: string): readonly string[] {
  const key = `${file} ${name}`;
  const known = folders.get(key);
  if (known !== undefined) return known;
  const require = createRequire(file);
  const within = `${sep}node_modules${sep}`;
  const linked = (require.resolve.paths(name) ?? []).find((folder) => existsSync(join(folder, name)));
  if (linked === undefined) return [];
  const resolved = require.resolve(name);
  const found = [join(resolved.slice(0, resolved.lastIndexOf(within)), 'node_modules'), linked];
  folders.set(key, found);
  return found;
}

const folders = new Map<string, readonly string[]>();

/** No variable of ours; of the system's only the one without which Windows starts no program. */
function environment(): NodeJS.ProcessEnv {
  const { SystemRoot: root } = process.env;
  return root === undefined ? {} : { SystemRoot: root };
}

/** Use of a process until now. */
interface ProcessUsage {
  readonly megabytes: number;
  readonly cpuMilliseconds: number;
}

/** Looks at what a process takes, where the system shows it; elsewhere the heap's cap and the deadline alone hold. */
function watch({ pid }: ChildProcess, see: (taken: ProcessUsage) => void): { stop(): void } {
  if (process.platform !== 'linux' || pid === undefined) return { stop() {} };
  const timer = setInterval(() => {
    readFile(`/proc/${pid}/stat`, 'latin1').then(
      (stat) => see(takenOf(stat)),
      () => {},
    );
  }, LOOK);
  return { stop: () => clearInterval(timer) };
}

/** Fields of proc(5), counted from the state, which stands behind the program's name: utime, stime, rss. */
function takenOf(stat: string): ProcessUsage {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [utime, stime, rss] = [11, 12, 21].map((at) => Number(fields[at]));
  return {
    megabytes: ((rss ?? 0) * PAGE_BYTES) / MEBIBYTE,
    cpuMilliseconds: ((utime ?? 0) + (stime ?? 0)) * TICK,
  };
}

const PAGE_BYTES = 4_096;
/** Milliseconds of one tick of the clock that Linux counts processor time in: USER_HZ is 100 wherever Node runs. */
const TICK = 10;

/** Calls go before it, and where the system has no memory left it is the first to end. */
function lowerPriority({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended already, or the system has no such thing.
  }
  if (process.platform === 'linux') writeFile(`/proc/${pid}/oom_score_adj`, '1000').catch(() => {});
}
