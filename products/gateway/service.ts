import {
  type AccountId,
  AppError,
  type Caller,
  commitPoint,
  type Door,
  type NamedCall,
  type Permit,
  type PreparedCall,
  type ProductContext,
  type Protocol,
  type Wire,
} from 'plinth/product';
import type { ServerResponse } from 'node:http';

const ANSWER = commitPoint(
  'gateway.answer',
  'settlement and sealed answer of a call with an Idempotency-Key',
);

/** An answer that is larger is not kept under its Idempotency-Key. */
const MOST_KEPT = 4 * 1_048_576;

/** The features of protocols whose policies cap them; all others are a chat's. */
const FEATURES = {
  embeddings: 'embeddings',
  embedContent: 'embeddings',
  batchEmbedContents: 'embeddings',
  images: 'images',
  speech: 'speech',
  transcriptions: 'transcriptions',
} as const;
type Feature = (typeof FEATURES)[keyof typeof FEATURES] | 'chat';

/** The feature that a call in a protocol spends, and whose policy caps it. */
export const featureOf = (protocol: Protocol): Feature =>
  (FEATURES as Readonly<Partial<Record<Protocol, Feature>>>)[protocol] ?? 'chat';

const policyOf = (protocol: Protocol) => `gateway.${featureOf(protocol)}`;

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
    /** Reads and prices a request before admission, and takes room for an answer that may be large. */
    prepare(protocol: Protocol, from: GatewayCall): PreparedCall | Promise<PreparedCall> {
      const { accountId } = from;
      const prepared = withValue(ai.endpoint.door(protocol), (door) =>
        withValue(accountId && ai.endpoint.ownKeys(accountId), (ownKeys) => prepareAt(door, from, ownKeys)),
      );
      return withValue(prepared, (call) => withRoom(call, from.wire));
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
        // An answer that is no JSON is not kept.
        ...(keep && prepared.answersJson
          ? {
              settle: (body: Uint8Array) =>
                body.length > MOST_KEPT ? permit.settle() : settleKept(permit, body),
            }
          : {}),
      });
    },

    /** Our own count of a request's input in tokens. */
    async countInput(protocol: Protocol, { wire: { body }, models, named }: CountedCall): Promise<number> {
      return ai.endpoint.countInput({
        door: await ai.endpoint.door(protocol),
        body,
        models,
        policy: policyOf(protocol),
        named,
      });
    },

    models: ai.endpoint.models,
    model: ai.endpoint.model,
  };

  function prepareAt(
    door: Door,
    { wire: { body, request }, models, named }: GatewayCall,
    ownKeys: OwnKeys,
  ): PreparedCall | Promise<PreparedCall> {
    const policy = policyOf(door.dialect.name);
    const asked = { door, body, headers: request.headers, models, policy, named, ownKeys };
    try {
      return ai.endpoint.prepare(asked);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'call_too_costly') throw error;
      return ai.endpoint.prepareClosely(asked);
    }
  }

  async function settleKept(permit: Permit, body: Uint8Array): Promise<void> {
    try {
      const answer = { status: 200, body: JSON.parse(Buffer.from(body).toString('utf8')) as unknown };
      await db.tenant(permit.accountId, ANSWER, permit.settlementWith(answer));
    } catch {
      // An answer that could not be kept is no reason to lose what the call cost, nor to keep its place taken.
      await permit.settle();
    }
  }
}

/** The parts of a call that are read before its body is priced. */
type CallWire = Pick<Wire, 'body' | 'hold' | 'request'>;

/** A call at a door. */
export interface CallFrom {
  readonly wire: CallWire;
  readonly caller: Caller | undefined;
  readonly accountId: AccountId | undefined;
}

type OwnKeys = Parameters<ProductContext['ai']['endpoint']['prepare']>[0]['ownKeys'];

interface CountedCall {
  readonly wire: Pick<CallWire, 'body'>;
  readonly models: Caller['models'];
  /** Where the protocol says them in its path. */
  readonly named?: NamedCall | undefined;
}

interface GatewayCall extends CountedCall, Pick<CallFrom, 'accountId'> {
  readonly wire: CallWire;
}

/** Room for an answer is taken while nothing was spent yet, and is free again when the answer has left. */
function withRoom(call: PreparedCall, wire: Pick<Wire, 'hold'>): PreparedCall {
  if (call.answerBytes !== undefined) wire.hold().take(call.answerBytes);
  return call;
}

/** At once where the value is there: a call whose door is loaded waits for nothing. */
function withValue<Value, Result>(
  value: Value | Promise<Value>,
  use: (value: Value) => Result | Promise<Result>,
): Result | Promise<Result> {
  return value instanceof Promise ? value.then(use) : use(value);
}

export type Gateway = ReturnType<typeof createGateway>;
