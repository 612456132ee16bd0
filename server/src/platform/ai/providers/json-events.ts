import { isRecord, jsonIn } from '#platform/kernel';
import { EventCutter } from '../streams/event-cutter.ts';
import { eventsIn } from '../streams/events.ts';
import type { Fields } from './translation.ts';

/** The events of a vendor's stream, each an object of JSON, however the network cuts them. Throws for one that is none or too long. */
export class JsonEvents {
  readonly #cutter = new EventCutter();

  push(bytes: Buffer): readonly Fields[] {
    const events = this.#cutter.push(bytes);
    if (this.#cutter.isBroken) throw new Error('an event is too long');
    return read(events);
  }

  /** An event at the end that no empty line ends. */
  rest(): readonly Fields[] {
    return read(this.#cutter.rest());
  }
}

function read(bytes: Buffer | undefined): readonly Fields[] {
  if (bytes === undefined) return [];
  return [...eventsIn(bytes.toString('utf8'))].map((text) => {
    const event = jsonIn(text);
    if (!isRecord(event)) throw new Error('an event is no object');
    return event;
  });
}
