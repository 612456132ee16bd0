import { deliverWhole, faultFor, lineOf, type Vendor } from '../calls.ts';
import { isObject, type JsonObject, ownList, ownObject, ownProperty, ownString } from '../content/json.ts';
import { embed } from '../embeddings.ts';
import { ApiError } from '../errors.ts';
import { type Exchange, parseJson } from '../exchange.ts';
import { invalidField, unknownField } from './protocol.ts';

const FIELDS = new Set(['content', 'model', 'outputDimensionality', 'taskType', 'title']);
/** ai.google.dev/gemini-api/docs/embeddings. */
const MOST_REQUESTS = 100;

interface GoogleCall {
  readonly model: string;
  readonly verb: string;
  readonly body: string;
}

/** POST …/models/MODEL:embedContent and :batchEmbedContents. A task and a title change nothing here. */
export function serveGoogleEmbeddings(
  exchange: Exchange,
  { model, verb, body }: GoogleCall,
  vendor: Vendor,
): void {
  const said = parseJson(body);
  if (!isObject(said)) throw new ApiError(400, { message: 'Invalid JSON payload received.' });
  const isBatch = verb === 'batchEmbedContents';
  const requests = isBatch ? (ownList(said, 'requests') ?? []).filter(isObject) : [said];
  if (requests.length === 0 || requests.length > MOST_REQUESTS)
    throw invalidField('requests', `1 to ${MOST_REQUESTS} of them`);
  const named = requests.find((one) => isBatch && ownString(one, 'model') !== `models/${model}`);
  if (named !== undefined) throw invalidField('requests.model', 'the model of the path');
  const input = requests.map(textOf);
  const dimensions = ownProperty(requests[0] ?? said, 'outputDimensionality');
  const embedded = embed({ model, input, ...(dimensions === undefined ? {} : { dimensions }) });
  const fault = faultFor(exchange, model, vendor);
  const { data } = embedded.answer as { readonly data: readonly { readonly embedding: unknown }[] };
  const embeddings = data.map(({ embedding }) => ({ values: embedding }));
  const answer = {
    ...(isBatch ? { embeddings } : { embedding: embeddings[0] }),
    ...(fault?.kind === 'missing_usage'
      ? {}
      : {
          usageMetadata: { promptTokenCount: embedded.promptTokens, totalTokenCount: embedded.promptTokens },
        }),
  };
  deliverWhole(exchange, answer, {
    fault,
    vendor,
    line: { endpoint: '/v1/models:embedContent', ...lineOf(embedded) },
  });
}

function textOf(request: JsonObject): string {
  const unknown = Object.keys(request).find((name) => !FIELDS.has(name));
  if (unknown !== undefined) throw unknownField(unknown, '');
  const parts = ownList(ownObject(request, 'content') ?? {}, 'parts') ?? [];
  return parts.map((part) => (isObject(part) ? (ownString(part, 'text') ?? '') : '')).join(' ');
}
