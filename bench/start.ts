import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Figures } from './figures.ts';
import { cpuSeconds, readiness } from './process.ts';

const TURNS = 5;
/** Milliseconds after which a server without calls is looked at. */
const IDLE = 4_000;
const ROOT = join(import.meta.dirname, '..');

/** Seconds, and megabytes of resident memory; `idle` is that of a server without calls. */
interface Start {
  readonly ready_s: number;
  readonly cpu_s: number;
  readonly peak_mb: number;
  readonly idle_mb: number;
}

/**
 * A start on an empty folder and one after it, by turns. `PLINTH_OTHER=<checkout>` has another checkout's beside them, each right after
 * this one's, and the medians of the ratios of each pair: what the machine does meanwhile is in both.
 */
export async function benchStart(say: (line: string) => void): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-bench-start-'));
  try {
    return await compareStarts(folder, say);
  } finally {
    // At the end: a file system without a journal is slow to make files for a minute after as many were deleted.
    rmSync(folder, { recursive: true, force: true });
  }
}

async function compareStarts(folder: string, say: (line: string) => void): Promise<Figures> {
  const other = process.env['PLINTH_OTHER'];
  const checkouts = other === undefined ? [ROOT] : [ROOT, other];
  const bothOf = async (checkout: string): Promise<readonly Start[]> => {
    const data = mkdtempSync(join(folder, 'start-'));
    return [await measure(checkout, data), await measure(checkout, data)];
  };
  // The compile cache is kept: a first run is not counted.
  for (const checkout of checkouts) await bothOf(checkout);
  const turns: (readonly Start[])[][] = [];
  for (let turn = 0; turn < TURNS; turn += 1) {
    const row: (readonly Start[])[] = [];
    for (const checkout of checkouts) row.push(await bothOf(checkout));
    turns.push(row);
    say(`turn ${turn + 1}: ${JSON.stringify(row)}`);
  }
  const figures = (checkout: number, nth: number) =>
    medians(turns.flatMap((row) => row[checkout]?.[nth] ?? []));
  const first = figures(0, 0);
  const later = figures(0, 1);
  if (other === undefined) return { turns: TURNS, first, later };
  return {
    turns: TURNS,
    first,
    later,
    other_first: figures(1, 0),
    other_later: figures(1, 1),
    first_to_other: medians(turns.flatMap((row) => ratios(row[0]?.[0], row[1]?.[0]))),
    later_to_other: medians(turns.flatMap((row) => ratios(row[0]?.[1], row[1]?.[1]))),
  };
}

async function measure(checkout: string, folder: string): Promise<Start> {
  const child = spawn(process.execPath, [join(checkout, 'server/bin/plinth.js'), 'start'], {
    cwd: folder,
    env: { PATH: process.env['PATH'], PORT: '0', DATA_DIR: join(folder, 'data') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  const began = performance.now();
  await readiness(child);
  const seconds = (performance.now() - began) / 1_000;
  const cpu = cpuSeconds(child.pid);
  await new Promise((resolve) => {
    setTimeout(resolve, IDLE);
  });
  const start: Start = {
    ready_s: seconds,
    cpu_s: cpu,
    peak_mb: memoryOf(child.pid, 'VmHWM'),
    idle_mb: memoryOf(child.pid, 'VmRSS'),
  };
  child.kill('SIGTERM');
  await once(child, 'exit');
  process.off('exit', end);
  return start;
}

/** Read from /proc, which Linux alone has; NaN elsewhere. */
function memoryOf(pid: number | undefined, name: 'VmHWM' | 'VmRSS'): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1_024;
  } catch {
    return Number.NaN;
  }
}

function medians(starts: readonly Start[]): { readonly [name: string]: number } {
  const median = (name: keyof Start) => {
    const values = starts.map((start) => start[name]).sort((a, b) => a - b);
    return Number((values[Math.floor(values.length / 2)] ?? Number.NaN).toPrecision(3));
  };
  return {
    ready_s: median('ready_s'),
    cpu_s: median('cpu_s'),
    peak_mb: median('peak_mb'),
    idle_mb: median('idle_mb'),
  };
}

function ratios(one: Start | undefined, other: Start | undefined): Start[] {
  if (one === undefined || other === undefined) return [];
  return [
    {
      ready_s: one.ready_s / other.ready_s,
      cpu_s: one.cpu_s / other.cpu_s,
      peak_mb: one.peak_mb / other.peak_mb,
      idle_mb: one.idle_mb / other.idle_mb,
    },
  ];
}
