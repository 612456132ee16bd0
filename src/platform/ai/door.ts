import { isUtf8 } from 'node:buffer';
import type { ServerResponse } from 'node:http';
import { AppError } from '#platform/kernel';
import type { Permit, PlannedCall } from '#platform/limits';
import type { PlainAnswer, StreamAnswer } from './attempt.ts';
import { ProviderError } from './errors.ts';
import { checkChatFields, checkPriced, countImages } from './fields.ts';
import type { StreamEnd } from './live-stream.ts';
import type { Pipe } from './pipe.ts';
import { checkInput, planCall } from './plan.ts';
import type { Policy } from './policy.ts';
import type { AiLogger, HangUp } from './ports.ts';
import type { Providers, Target } from './providers.ts';
import { isRecord } from './usage.ts';
import { invalid, readWire, type WireRequest } from './wire.ts';

/** A chat request of the public door, checked and priced, before admission. */
export interface PreparedChat {
  readonly model: string;
  readonly stream: boolean;
  /** The reply's cap when admission grants the whole reserve. */
  readonly maxTokens: number;
  /** What admission reserves, and what the first provider call's row says. */
  readonly planned: PlannedCall;
  readonly policy: Policy;
  readonly chain: readonly Target[];
  readonly wire: WireRequest;
}

export interface RelayTo {
  /** Takes the wire, when there is something to say on it. Until then a failure is thrown, for the server to answer. */
  readonly response: () => ServerResponse;
  readonly hangUp?: HangUp | undefined;
  /** Settles in place of `permit.settle()` when a plain answer is there: to keep it under an Idempotency-Key. */
  readonly settle?: (body: Uint8Array) => Promise<void>;
}

/** The OpenAI protocol for any client: the pipe with a door. */
export interface Door {
  /**
   * Reads the bytes of a chat request. Throws validation_failed, field_refused, model_unknown, context_too_large.
   * `policy` names the policy that caps it (`gateway.chat`); the models are the ones that the request asks for.
   */
  prepareChat(body: Uint8Array | string, policy: string): PreparedChat;
  /**
   * Makes the call under its permit, answers on the wire, and settles or releases the permit. Throws before the
   * first byte only; what breaks later is told within the stream, in OpenAI's form.
   */
  relay(permit: Permit, prepared: PreparedChat, to: RelayTo): Promise<void>;
  /** The models that can be asked for, as GET /models answers. */
  models(): { readonly object: 'list'; readonly data: readonly ListedModel[] };
}

export interface ListedModel {
  readonly id: string;
  readonly object: 'model';
  readonly created: number;
  readonly owned_by: string;
}

export interface DoorParts {
  readonly pipe: Pipe;
  readonly providers: Providers;
  readonly priceVersion: string;
  readonly policyOf: (name: string) => Policy;
  /** Fields that are not in the table and that the operator lets through. */
  readonly allowedFields: readonly string[];
  readonly logger: AiLogger | undefined;
}

export function createDoor(parts: DoorParts): Door {
  const allowed = new Set(parts.allowedFields);
  return {
    prepareChat(body, policyName) {
      const policy = parts.policyOf(policyName);
      checkInput(policy, body.length);
      const text = textOf(body);
      const parsed = parseObject(text);
      checkChatFields(parsed, allowed);
      // It bounds the depth, on which what follows may rely.
      const read = readWire('/chat/completions', text, parsed);
      refuseBrokenText(text, parsed);
      if (read.model === '') throw invalid('model must name a model.', 'model');
      const messages = Array.isArray(parsed['messages']) ? parsed['messages'] : [];
      const wire: WireRequest = { ...read, images: countImages(messages) };
      const chain = parts.providers.chain(wire.model);
      for (const { price } of chain) checkPriced(price, wire);
      const [first] = chain;
      if (first === undefined) throw new AppError('model_unknown');
      const plan = planCall({ policy, wire, priceVersion: parts.priceVersion }, first);
      const { maxTokens, call: planned } = plan;
      return { model: wire.model, stream: wire.stream, maxTokens, planned, policy, chain, wire };
    },
    relay: (permit, prepared, to) => relay(parts, permit, { prepared, to }),
    models: () => ({ object: 'list', data: parts.providers.list().map(listed) }),
  };
}

function listed({ id, provider }: { id: string; provider: string }): ListedModel {
  return { id, object: 'model', created: 0, owned_by: provider };
}

function textOf(body: Uint8Array | string): string {
  if (typeof body === 'string') return body;
  if (!isUtf8(body)) throw invalid('The body is not valid UTF-8.');
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
}

/** A NUL or half a surrogate pair, written as an escape. Rare, so that the exact look costs nearly nobody anything. */
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

interface Relaying {
  readonly prepared: PreparedChat;
  readonly to: RelayTo;
}

async function relay(parts: DoorParts, permit: Permit, { prepared, to }: Relaying): Promise<void> {
  const { policy, chain, wire } = prepared;
  let answer: PlainAnswer | StreamAnswer;
  try {
    answer = await parts.pipe({ permit, policy, chain, wire, budget: permit.reserve, hangUp: to.hangUp });
  } catch (error) {
    const reason = error instanceof AppError ? error.code : 'internal';
    await recorded(parts, permit, () => permit.release(reason));
    throw inItsWords(error);
  }
  if (answer.kind === 'stream') return relayStream(parts, permit, { answer, to });
  // Settled first: a client that calls again at once must find its place free.
  const { body } = answer;
  await recorded(parts, permit, () => (to.settle === undefined ? permit.settle() : to.settle(body)));
  const response = to.response();
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': body.length,
    'x-plinth-max-tokens': answer.plan.maxTokens,
  });
  response.end(body);
}

async function relayStream(
  parts: DoorParts,
  permit: Permit,
  { answer, to }: { answer: StreamAnswer; to: RelayTo },
): Promise<void> {
  const { live, plan } = answer;
  const response = to.response();
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    'x-accel-buffering': 'no',
    'x-plinth-max-tokens': plan.maxTokens,
  });
  response.on('drain', () => live.resume());
  response.once('close', () => live.stop());
  if (response.destroyed) live.stop();
  live.pipe({
    write: (chunk) => response.write(chunk),
    end: () => {},
    fail: (error) => void (response.destroyed || response.write(errorEvent(error, permit.requestId))),
  });
  const end = await live.finished;
  const isShown = end === 'complete' || end === 'hung_up' || end === 'unread';
  await recorded(parts, permit, () => (isShown ? permit.settle() : permit.release(RELEASES[end])));
  // A reader that took nothing won't take the end either.
  if (end === 'unread') response.destroy();
  else response.end();
}

const RELEASES: Readonly<Record<Exclude<StreamEnd, 'complete' | 'hung_up' | 'unread'>, string>> = {
  cut: 'provider_unavailable',
  timeout: 'provider_timeout',
};

/** An error within a stream, as OpenAI's clients understand it. */
function errorEvent(error: ProviderError, requestId: string): string {
  const { code, message } = error;
  return `data: ${JSON.stringify({ error: { message, type: 'api_error', code, request_id: requestId } })}\n\n`;
}

/** The caller gets its answer even if the ledger can't be reached: it is told again, and in the end the sweeper posts the reserve. */
async function recorded(parts: DoorParts, permit: Permit, record: () => Promise<void>): Promise<void> {
  try {
    await record();
  } catch (error) {
    const code = error instanceof AppError ? error.code : 'internal';
    parts.logger?.error(
      { request_id: permit.requestId, permit_id: permit.id, code },
      'a permit was not resolved',
    );
  }
}

/** Through this door the provider's own words help: they are about the caller's own request. */
function inItsWords(error: unknown): unknown {
  if (!(error instanceof ProviderError) || error.upstreamMessage === undefined) return error;
  return new ProviderError(error.code === 'context_too_large' ? 'context_too_large' : 'provider_rejected', {
    retryable: false,
    message: error.upstreamMessage,
    ...(error.details === undefined ? {} : { details: error.details }),
  });
}
