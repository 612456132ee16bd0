import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import { type AccountId, AppError, type Micros, micros, isRecord } from '#platform/kernel';
import type { Permit, PlannedCall } from '#platform/limits';
import type { Door } from './door.ts';
import { isAskedIn, openDoor, pathsOf } from './doors.ts';
import { checkPriced, tagsOf } from './fields.ts';
import { losingNothing } from './lossless.ts';
import { modelUnknown, modelUnsupported } from './openai-errors.ts';
import { CHAT } from '../dialects/chat.ts';
import type { Protocol } from '../dialects/dialect.ts';
import { checkInput, planCall } from '../plan.ts';
import type { Policy } from '../policy.ts';
import { reserve } from '../metering/prices.ts';
import type { Providers, Target } from '../providers/providers.ts';
import { type OwnKeys, ownTargets } from '../own-keys/target.ts';
import { relay, type RelayParts, type RelayTo } from './relay.ts';
import type { Counted } from '../metering/token-texts.ts';
import { inputTokens, sizeOf, type TokenCounter } from '../metering/tokens.ts';
import { invalid, type NamedCall, readWire, wireFor, type WireRequest } from '../wire.ts';

/** A request that came in at a door, checked and priced, before admission. */
export interface PreparedCall {
  readonly door: Door;
  readonly model: string;
  readonly stream: boolean;
  /** Bytes for which its server needs room, where the answer may be large: at most those that the policy takes. */
  readonly answerBytes: number | undefined;
  /** Whether a plain answer is JSON. */
  readonly answersJson: boolean;
  /** The reply's cap when admission grants the whole reserve. */
  readonly maxTokens: number;
  /** The call that admission reserves for, and that the first row of the ledger names. */
  readonly planned: PlannedCall;
  /**
   * The smallest reserve that makes sense: of a call that names no length of its own, its input and a tenth of the whole;
   * with less left in a budget it is denied and not cut.
   */
  readonly leastReserve: Micros;
  /** The same of tokens. */
  readonly leastTokens: number | undefined;
  readonly tags: Readonly<Record<string, string>> | undefined;
  readonly policy: Policy;
  readonly chain: readonly Target[];
  readonly wire: WireRequest;
  /** The same call with its input counted by a tokenizer, for when its bytes do not fit; undefined where that asks for no less. */
  closer(): Promise<PreparedCall | undefined>;
}

/** Lists of names, aliases and `provider/*`, of which each must have a model; undefined: all are allowed. */
export type AllowedModels = readonly (readonly string[])[] | undefined;

/** A request as it came in at a door. `policy` names the policy that caps it (`gateway.chat`). */
export interface ClientRequest {
  readonly door: Door;
  readonly body: Uint8Array | string;
  /** The headers that it came with. */
  readonly headers?: IncomingHttpHeaders;
  readonly policy: string;
  /** Where the protocol says them in its path. */
  readonly named?: NamedCall | undefined;
  readonly models?: AllowedModels;
  /** Keys of the account's own (`ownKeys`). */
  readonly ownKeys?: OwnKeys | undefined;
}

/** The protocols for any client, in front of the pipe. */
export interface AiEndpoint {
  /** The door of a protocol; a promise of it where its code is still to be loaded. */
  door(protocol: Protocol): Door | Promise<Door>;
  /** Keys of an account's own at providers, with which its calls go out; a promise of them where they are read. */
  ownKeys(accountId: AccountId): OwnKeys | undefined | Promise<OwnKeys | undefined>;
  /**
   * Reads the bytes of a request. Throws validation_failed, field_refused, model_unknown, model_not_allowed, model_unsupported, context_too_large.
   * The models are the ones that the request asks for.
   */
  prepare(request: ClientRequest): PreparedCall;
  /** The same with its input counted by a tokenizer from the start, for when its bytes alone are above the policy's cap of cost. */
  prepareClosely(request: ClientRequest): Promise<PreparedCall>;
  /** Our own count of a request's input in tokens, never below its provider's. */
  countInput(request: ClientRequest): Promise<number>;
  /**
   * Makes the call under its permit, answers on the wire, and settles or releases the permit. Throws before the
   * first byte only; what breaks later is told within the stream, in the door's form. While the model thinks, a streamed
   * call is told so by comments, the first of which takes the wire.
   */
  relay(permit: Permit, prepared: PreparedCall, to: RelayTo): Promise<void>;
  /** Every name that a request may ask for, aliases too, as GET /models answers. */
  models(allowed?: AllowedModels): { readonly object: 'list'; readonly data: readonly ListedModel[] };
  /** One of them. Throws model_unknown, model_not_allowed. */
  model(id: string, allowed?: AllowedModels): ListedModel;
}

export interface ListedModel {
  readonly id: string;
  readonly object: 'model';
  readonly created: number;
  readonly owned_by: string;
  /** Paths of the calls that take it. */
  readonly endpoints: readonly string[];
}

export interface AiEndpointParts extends RelayParts, Pick<AiEndpoint, 'ownKeys'> {
  readonly providers: Providers;
  readonly tokens: TokenCounter;
  readonly policyOf: (name: string) => Policy;
  /** Fields that are not in the table and that the operator lets through. */
  readonly allowedFields: ReadonlySet<string>;
}

/** Names that requests may ask for, of one set of providers. */
interface Names {
  readonly data: readonly ListedModel[];
  readonly byId: ReadonlyMap<string, ListedModel>;
}

export function createAiEndpoint(parts: AiEndpointParts): AiEndpoint {
  const known = new WeakMap<Providers, Names>();

  /** Settings may change while the program runs: providers are others then. */
  function names(): Names {
    const { providers } = parts;
    const before = known.get(providers);
    if (before !== undefined) return before;
    const data = providers.list().map(({ id, provider }) => ({
      id,
      object: 'model' as const,
      created: 0,
      owned_by: provider,
      endpoints: pathsOf(providers.chain(id)),
    }));
    const made = { data, byId: new Map(data.map((model) => [model.id, model])) };
    known.set(providers, made);
    return made;
  }

  /** The models that a name stands for, as far as they are asked at this door or by its translation. */
  function chainAt(
    { door: { dialect, translation }, models }: ClientRequest,
    name: string,
  ): readonly Target[] {
    if (!names().byId.has(name)) throw modelUnknown(name);
    const all = allowedOf(name, models);
    const chain = all.filter(
      (target) =>
        isAskedIn(dialect.name, target) ||
        (translation !== undefined && isAskedIn((translation.into ?? CHAT).name, target)),
    );
    if (chain.length === 0) throw modelUnsupported(name, pathsOf(all));
    return chain;
  }

  /** The models that a name stands for, as far as each list has it, one of them, or its provider. */
  function modelsIn(name: string, allowed: AllowedModels = []): readonly Target[] {
    const isIn = ({ provider, model }: Target) => {
      const entries = [name, `${provider}/${model}`, `${provider}/*`];
      return allowed.every((list) => entries.some((entry) => list.includes(entry)));
    };
    const chain = parts.providers.chain(name);
    return allowed.length === 0 ? chain : chain.filter(isIn);
  }

  function allowedOf(name: string, allowed: AllowedModels): readonly Target[] {
    const chain = modelsIn(name, allowed);
    if (chain.length === 0)
      throw new AppError('model_not_allowed', { details: { model: name, models: allowed } });
    return chain;
  }

  function read(request: ClientRequest, check = request.door.check): CallInput {
    const { door, body, headers, policy: name, named } = request;
    const policy = parts.policyOf(name);
    checkInput(policy, body.length);
    const { bytes, text, parsed, form } = readBody(door, body, headers);
    // It bounds the depth, on which what follows may rely.
    const said =
      form === undefined
        ? readWire(door.dialect, bytes, { parsed, ...(named === undefined ? {} : { named }) })
        : { ...readWire(door.dialect, EMPTY), form, counted: NO_TEXT };
    const pictures = check(parsed, parts.allowedFields);
    const model = named?.model ?? parsed['model'] ?? null;
    if (model !== null && typeof model !== 'string') throw invalid('model must be a text.', 'model');
    const own: WireRequest = {
      ...said,
      model: model ?? door.defaultModel ?? '',
      pictures,
      characters: door.characters?.(parsed),
      headers: headers && door.passedOn?.(headers),
    };
    refuseBrokenText(text, parsed);
    if (own.model === '') throw invalid('model must name a model.', 'model');
    const { chain, wire } = translated(
      door,
      { chain: ownTargets(chainAt(request, own.model), request.ownKeys), wire: own },
      { ...parsed, ...named },
    );
    for (const { price } of chain) checkPriced(price, wire);
    const most = door.answerBytes?.(parsed);
    const answerBytes = most === undefined ? undefined : Math.min(most, policy.caps.answerBytes);
    const answersJson = door.answersJson?.(parsed) ?? true;
    return { door, policy, chain, wire, answerBytes, answersJson, tags: tagsOf(parsed) };
  }
  return {
    door: openDoor,
    ownKeys: parts.ownKeys,
    prepare: (request) => prepare(parts, read(request)),
    async prepareClosely(request) {
      const input = read(request);
      return prepare(parts, { ...input, wire: await countedWire(parts, input) });
    },
    async countInput(request) {
      const input = read(request, request.door.checkCount);
      const [first] = input.chain;
      if (first === undefined) throw modelUnknown(input.wire.model);
      return inputTokens(first.price, wireFor(await countedWire(parts, input), first));
    },
    relay: (permit, prepared, to) => relay(parts, permit, { prepared, to }),
    models(allowed) {
      const { data } = names();
      const shown = allowed === undefined ? data : data.filter(({ id }) => modelsIn(id, allowed).length > 0);
      return { object: 'list', data: shown };
    },
    model(id, allowed) {
      const model = names().byId.get(id);
      if (model === undefined) throw modelUnknown(id);
      allowedOf(id, allowed);
      return model;
    },
  };
}

/** With less than this part of the reserve left in a budget, a call of no length of its own is denied and not cut. */
const LEAST_PART = 10;

/** A call that names no length of its own makes sense with its input and a tenth of the whole. */
function leastTokens({ price }: Target, wire: WireRequest, { tokens = 0 }: PlannedCall): number {
  return Math.min(tokens, Math.max(inputTokens(price, wire) + 1, Math.ceil(tokens / LEAST_PART)));
}

type CallInput = Pick<
  PreparedCall,
  'door' | 'policy' | 'chain' | 'wire' | 'answerBytes' | 'answersJson' | 'tags'
>;

function prepare(parts: AiEndpointParts, asked: CallInput): PreparedCall {
  const { chain, wire, policy } = asked;
  const [first] = chain;
  if (first === undefined) throw modelUnknown(wire.model);
  const sent = wireFor(wire, first);
  const { maxTokens, call: planned } = planCall({ policy, wire: sent }, first);
  const least = reserve(first.price, {
    ...sizeOf(first.price, sent),
    maxOutputTokens: wire.dialect.writes ? Math.min(1, maxTokens) : maxTokens,
  });
  const part = Math.ceil(planned.reserve / LEAST_PART);
  return {
    ...asked,
    model: wire.model,
    stream: wire.stream,
    maxTokens,
    planned,
    leastReserve: wire.maxTokens === undefined ? micros(Math.max(part, least)) : planned.reserve,
    leastTokens: wire.maxTokens === undefined ? leastTokens(first, sent, planned) : planned.tokens,
    async closer() {
      if (wire.counted !== undefined) return undefined;
      const counted = await countedWire(parts, asked);
      if (counted === wire) return undefined;
      const again = prepare(parts, { ...asked, wire: counted });
      return again.planned.reserve < planned.reserve ? again : undefined;
    },
  };
}

/** The same request with its input counted; as it is where that takes too long. */
async function countedWire(
  { tokens }: AiEndpointParts,
  { chain: [first], wire }: CallInput,
): Promise<WireRequest> {
  const counted = await tokens.count(first === undefined ? wire : wireFor(wire, first));
  if (counted === undefined) return wire;
  return { ...wire, counted, inChat: wire.inChat && { ...wire.inChat, counted } };
}

/** The request for models that are not asked in the door's protocol too. Models that would lose a part of it are left out, if others remain. */
function translated(
  { dialect, translation }: Door,
  { chain, wire }: Pick<CallInput, 'chain' | 'wire'>,
  body: Record<string, unknown>,
): Pick<CallInput, 'chain' | 'wire'> {
  const own = chain.filter((target) => isAskedIn(dialect.name, target));
  if (translation === undefined || own.length === chain.length) return { chain, wire };
  try {
    const chat = losingNothing(body, (request) => translation.request(request));
    const inChat = readWire(translation.into ?? CHAT, JSON.stringify(chat), { parsed: chat });
    return { chain, wire: { ...wire, inChat: { ...inChat, pictures: wire.pictures } } };
  } catch (error) {
    if (own.length === 0 || !(error instanceof AppError) || error.code !== 'field_refused') throw error;
    return { chain: own, wire };
  }
}

const EMPTY = '{}';
/** A form's text counts within what its model hears: there is nothing to count. */
const NO_TEXT: Counted = { o200k: 0, fine: 0 };

function readBody(door: Door, body: Uint8Array | string, headers: IncomingHttpHeaders | undefined) {
  const bytes =
    typeof body === 'string' ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const form = door.readForm?.(bytes, headers?.['content-type']);
  if (form !== undefined) return { bytes, text: '', parsed: form.fields, form: form.form };
  if (!isUtf8(bytes)) throw invalid('The body is not valid UTF-8.');
  const text = bytes.toString('utf8');
  return { bytes, text, parsed: parseObject(text), form: undefined };
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
