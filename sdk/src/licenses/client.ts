import type { Client } from '../client.ts';
import { RETRIES, type Retries } from '../retries.ts';
import { addressOf } from '../wire.ts';
import { serverClock } from './clock.ts';
import { atExit, heldOpen } from './exit.ts';
import { hardwareId } from './hardware-id.ts';
import { listeners } from './listeners.ts';
import { membersIn } from './members.ts';
import { licenseServer } from './server.ts';
import { createSession, type Session } from './session.ts';
import { defaultFolders, stateStore } from './state-file.ts';
import { LicenseError, type LicenseState, type LicenseWarning } from './states.ts';
import { backgroundTime, type LicenseTime } from './time.ts';
import { publicKeysIn } from './tokens.ts';

export interface LicenseClientOptions {
  /** Where the server is: `https://api.example.com`. */
  readonly baseUrl: string;
  /** The key that the customer was given; or `user`. */
  readonly licenseKey?: string;
  /** A client of a member of the account who is signed in: a member needs no key. */
  readonly user?: Pick<Client, 'licenses'>;
  /** This machine, at least 10 characters; what `hardwareId()` says when not said. */
  readonly hardwareId?: string;
  readonly appVersion?: string;
  readonly userAgent?: string;
  /** How long work without the server should be possible; the licence may allow less. 0 for not at all. */
  readonly offlineMinutes?: number;
  /** The only keys that are trusted, as `/.well-known/license-keys` has them; fetched once and kept when not said. */
  readonly publicKeys?: readonly object[];
  /** Two folders for what the next run has to know; where programs of this system keep such files when not said. */
  readonly folder?: string;
  readonly markFolder?: string;
  /** Whether the seat is given back when the process ends, by itself or by a signal; it is when not said. */
  readonly releaseAtExit?: boolean;
  /** Milliseconds for which that may hold up the end; 2,000 when not said. */
  readonly releaseWithin?: number;
  readonly retries?: Partial<Retries>;
  /** Milliseconds until a call must be answered, each try by itself; 10,000 when not said. */
  readonly timeout?: number;
  readonly fetch?: typeof fetch;
  /** For tests that drive time and chance. */
  readonly time?: LicenseTime;
}

/** A seat of a licence, held for this program while it runs. */
export interface LicenseClient {
  readonly state: LicenseState;
  /** Throws LicenseError unless the program may work at this moment, online or offline. Makes no request: call it before each piece of work. */
  assertLicensed(): void;
  /**
   * Takes a seat and keeps it. Where the server is away, a lease of the run before is good until it ends. Throws LicenseError;
   * after that, and after each stop, it may be called again.
   */
  acquire(): Promise<LicenseState>;
  /**
   * Makes it last for so many minutes without the server, from now on, where the licence allows that; the seat stays occupied
   * until then, unless it is given back. Throws what the server says (`offline_too_long`, for example).
   */
  borrow(minutes: number): Promise<LicenseState>;
  /** Gives the seat back. Never throws: what the server does not hear it finds out by itself. */
  release(): Promise<void>;
  /** Hears of each change, until what it answers is called. */
  onState(listener: (state: LicenseState) => void): () => void;
  onWarning(listener: (warning: LicenseWarning) => void): () => void;
}

/** Three more tries of a call, after 2, 4 and 8 seconds at the most. */
const PATIENCE: Retries = { ...RETRIES, base: 2_000 };

/** A client for one licence on this machine. It makes no request before `acquire` is called, and keeps no process alive. */
export function createLicenseClient(options: LicenseClientOptions): LicenseClient {
  const { time = backgroundTime } = options;
  const states = listeners<LicenseState>();
  const warnings = listeners<LicenseWarning>();
  let last: string | undefined;
  let session: Session | undefined;
  let acquiring: Promise<LicenseState> | undefined;
  let looking: { readonly over: AbortController; readonly done: Promise<void> } | undefined;
  let cancelExit: (() => void) | undefined;

  const state = (): LicenseState => session?.state() ?? { status: 'idle' };
  const mayWork = () => ['online', 'offline'].includes(state().status);
  const notifyOnChange = () => {
    const now = state();
    const text = JSON.stringify(now);
    if (text !== last) states.tell(now);
    last = text;
  };

  function assertLicensed(): void {
    const now = state();
    if (now.status === 'stopped') throw new LicenseError(now.reason, now.message);
    if (!mayWork())
      throw new LicenseError(now.status, 'The program has no seat of its licence at this moment.');
  }

  async function look(one: Session, signal: AbortSignal): Promise<void> {
    while (mayWork() || state().status === 'connecting') {
      await time.wait(one.next(), signal);
      await one.tick().catch((error: unknown) => {
        if (!(error instanceof LicenseError)) throw error;
      });
      notifyOnChange();
    }
  }

  async function begin(): Promise<LicenseState> {
    await stopLooking();
    session ??= await sessionOf(options, { time, changed: notifyOnChange, warn: warnings.tell });
    const one = session;
    try {
      if (!mayWork()) await one.begin();
    } finally {
      notifyOnChange();
    }
    const over = new AbortController();
    const done = look(one, over.signal).catch((error: unknown) => {
      if (!over.signal.aborted) throw error;
    });
    looking = { over, done };
    const { releaseWithin: within = 2_000 } = options;
    if (options.releaseAtExit !== false)
      cancelExit ??= atExit({ calls: one.lastCalls, done: one.ended, within });
    return state();
  }

  async function stopLooking(): Promise<void> {
    looking?.over.abort();
    await looking?.done;
    looking = undefined;
  }

  return {
    get state() {
      return state();
    },
    onState: states.add,
    onWarning: warnings.add,
    assertLicensed,
    acquire() {
      if (mayWork()) return Promise.resolve(state());
      acquiring ??= heldOpen(begin()).finally(() => {
        acquiring = undefined;
      });
      return acquiring;
    },
    async borrow(minutes) {
      assertLicensed();
      await session?.borrow(minutes);
      notifyOnChange();
      return state();
    },
    async release() {
      await acquiring?.catch(() => {});
      cancelExit?.();
      cancelExit = undefined;
      if (session !== undefined) await heldOpen(session.end());
      await stopLooking();
      notifyOnChange();
    },
  };
}

interface TimeCallbacks {
  readonly time: LicenseTime;
  readonly changed: () => void;
  readonly warn: (warning: LicenseWarning) => void;
}

async function sessionOf(
  options: LicenseClientOptions,
  { time, changed, warn }: TimeCallbacks,
): Promise<Session> {
  const { licenseKey, fetch: given = globalThis.fetch, timeout = 10_000 } = options;
  const baseUrl = addressOf(options.baseUrl);
  const machine = options.hardwareId ?? (await hardwareId());
  const server = licenseServer({
    baseUrl,
    fetch: given,
    retries: { ...PATIENCE, ...options.retries },
    time,
    timeout,
    user: options.user,
    asked: {
      license_key: licenseKey,
      hardware_id: machine,
      app_version: options.appVersion,
      user_agent: options.userAgent,
      offline_minutes: options.offlineMinutes,
    },
  });
  const folders = defaultFolders();
  const folder = options.folder ?? folders.folder;
  const store = stateStore({
    folder,
    markFolder: options.markFolder ?? folders.markFolder,
    hardwareId: machine,
    licence: `${baseUrl}\n${licenseKey ?? ''}`,
  });
  const pinned = options.publicKeys && publicKeysIn({ keys: options.publicKeys });
  const members = membersIn({ folder, name: store.name, time });
  return createSession({ server, store, members, clock: serverClock(time), time, pinned, changed, warn });
}
