import { setImmediate } from 'node:timers/promises';
import { createLicenseClient, type LicenseClient, type LicenseClientOptions } from '@plinth/sdk/licenses';
import type { LicenseState, LicenseTime, LicenseWarning } from '@plinth/sdk/licenses';
import { temporaryFolder } from '@plinth/testkit/services';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

/** The world's time, which is the server's. */
export interface World {
  now: number;
}

export interface Machine {
  readonly time: LicenseTime;
  readonly folders: { readonly folder: string; readonly markFolder: string };
  /** What a client on this machine is made with. */
  options(options: Partial<LicenseClientOptions> & Pick<LicenseClientOptions, 'fetch'>): LicenseClientOptions;
  /** A run of the program: a client with what the machine has on its disk. */
  run(options: Partial<LicenseClientOptions> & Pick<LicenseClientOptions, 'fetch'>): Run;
  /** Time passes, for the world too; its waiters go on, in order. */
  pass(milliseconds: number): Promise<void>;
  /** The machine sleeps: nothing runs, and its timers stand still. */
  sleep(milliseconds: number): void;
  /** Sets its clock, by so much. */
  setClock(by: number): void;
  /** All that runs is no more, and did nothing at its end. */
  crash(): void;
  /** It is started anew: its uptime begins at zero. */
  restart(): void;
}

export interface Run extends LicenseClient {
  readonly states: LicenseState[];
  readonly warnings: LicenseWarning[];
  /** The statuses that were told, each once in a row. */
  statusesTold(): string[];
}

interface MachineOptions {
  /** Whether its uptime goes on while it sleeps, as that of most systems does. */
  readonly countsSleep?: boolean;
  readonly random?: () => number;
}

const isOver = ({ state }: LicenseClient) => state.status === 'idle' || state.status === 'stopped';

interface Waiter {
  readonly at: number;
  readonly go: () => void;
}

/** A machine with clocks of its own, driven by hand. */
export function machine(
  world: World,
  { countsSleep = true, random = () => 0.5 }: MachineOptions = {},
): Machine {
  let [monotonic, uptime, offset] = [5_000, 9_000, 0];
  const asking = new Set<object>();
  let waiters: Waiter[] = [];
  const runs: LicenseClient[] = [];
  const home = temporaryFolder();
  const folders = { folder: `${home}/state`, markFolder: `${home}/config` };

  const time: LicenseTime = {
    now: () => world.now + offset,
    monotonic: () => monotonic,
    uptime: () => uptime,
    random,
    wait: (milliseconds, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const waiter = { at: monotonic + milliseconds, go: resolve };
        waiters.push(waiter);
        signal?.addEventListener('abort', () => {
          waiters = waiters.filter((one) => one !== waiter);
          reject(signal.reason);
        });
      }),
  };

  /** Until all that runs waits for time to pass, or has ended. */
  async function settle(): Promise<void> {
    do await setImmediate();
    while (asking.size > 0 || (waiters.length === 0 && !runs.every(isOver)));
  }

  const options: Machine['options'] = ({ fetch: asked = globalThis.fetch, ...more }) => ({
    baseUrl: 'https://licences.example.com',
    licenseKey: 'CODITECT-0000-0000-0000-0000-0000',
    hardwareId: 'hw_0123456789',
    releaseAtExit: false,
    ...folders,
    ...more,
    time,
    fetch: async (...call) => {
      const one = asked(...call).finally(() => asking.delete(one));
      asking.add(one);
      return one;
    },
  });

  return {
    time,
    folders,
    options,
    run(given) {
      const client = createLicenseClient(options(given));
      runs.push(client);
      const [states, warnings]: [LicenseState[], LicenseWarning[]] = [[], []];
      client.onState((state) => states.push(state));
      client.onWarning((warning) => warnings.push(warning));
      const statusesTold = () =>
        states.map(({ status }) => status).filter((one, at, all) => one !== all[at - 1]);
      return Object.defineProperties(
        { states, warnings, statusesTold } as Run,
        Object.getOwnPropertyDescriptors(client),
      );
    },
    async pass(milliseconds) {
      const end = monotonic + milliseconds;
      for (;;) {
        await settle();
        const next = waiters.toSorted((a, b) => a.at - b.at).find(({ at }) => at <= end);
        const step = (next?.at ?? end) - monotonic;
        if (step > 0) {
          monotonic += step;
          uptime += step;
          world.now += step;
        }
        if (next === undefined) return settle();
        waiters = waiters.filter((one) => one !== next);
        next.go();
      }
    },
    sleep(milliseconds) {
      world.now += milliseconds;
      if (countsSleep) uptime += milliseconds;
    },
    setClock(by) {
      offset += by;
    },
    crash() {
      waiters = [];
      runs.length = 0;
    },
    restart() {
      uptime = 0;
    },
  };
}
