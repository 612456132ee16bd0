import type { ServerClock } from './clock.ts';
import type { KeptState, StateStore } from './state-file.ts';
import type { LicenseWarning } from './states.ts';

export interface KeeperParts {
  readonly store: StateStore;
  readonly clock: ServerClock;
  readonly warn: (warning: LicenseWarning) => void;
}

/** Writes what the next run and the other programs of the machine have to know, with the time at which it was so. */
export function stateKeeper({ store, clock, warn }: KeeperParts) {
  let isWritable = true;
  let savedAt = 0;
  let known: string | undefined;

  function save(state: Omit<KeptState, 'seen'>): void {
    const serverTime = clock.now();
    const seen = serverTime === undefined ? undefined : { serverTime, at: clock.reading() };
    savedAt = clock.elapsed();
    const isWritten = store.write({ ...state, seen });
    if (!isWritten && isWritable) warn({ kind: 'state', problem: 'state_unwritable' });
    isWritable = isWritten;
    known = state.token;
  }

  return {
    save,
    /** Leaves no lease for the next run, save one that another process has put there since. */
    forget(state: Pick<KeptState, 'keys' | 'interval' | 'seats'>): void {
      const kept = store.read();
      if (typeof kept === 'object' && kept.token !== undefined && kept.token !== known) return;
      save(state);
    },
    /** Another program wrote the state, and this one goes on with it. */
    adopted(token: string): void {
      known = token;
    },
    /** Milliseconds since it was written. */
    age: () => clock.elapsed() - savedAt,
  };
}
