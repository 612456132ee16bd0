import { z } from 'zod';

/** Faults as they are written in JSON. The first two meet a call of the publisher's, the others a message. */
export const faultSchema = z.discriminatedUnion('kind', [
  /** Refuses the publisher with this status; nothing is taken. */
  z.strictObject({ kind: z.literal('status'), status: z.number().int().min(400).max(599) }),
  /** Resets the publisher's connection; `taken`: after its messages were taken, so that it never hears of it. */
  z.strictObject({ kind: z.literal('reset'), taken: z.boolean().optional() }),
  /** Refuses one message, and not those that come with it. */
  z.strictObject({ kind: z.literal('refuse') }),
  /** Takes a message and never delivers it. */
  z.strictObject({ kind: z.literal('lose') }),
  /** Delivers a message so many times at the same time (2 when not said). */
  z.strictObject({ kind: z.literal('double'), times: z.number().int().min(2).max(20).optional() }),
  /** Delivers a message later. */
  z.strictObject({ kind: z.literal('late'), ms: z.number().min(0) }),
  /** Loses the receiver’s answer, and tries again as if there was none. */
  z.strictObject({ kind: z.literal('answer_lost') }),
]);

export type Fault = z.infer<typeof faultSchema>;
export type ApiFault = Extract<Fault, { kind: 'status' | 'reset' }>;
export type RefuseFault = Extract<Fault, { kind: 'refuse' }>;
export type DeliveryFault = Exclude<Fault, ApiFault | RefuseFault>;

/** Which fault meets which call. */
export interface Faults {
  /** Queues faults: each meets one call of the publisher's, or one delivery of a message, in order. */
  next(...faults: readonly Fault[]): void;
  /** A fault for everything of its sort that none of the queue meets, until told otherwise. */
  always(fault: Fault | null): void;
  clear(): void;
}

export class FaultPlan implements Faults {
  #next: Fault[] = [];
  #always: Fault | null = null;

  next(...faults: readonly Fault[]): void {
    this.#next.push(...faults);
  }

  always(fault: Fault | null): void {
    this.#always = fault;
  }

  clear(): void {
    this.#next = [];
    this.#always = null;
  }

  /** The fault that a call of the publisher's meets. */
  takeApi(): ApiFault | undefined {
    return this.#take(isApi);
  }

  /** Whether a message is refused. */
  takeRefusal(): boolean {
    return this.#take(isRefusal) !== undefined;
  }

  /** The fault that a delivery meets. */
  takeDelivery(): DeliveryFault | undefined {
    return this.#take(isDelivery);
  }

  #take<F extends Fault>(isMeant: (fault: Fault) => fault is F): F | undefined {
    const found = this.#next.find(isMeant);
    if (found === undefined) return this.#always !== null && isMeant(this.#always) ? this.#always : undefined;
    this.#next = this.#next.filter((one) => one !== found);
    return found;
  }
}

function isApi(fault: Fault): fault is ApiFault {
  return fault.kind === 'status' || fault.kind === 'reset';
}

function isRefusal(fault: Fault): fault is RefuseFault {
  return fault.kind === 'refuse';
}

function isDelivery(fault: Fault): fault is DeliveryFault {
  return !isApi(fault) && !isRefusal(fault);
}
