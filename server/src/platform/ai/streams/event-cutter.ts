import { endOfEvent } from './events.ts';

/** No event of an answer is as long, pictures within it included: what does not end by then is none. */
const MOST_HELD = 4_194_304;
/** The bytes that may be part of a border that is not complete. */
const TAIL = 2;
const NONE = Buffer.alloc(0);

/** Cuts a stream of server-sent events behind its last whole event, wherever the network cut it. Each byte is looked at once. */
export class EventCutter {
  /** An event was too long, and is lost: what comes after it lacks that part. */
  isBroken = false;
  #held: Buffer[] = [];
  #bytes = 0;
  #tail: Buffer = NONE;
  /** Nothing is handed on until the next event begins. */
  #isLost = false;

  /** Whether an event has begun that is not whole. */
  get isWithin(): boolean {
    return this.#bytes > 0;
  }

  /** Takes what came, and answers the whole events with it; undefined: there are none. */
  push(chunk: Buffer): Buffer | undefined {
    const end = this.#endWithin(chunk);
    if (end === -1) {
      this.#hold(chunk);
      return undefined;
    }
    const data = this.#bytes === 0 ? chunk : Buffer.concat([...this.#held, chunk]);
    const from = this.#isLost ? end : 0;
    let to = end;
    for (let next = endOfEvent(data, to); next !== -1; next = endOfEvent(data, next)) to = next;
    this.#release();
    if (to < data.length) this.#hold(data.subarray(to));
    return from === to ? undefined : data.subarray(from, to);
  }

  /** The beginning of an event that is not whole; undefined where it was too long. */
  rest(): Buffer | undefined {
    const rest = this.#isLost ? undefined : Buffer.concat(this.#held);
    this.#release();
    return rest;
  }

  /** Where the first event ends that these bytes complete, with what is held before them; -1: none. */
  #endWithin(chunk: Buffer): number {
    if (this.#bytes === 0) return endOfEvent(chunk, 0);
    const end = endOfEvent(Buffer.concat([this.#tail, chunk]), 0);
    return end === -1 ? -1 : end + this.#bytes - this.#tail.length;
  }

  #hold(rest: Buffer): void {
    this.#held.push(rest);
    this.#bytes += rest.length;
    this.#tail = Buffer.concat([this.#tail, rest.subarray(-TAIL)]).subarray(-TAIL);
    if (this.#bytes <= MOST_HELD) return;
    this.isBroken = true;
    this.#isLost = true;
    this.#held = [this.#tail];
    this.#bytes = this.#tail.length;
  }

  #release(): void {
    this.#held = [];
    this.#bytes = 0;
    this.#tail = NONE;
    this.#isLost = false;
  }
}
