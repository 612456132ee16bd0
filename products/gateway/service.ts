import {
  AppError,
  commitPoint,
  type Door,
  type Permit,
  type PreparedCall,
  type ProductContext,
  type Protocol,
} from 'plinth/product';
import type { ServerResponse } from 'node:http';

const ANSWER = commitPoint(
  'gateway.answer',
  'settlement and sealed answer of a call with an Idempotency-Key',
);

/** The policy that caps what any client may ask for. */
const POLICY = 'gateway.chat';

export interface ChatCall {
  readonly permit: Permit;
  readonly prepared: PreparedCall;
  readonly signal: AbortSignal;
  /** The caller's trace, for the provider. */
  readonly traceparent: string | undefined;
  /** The answer is kept for a repeat of the key. A streamed answer is not: its repeat is told so and charges nothing. */
  readonly keep: boolean;
  /** Takes the wire, when there is something to say on it. */
  readonly take: () => ServerResponse;
}

/** The AI pipe behind the protocols that clients speak. */
export function createGateway({ ai, db }: ProductContext) {
  return {
    /** Reads and prices a request before admission. */
    prepare(protocol: Protocol, body: Uint8Array): PreparedCall | Promise<PreparedCall> {
      const door = ai.endpoint.door(protocol);
      return door instanceof Promise ? door.then((open) => prepareAt(open, body)) : prepareAt(door, body);
    },

    /**
     * Makes the call and answers on the wire, bytes as they come. One whose answer is kept goes on for a while when its client
     * gives up: the repeat of its key gets that answer, where it would else be made, and paid for, once more.
     */
    relay({ permit, prepared, signal, traceparent, keep, take }: ChatCall): Promise<void> {
      return ai.endpoint.relay(permit, prepared, {
        response: take,
        traceparent,
        signal,
        ...(keep ? { settle: (body: Uint8Array) => settleKept(permit, body) } : {}),
      });
    },

    /** Our own count of a request's input in tokens. */
    async countInput(protocol: Protocol, body: Uint8Array): Promise<number> {
      return ai.endpoint.countInput({ door: await ai.endpoint.door(protocol), body, policy: POLICY });
    },

    models: () => ai.endpoint.models(),
    model: (id: string) => ai.endpoint.model(id),
  };

  function prepareAt(door: Door, body: Uint8Array): PreparedCall | Promise<PreparedCall> {
    const request = { door, body, policy: POLICY };
    try {
      return ai.endpoint.prepare(request);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'call_too_costly') throw error;
      return ai.endpoint.prepareClosely(request);
    }
  }

  async function settleKept(permit: Permit, body: Uint8Array): Promise<void> {
    const answer = { status: 200, body: JSON.parse(Buffer.from(body).toString('utf8')) as unknown };
    try {
      await db.tenant(permit.accountId, ANSWER, permit.settlementWith(answer));
    } catch {
      // An answer that could not be kept is no reason to lose what the call cost, nor to keep its place taken.
      await permit.settle();
    }
  }
}

export type Gateway = ReturnType<typeof createGateway>;
