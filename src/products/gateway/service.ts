import type { PreparedChat } from '#platform/ai';
import { commitPoint } from '#platform/db';
import type { Permit } from '#platform/limits';
import type { Platform as Faces } from '#platform/product';
import type { ServerResponse } from 'node:http';

const ANSWER = commitPoint(
  'gateway.answer',
  'settlement and sealed answer of a call with an Idempotency-Key',
);

/** The policy that caps what any client may ask for. */
const POLICY = 'gateway.chat';
/** With less than this part of the reserve left in a budget, a call of no length of its own is denied and not cut. */
const LEAST_PART = 10;

export interface ChatCall {
  readonly permit: Permit;
  readonly prepared: PreparedChat;
  readonly hangUp: AbortSignal;
  /** The answer is kept for a repeat of the key. A streamed answer is not: its repeat is told so and charges nothing. */
  readonly keep: boolean;
  /** Takes the wire, when there is something to say on it. */
  readonly take: () => ServerResponse;
}

/** The AI pipe behind OpenAI's protocol. */
export function createGateway({ ai, db }: Faces) {
  return {
    /** Reads and prices a chat request before admission. */
    prepare(body: Uint8Array): PreparedChat & { readonly leastReserve: number } {
      const prepared = ai.door.prepareChat(body, POLICY);
      const { reserve } = prepared.planned;
      return {
        ...prepared,
        leastReserve: prepared.wire.maxTokens === undefined ? Math.ceil(reserve / LEAST_PART) : reserve,
      };
    },

    /** Makes the call and answers on the wire, bytes as they come. */
    relay({ permit, prepared, hangUp, keep, take }: ChatCall): Promise<void> {
      return ai.door.relay(permit, prepared, {
        response: take,
        hangUp,
        ...(keep ? { settle: (body: Uint8Array) => settleKept(permit, body) } : {}),
      });
    },

    models: () => ai.door.models(),
  };

  async function settleKept(permit: Permit, body: Uint8Array): Promise<void> {
    const stored = permit.answering({ status: 200, body: JSON.parse(Buffer.from(body).toString('utf8')) });
    try {
      await db.tenant(permit.accountId, ANSWER, [
        ...(stored === undefined ? [] : [stored]),
        permit.settlement(),
      ]);
    } catch {
      // An answer that could not be kept is no reason to lose what the call cost, nor to keep its place taken.
      await permit.settle();
    }
  }
}

export type Gateway = ReturnType<typeof createGateway>;
