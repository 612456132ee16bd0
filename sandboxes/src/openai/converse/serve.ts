import { encodeFor } from '../anthropic/serve.ts';
import { changesAnswer, deliverCompletion, faultFor, type Vendor } from '../calls.ts';
import { type Exchange, parseJson } from '../exchange.ts';
import { encodeConverse } from './encode.ts';
import { parseConverse } from './request.ts';
import { checkSignature } from './signature.ts';

/** POST /model/{modelId}/converse and …/converse-stream. */
export const CONVERSE_PATH = /^\/model\/([^/]+)\/converse(-stream)?$/;

export function serveConverse(exchange: Exchange, body: string, vendor: Vendor): void {
  checkSignature(exchange, body);
  const [, id = '', stream] = CONVERSE_PATH.exec(exchange.request.url ?? '') ?? [];
  const asked = { model: decodeURIComponent(id), stream: stream !== undefined };
  const request = parseConverse(parseJson(body), asked);
  const fault = faultFor(exchange, asked.model, vendor);
  const isMarked = fault?.kind !== 'status' && request.blocks.some(({ keep }) => keep !== null);
  const cache = isMarked ? vendor.promptCache.use(asked.model, request.blocks) : undefined;
  const encoded = encodeFor(request, {
    cache,
    fault: changesAnswer(fault) ? fault : undefined,
    encode: encodeConverse,
  });
  const line = {
    endpoint: '/model/converse',
    cache_write_5m_tokens: cache?.written5m ?? 0,
    cache_write_1h_tokens: cache?.written1h ?? 0,
    streamed: asked.stream,
  } as const;
  deliverCompletion(exchange, { encoded, fault, line }, vendor);
}
