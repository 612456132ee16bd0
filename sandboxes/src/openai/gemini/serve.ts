import { thinkAbout } from '../anthropic/thinking.ts';
import { completeAfter, deliverCompletion, faultFor, type Vendor } from '../calls.ts';
import { countPromptTokens } from '../completion.ts';
import { isObject, ownObject } from '../content/json.ts';
import { ApiError } from '../errors.ts';
import { type Exchange, parseJson, sendJson } from '../exchange.ts';
import { serveGoogleEmbeddings } from './embeddings.ts';
import { encodeContent } from './encode.ts';
import { parseContentRequest } from './request.ts';

type BodyHandler = (exchange: Exchange, body: string, vendor: Vendor) => void;

/** POST …/models/MODEL:VERB. */
export function serveGoogle(model: string, verb: string): BodyHandler {
  if (verb === 'generateContent' || verb === 'streamGenerateContent')
    return (exchange, body, vendor) => serveContent(exchange, { model, verb, body }, vendor);
  if (verb === 'embedContent' || verb === 'batchEmbedContents')
    return (exchange, body, vendor) => serveGoogleEmbeddings(exchange, { model, verb, body }, vendor);
  if (verb === 'countTokens') return (exchange, body) => serveCount(exchange, model, body);
  return () => {
    throw new ApiError(404, {
      message: `models/${model.slice(0, 100)} is not supported for ${verb.slice(0, 40)}.`,
    });
  };
}

function serveContent(
  exchange: Exchange,
  { model, verb, body }: { readonly model: string; readonly verb: string; readonly body: string },
  vendor: Vendor,
): void {
  const stream = verb === 'streamGenerateContent';
  if (stream && !/[?&]alt=sse(?:&|$)/.test(exchange.request.url ?? ''))
    throw new ApiError(400, { message: 'The sandbox streams events alone: alt=sse.' });
  const { chat, thinking } = parseContentRequest(parseJson(body), model, stream);
  const fault = faultFor(exchange, model, vendor);
  const thought = thinking && thinkAbout(chat.messages, thinking);
  const completion = completeAfter(thought?.tokens.length ?? 0, chat, fault);
  const encoded = encodeContent({ completion, thought, hideUsage: fault?.kind === 'missing_usage' });
  const line = { endpoint: '/v1/models:generateContent', streamed: stream } as const;
  deliverCompletion(exchange, { encoded, fault, line }, vendor);
}

/** Costs nothing, so that no bill has it and no fault meets it. */
function serveCount(exchange: Exchange, model: string, body: string): void {
  const said = parseJson(body);
  const {
    generationConfig: _,
    model: __,
    ...whole
  } = (isObject(said) && ownObject(said, 'generateContentRequest')) || {};
  const counted = Object.keys(whole).length > 0 ? whole : said;
  const { chat } = parseContentRequest(counted, model, false);
  sendJson(exchange, { totalTokens: countPromptTokens(chat) });
}
