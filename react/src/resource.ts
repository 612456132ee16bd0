/** A value that is loaded, as a component sees it. */
export interface Loaded<T> {
  /** The last value, kept while it is loaded again and when that fails. */
  readonly data: T | undefined;
  /** Why the last load failed. */
  readonly error: unknown;
  readonly isLoading: boolean;
}

export interface Resource<T> {
  readonly get: () => Loaded<T>;
  /** Loads it, where that was not done yet. Answers the way back. */
  readonly subscribe: (listener: () => void) => () => void;
  /** Loads it again; of several loads the last one counts. */
  readonly refresh: () => Promise<void>;
}

/** One value for all components that show it. It is loaded in a browser alone: a server renders it as not there yet. */
export function createResource<T>(load: () => Promise<T>): Resource<T> {
  const listeners = new Set<() => void>();
  let state: Loaded<T> = { data: undefined, error: undefined, isLoading: true };
  let loads = 0;

  function set(next: Loaded<T>): void {
    state = next;
    for (const listener of listeners) listener();
  }
  async function refresh(): Promise<void> {
    loads += 1;
    const own = loads;
    if (!state.isLoading) set({ ...state, isLoading: true });
    try {
      const data = await load();
      if (own === loads) set({ data, error: undefined, isLoading: false });
    } catch (error) {
      if (own === loads) set({ ...state, error, isLoading: false });
    }
  }
  return {
    get: () => state,
    subscribe(listener) {
      listeners.add(listener);
      if (loads === 0) void refresh();
      return () => listeners.delete(listener);
    },
    refresh,
  };
}
