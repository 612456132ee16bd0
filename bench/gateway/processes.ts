import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** The kernel counts processor time in hundredths of a second here. */
const TICKS = 100;

/** One line of /proc/<pid>/stat. */
export interface Stat {
  readonly parent: number;
  /** Processor seconds of the process, all threads. */
  readonly own: number;
  /** Those of its children that have ended. */
  readonly ended: number;
}

/** The name of a program, which stands in brackets before the figures, may have brackets and spaces of its own. */
export function readStat(line: string): Stat {
  const fields = line
    .slice(line.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [parent, user, system, endedUser, endedSystem] = [1, 11, 12, 13, 14].map(
    (n) => fields[n] ?? Number.NaN,
  );
  return {
    parent: parent ?? Number.NaN,
    own: ((user ?? Number.NaN) + (system ?? Number.NaN)) / TICKS,
    ended: ((endedUser ?? Number.NaN) + (endedSystem ?? Number.NaN)) / TICKS,
  };
}

/** Processor seconds of a process and its children, those that have ended too: connections of a database come and go. */
export function cpuOfFamily(pid: number): number {
  const parent = statOf(pid);
  if (parent === undefined) return Number.NaN;
  const children = childrenOf(pid).flatMap((child) => statOf(child) ?? []);
  return children.reduce((sum, { own, ended }) => sum + own + ended, parent.own + parent.ended);
}

function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((child) => statOf(child)?.parent === pid);
}

/** Megabytes that a process and its children hold: what each has alone, and what they share once. */
export function memoryOfFamily(pid: number): number {
  const held = [pid, ...childrenOf(pid)].flatMap((one) => {
    try {
      const status = readFileSync(`/proc/${one}/status`, 'utf8');
      const kilobytesOf = (name: string) =>
        Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0);
      return [{ own: kilobytesOf('RssAnon'), shared: kilobytesOf('RssShmem') }];
    } catch {
      // It has ended since it was listed.
      return [];
    }
  });
  const own = held.reduce((sum, one) => sum + one.own, 0);
  return (own + Math.max(...held.map(({ shared }) => shared))) / 1_024;
}

function statOf(pid: number): Stat | undefined {
  try {
    return readStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    // It has ended since it was listed.
    return undefined;
  }
}

/** Megabytes that are resident. */
export function residentOf(pid: number): number {
  const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1_024;
}

/** Cores as the kernel and `taskset` list them: `0-2,5`. */
export function readCores(list: string): number[] {
  return list.split(',').flatMap((part) => {
    const [first = Number.NaN, last = first] = part.trim().split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, n) => first + n);
  });
}

/** Where the gateways run, and where everything else does; undefined where that can't be arranged. */
export interface Cores {
  readonly gateway: readonly number[];
  readonly rest: readonly number[];
}

export function coresOf(status: string): Cores | undefined {
  const [, list = ''] = /Cpus_allowed_list:\s+(\S+)/.exec(status) ?? [];
  const [first, ...rest] = readCores(list);
  return first === undefined || rest.length === 0 ? undefined : { gateway: [first], rest };
}

/** Holds a process, all threads that it has and all that it will have, on some cores; its children inherit them. */
export function pin(pid: number, cores: readonly number[]): void {
  execFileSync('taskset', ['-a', '-c', '-p', cores.join(','), String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}
