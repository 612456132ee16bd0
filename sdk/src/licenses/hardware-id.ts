import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { arch, cpus, hostname, platform } from 'node:os';
import { promisify } from 'node:util';

/** What can be read of a machine; passed in by tests. */
export interface Machine {
  readonly platform: string;
  /** A file's text; throws where there is none. */
  file(path: string): Promise<string>;
  /** What a program prints; throws where it fails. */
  printed(program: string, ...words: readonly string[]): Promise<string>;
  /** What is left where the system has no id: the host's name, the architecture and the processor's name. */
  readonly description: string;
}

const run = promisify(execFile);

const thisMachine: Machine = {
  platform: platform(),
  file: (path) => readFile(path, 'utf8'),
  printed: async (program, ...words) => (await run(program, words, { timeout: 5_000 })).stdout,
  get description() {
    return [hostname(), arch(), cpus()[0]?.model ?? ''].join('\n');
  },
};

/**
 * An id of this machine, `hw_` and 40 hexadecimal digits: the same in every run and for every user, another one on every
 * machine. It is a hash, so that what was read can't be had from it, and other programs' ids can't be compared with it.
 *
 * It reads one thing: Linux and BSD `/etc/machine-id` (else `/var/lib/dbus/machine-id`, `/etc/hostid`), macOS `IOPlatformUUID`
 * (`ioreg`), Windows `MachineGuid` (`reg query`). Where there is none, as in most containers, it reads the host's name, the
 * architecture and the processor's name. Machines that are cloned from one image with their machine-id share it.
 */
export async function hardwareId(machine: Machine = thisMachine): Promise<string> {
  const read = (await idOfSystem(machine)) ?? machine.description;
  return `hw_${createHash('sha256').update(`plinth.hardware-id.1\n${machine.platform}\n${read}`).digest('hex').slice(0, 40)}`;
}

async function idOfSystem(machine: Machine): Promise<string | undefined> {
  for (const read of sourcesOf(machine)) {
    const id = (await read().catch(() => '')).trim().toLowerCase();
    // systemd writes "uninitialized" into an image that is to get its id at the first start.
    if (id.length >= 10 && id !== 'uninitialized' && !/^[0-]+$/.test(id)) return id;
  }
  return undefined;
}

function sourcesOf(machine: Machine): readonly (() => Promise<string>)[] {
  const { file, printed } = machine;
  if (machine.platform === 'darwin')
    return [
      async () =>
        /"IOPlatformUUID" = "([^"]+)"/.exec(
          await printed('ioreg', '-rd1', '-c', 'IOPlatformExpertDevice'),
        )?.[1] ?? '',
    ];
  if (machine.platform === 'win32')
    return [
      async () =>
        /MachineGuid\s+REG_SZ\s+(\S+)/.exec(
          await printed('reg', 'query', 'HKLM\\SOFTWARE\\Microsoft\\Cryptography', '/v', 'MachineGuid'),
        )?.[1] ?? '',
    ];
  return ['/etc/machine-id', '/var/lib/dbus/machine-id', '/etc/hostid'].map((path) => () => file(path));
}
