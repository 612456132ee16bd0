import { z } from 'zod';
import type { Deliverer } from './deliverer.ts';
import type { FaultPlan } from './faults.ts';
import { type Message, messageOf, type PublishRequest, QstashError } from './message.ts';
import type { Time } from './time.ts';

/** How long a Deduplication-Id is remembered (https://upstash.com/docs/qstash/features/deduplication). */
const DEDUPLICATION = 600_000;

const batchSchema = z.array(
  z.object({
    destination: z.string(),
    headers: z.record(z.string(), z.string()).optional(),
    body: z.string().optional(),
  }),
);

/** What the publisher is told of one message. */
type Receipt = { readonly messageId: string; readonly deduplicated?: true } | { readonly error: string };

/** Takes messages, each Deduplication-Id once, and hands them to the deliverer. */
export class Broker {
  readonly messages = new Map<string, Message>();
  readonly #deliverer: Deliverer;
  readonly #time: Time;
  readonly #faults: FaultPlan;
  readonly #known = new Map<string, { readonly id: string; readonly until: number }>();

  constructor(parts: { readonly deliverer: Deliverer; readonly time: Time; readonly faults: FaultPlan }) {
    this.#deliverer = parts.deliverer;
    this.#time = parts.time;
    this.#faults = parts.faults;
  }

  /** Takes one message; a duplicate is answered with the id of the first one, and not delivered. */
  publish(published: Omit<PublishRequest, 'now'>): { messageId: string; deduplicated?: true } {
    const now = this.#time.now();
    const message = messageOf({ ...published, now });
    if (this.#faults.takeRefusal()) throw new QstashError(400, 'the sandbox was asked to refuse this');
    const { deduplicationId } = message;
    if (deduplicationId !== undefined) {
      const first = this.#known.get(deduplicationId);
      if (first !== undefined && first.until > now) return { messageId: first.id, deduplicated: true };
      this.#known.set(deduplicationId, { id: message.id, until: now + DEDUPLICATION });
    }
    this.messages.set(message.id, message);
    this.#deliverer.accept(message);
    return { messageId: message.id };
  }

  /** Takes a list of them; one that is refused does not keep back the others. */
  batch(text: string, callerIp: string): Receipt[] {
    const list = batchSchema.safeParse(json(text));
    if (!list.success) throw new QstashError(400, 'invalid batch request');
    return list.data.map(({ destination, headers = {}, body = '' }) => {
      const names = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
      const published = {
        destination,
        headers: Object.fromEntries(names) as Record<string, string>,
        body: Buffer.from(body),
        callerIp,
      };
      try {
        return this.publish(published);
      } catch (error) {
        if (error instanceof QstashError) return { error: error.message };
        throw error;
      }
    });
  }

  /** The message of an id, or the refusal that there is none. */
  message(id: string): Message {
    const message = this.messages.get(id);
    if (message === undefined) throw new QstashError(404, `message ${id} not found`);
    return message;
  }

  /** Cancels a message that is not under way, and is not delivered yet. */
  cancel(id: string): number {
    const message = this.message(id);
    if (message.state !== 'waiting') return 0;
    message.state = 'cancelled';
    return 1;
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
