import type { Message } from './message.ts';

type Flow = Message['flow'];

interface Lane {
  active: number;
  parallelism: number;
  readonly waiting: (() => void)[];
}

/** Flow control: how many deliveries of a key may be under way. Rates are taken, and not kept to. */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();

  /** Begins at once, or when one of the same key has left; the newest message says how many may be under way. */
  enter(flow: Flow, begin: () => void): void {
    if (flow === undefined) {
      begin();
      return;
    }
    const lane = this.#lanes.get(flow.key) ?? { active: 0, parallelism: 0, waiting: [] };
    this.#lanes.set(flow.key, lane);
    lane.parallelism = flow.parallelism;
    lane.waiting.push(begin);
    admit(lane);
  }

  leave(flow: Flow): void {
    const lane = flow === undefined ? undefined : this.#lanes.get(flow.key);
    if (lane === undefined) return;
    lane.active -= 1;
    admit(lane);
  }

  /** A key as `GET /v2/flowControl/:key` shows it. */
  described(key: string): Record<string, unknown> | undefined {
    const lane = this.#lanes.get(key);
    if (lane === undefined) return undefined;
    return {
      flowControlKey: key,
      waitListSize: lane.waiting.length,
      parallelismMax: lane.parallelism,
      parallelismCount: lane.active,
    };
  }
}

function admit(lane: Lane): void {
  while (lane.active < lane.parallelism) {
    const begin = lane.waiting.shift();
    if (begin === undefined) return;
    lane.active += 1;
    begin();
  }
}
