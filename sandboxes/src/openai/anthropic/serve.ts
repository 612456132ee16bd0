import {
  changesAnswer,
  completeAfter,
  deliverCompletion,
  faultFor,
  type Prepared,
  type Vendor,
} from '../calls.ts';
import { countPromptTokens } from '../completion.ts';
import type { EncodedCompletion } from '../encode.ts';
import { ApiError } from '../errors.ts';
import { type Exchange, parseJson, sendJson } from '../exchange.ts';
import type { Fault } from '../faults.ts';
import { encodeMessage, type Reply } from './encode.ts';
import type { CacheUse } from './prompt-cache.ts';
import { type MessagesRequest, parseCountRequest, parseMessagesRequest } from './request.ts';
import { thinkAbout } from './thinking.ts';

const UNCACHED: CacheUse = { read: 0, written5m: 0, written1h: 0 };

/** POST /v1/messages. */
export function serveMessages(exchange: Exchange, body: string, vendor: Vendor): void {
  checkVersion(exchange);
  const { request, encoded: usual } = vendor.preparedMessages.for(body);
  const { chat, blocks } = request;
  const fault = faultFor(exchange, chat.model, vendor);
  const isMarked = fault?.kind !== 'status' && blocks.some(({ keep }) => keep !== null);
  const cache = isMarked ? vendor.promptCache.use(chat.model, blocks) : UNCACHED;
  const encoded = isMarked || changesAnswer(fault) ? encodeFor(request, { cache, fault }) : usual;
  const line = {
    endpoint: '/v1/messages',
    cache_write_5m_tokens: cache.written5m,
    cache_write_1h_tokens: cache.written1h,
    streamed: chat.stream,
  } as const;
  deliverCompletion(exchange, { encoded, fault, line }, vendor);
}

/** POST /v1/messages/count_tokens: costs nothing, so that no bill has it and no fault meets it. */
export function serveCount(exchange: Exchange, body: string): void {
  checkVersion(exchange);
  sendJson(exchange, { input_tokens: countPromptTokens(parseCountRequest(parseJson(body))) });
}

export function prepareMessage(body: unknown): Prepared<MessagesRequest> {
  const request = parseMessagesRequest(body);
  return { request, encoded: encodeFor(request, {}) };
}

interface HowEncoded {
  readonly cache?: CacheUse | undefined;
  readonly fault?: Fault | undefined;
  readonly encode?: (reply: Reply) => EncodedCompletion;
}

/** The answer to a request, in Anthropic's protocol when no other is said. */
export function encodeFor(
  { chat, thinking }: MessagesRequest,
  { cache = UNCACHED, fault, encode = encodeMessage }: HowEncoded,
): EncodedCompletion {
  const thought = thinking && thinkAbout(chat.messages, thinking);
  const completion = completeAfter(thought?.tokens.length ?? 0, chat, fault);
  const cachedTokens = fault?.kind === 'usage' ? completion.usage.cachedTokens : cache.read;
  return encode({
    completion: { ...completion, usage: { ...completion.usage, cachedTokens } },
    thought,
    cache,
    hideUsage: fault?.kind === 'missing_usage',
  });
}

function checkVersion({ request }: Exchange): void {
  const version = request.headers['anthropic-version'];
  if (version === undefined) throw new ApiError(400, { message: 'anthropic-version: header is required' });
  if (typeof version !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(version))
    throw new ApiError(400, {
      message: `anthropic-version: "${String(version).slice(0, 40)}" is not a valid version`,
    });
}
