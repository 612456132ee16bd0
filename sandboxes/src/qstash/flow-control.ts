import type { Message } from './message.ts';

type Flow = Message['flow'];

interface KeyState {
  active: number;
  parallelism: number;
  readonly waiting: (() => void)[];
}

/** Flow control: how many deliveries of a key may be under way. Rates are taken, and not kept to. */
export class FlowControl {
  readonly #keys = new Map<string, KeyState>();

  /** Begins at once, or when one of the same key has left; the newest message says how many may be under way. */
  begin(flow: Flow, start: () => void): void {
    if (flow === undefined) {
      start();
      return;
    }
    const state = this.#keys.get(flow.key) ?? { active: 0, parallelism: 0, waiting: [] };
    this.#keys.set(flow.key, state);
    state.parallelism = flow.parallelism;
    state.waiting.push(start);
    admit(state);
  }

  end(flow: Flow): void {
    const state = flow === undefined ? undefined : this.#keys.get(flow.key);
    if (state === undefined) return;
    state.active -= 1;
    admit(state);
  }

  /** A key as `GET /v2/flowControl/:key` shows it. */
  described(key: string): Record<string, unknown> | undefined {
    const state = this.#keys.get(key);
    if (state === undefined) return undefined;
    return {
      flowControlKey: key,
      waitListSize: state.waiting.length,
      parallelismMax: state.parallelism,
      parallelismCount: state.active,
    };
  }
}

function admit(state: KeyState): void {
  while (state.active < state.parallelism) {
    const start = state.waiting.shift();
    if (start === undefined) return;
    state.active += 1;
    start();
  }
}
