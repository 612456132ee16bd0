import { isUtf8 } from 'node:buffer';
import { type Micros, micros, isRecord } from '#platform/kernel';
import type { Permit, PlannedCall } from '#platform/limits';
import { checkChatFields, checkPriced, picturesIn } from './fields.ts';
import { modelUnknown } from './openai-errors.ts';
import { checkInput, planCall } from '../plan.ts';
import type { Policy } from '../policy.ts';
import { type Price, reserve } from '../metering/prices.ts';
import type { Providers, Target } from '../providers/providers.ts';
import { relay, type RelayParts, type RelayTo } from './relay.ts';
import { sizeOf, type TokenCounter } from '../metering/tokens.ts';
import { invalid, readWire, type WireRequest } from '../wire.ts';

/** A chat request of the OpenAI endpoint, checked and priced, before admission. */
export interface PreparedChat {
  readonly model: string;
  readonly stream: boolean;
  /** The reply's cap when admission grants the whole reserve. */
  readonly maxTokens: number;
  /** The call that admission reserves for, and that the first row of the ledger names. */
  readonly planned: PlannedCall;
  /**
   * The smallest reserve that makes sense: of a call that names no length of its own, its input and a tenth of the whole;
   * with less left in a budget it is denied and not cut.
   */
  readonly leastReserve: Micros;
  readonly policy: Policy;
  readonly chain: readonly Target[];
  readonly wire: WireRequest;
  /** The same call with its input counted by a tokenizer, for when its bytes do not fit; undefined where that asks for no less. */
  closer(): Promise<PreparedChat | undefined>;
}

/** The OpenAI protocol for any client, in front of the pipe. */
export interface OpenAiEndpoint {
  /**
   * Reads the bytes of a chat request. Throws validation_failed, field_refused, model_unknown, context_too_large.
   * `policy` names the policy that caps it (`gateway.chat`); the models are the ones that the request asks for.
   */
  prepareChat(body: Uint8Array | string, policy: string): PreparedChat;
  /** The same with its input counted by a tokenizer from the start, for when its bytes alone are above the policy's cap of cost. */
  prepareClosely(body: Uint8Array | string, policy: string): Promise<PreparedChat>;
  /**
   * Makes the call under its permit, answers on the wire, and settles or releases the permit. Throws before the
   * first byte only; what breaks later is told within the stream, in OpenAI's form. While the model thinks, a streamed
   * call is told so by comments, the first of which takes the wire.
   */
  relay(permit: Permit, prepared: PreparedChat, to: RelayTo): Promise<void>;
  /** Every name that a chat request may ask for, aliases too, as GET /models answers. */
  models(): { readonly object: 'list'; readonly data: readonly ListedModel[] };
  /** One of them. Throws model_unknown. */
  model(id: string): ListedModel;
}

export interface ListedModel {
  readonly id: string;
  readonly object: 'model';
  readonly created: number;
  readonly owned_by: string;
}

export interface OpenAiEndpointParts extends RelayParts {
  readonly providers: Providers;
  readonly tokens: TokenCounter;
  readonly policyOf: (name: string) => Policy;
  /** Fields that are not in the table and that the operator lets through. */
  readonly allowedFields: ReadonlySet<string>;
}

/** Names that chat requests may ask for, of one set of providers. */
interface Names {
  readonly data: readonly ListedModel[];
  readonly byId: ReadonlyMap<string, ListedModel>;
}

export function createOpenAiEndpoint(parts: OpenAiEndpointParts): OpenAiEndpoint {
  const known = new WeakMap<Providers, Names>();

  /** Settings may change while the program runs: providers are others then. */
  function names(): Names {
    const { providers } = parts;
    const before = known.get(providers);
    if (before !== undefined) return before;
    const listed = providers
      .list()
      .filter(({ id }) => providers.chain(id).every(({ price }) => isChatModel(price)));
    const data = listed.map(toListedModel);
    const made = { data, byId: new Map(data.map((model) => [model.id, model])) };
    known.set(providers, made);
    return made;
  }

  function chainOf(name: string): readonly Target[] {
    if (!names().byId.has(name)) throw modelUnknown(name);
    return parts.providers.chain(name);
  }

  function readChat(body: Uint8Array | string, policyName: string): ChatInput {
    const policy = parts.policyOf(policyName);
    checkInput(policy, body.length);
    const bytes = bytesOf(body);
    const text = bytes.toString('utf8');
    const parsed = parseObject(text);
    checkChatFields(parsed, parts.allowedFields);
    // It bounds the depth, on which what follows may rely.
    const read = readWire('/chat/completions', bytes, { parsed });
    refuseBrokenText(text, parsed);
    if (read.model === '') throw invalid('model must name a model.', 'model');
    const messages = Array.isArray(parsed['messages']) ? parsed['messages'] : [];
    const wire: WireRequest = { ...read, pictures: picturesIn(messages) };
    const chain = chainOf(wire.model);
    for (const { price } of chain) checkPriced(price, wire);
    return { policy, chain, wire };
  }
  return {
    prepareChat: (body, policyName) => prepareChat(parts, readChat(body, policyName)),
    async prepareClosely(body, policyName) {
      const read = readChat(body, policyName);
      const counted = await parts.tokens.count(read.wire);
      return prepareChat(parts, { ...read, wire: { ...read.wire, counted } });
    },
    relay: (permit, prepared, to) => relay(parts, permit, { prepared, to }),
    models: () => ({ object: 'list', data: names().data }),
    model(id) {
      const model = names().byId.get(id);
      if (model === undefined) throw modelUnknown(id);
      return model;
    },
  };
}

/** With less than this part of the reserve left in a budget, a call of no length of its own is denied and not cut. */
const LEAST_PART = 10;

type ChatInput = Pick<PreparedChat, 'policy' | 'chain' | 'wire'>;

function prepareChat(parts: OpenAiEndpointParts, asked: ChatInput): PreparedChat {
  const { policy, chain, wire } = asked;
  const [first] = chain;
  if (first === undefined) throw modelUnknown(wire.model);
  const { maxTokens, call: planned } = planCall({ policy, wire }, first);
  const least = reserve(first.price, {
    ...sizeOf(first.price, wire),
    maxOutputTokens: Math.min(1, maxTokens),
  });
  const part = Math.ceil(planned.reserve / LEAST_PART);
  return {
    ...asked,
    model: wire.model,
    stream: wire.stream,
    maxTokens,
    planned,
    leastReserve: wire.maxTokens === undefined ? micros(Math.max(part, least)) : planned.reserve,
    async closer() {
      if (wire.counted !== undefined) return undefined;
      const counted = await parts.tokens.count(wire);
      if (counted === undefined) return undefined;
      const again = prepareChat(parts, { policy, chain, wire: { ...wire, counted } });
      return again.planned.reserve < planned.reserve ? again : undefined;
    },
  };
}

/** A model that charges for what it reads and never for what it writes makes embeddings. */
function isChatModel({ input, output }: Price): boolean {
  return output > 0 || input === 0;
}

function toListedModel({ id, provider }: { id: string; provider: string }): ListedModel {
  return { id, object: 'model', created: 0, owned_by: provider };
}

function bytesOf(body: Uint8Array | string): Buffer {
  if (typeof body === 'string') return Buffer.from(body);
  if (!isUtf8(body)) throw invalid('The body is not valid UTF-8.');
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

/** A NUL or half a surrogate pair, written as an escape. Rare, so that the exact check hardly ever runs. */
const SUSPECT = /\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2})/;

function parseObject(text: string): Record<string, unknown> {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw invalid('The body is not valid JSON.');
  }
  if (!isRecord(body)) throw invalid('The body must be a JSON object.');
  return body;
}

function refuseBrokenText(text: string, body: Record<string, unknown>): void {
  if (!text.includes('\\u') || !SUSPECT.test(text)) return;
  JSON.stringify(body, (key, value: unknown) => {
    if (isHostile(key) || (typeof value === 'string' && isHostile(value)))
      throw invalid('The body holds broken text.');
    return value;
  });
}

function isHostile(text: string): boolean {
  return text.includes('\0') || !text.isWellFormed();
}
