import { fileReply, googleError, namedObject, productRoutes } from 'plinth/product';
import { z } from 'zod';
import { CALL, LISTING, relayCall, spends } from './call.ts';
import type { Gateway } from '../service.ts';

const route = productRoutes<Gateway>();

const content = z
  .looseObject({ role: z.string().optional(), parts: z.array(z.looseObject({}).meta({ id: 'GooglePart' })) })
  .meta({ id: 'GoogleContent' });

const contentBody = z
  .looseObject({
    contents: z.array(content).min(1),
    systemInstruction: content.nullable().optional(),
    generationConfig: z
      .looseObject({ maxOutputTokens: z.int().min(1).optional() })
      .nullable()
      .optional()
      .describe('Without `maxOutputTokens` the reply is capped by what your budget of the day still buys.'),
  })
  .meta({ id: 'GenerateContentRequest' });

const contentReply = z
  .looseObject({
    candidates: z.array(z.looseObject({}).meta({ id: 'GoogleCandidate' })).optional(),
    modelVersion: z.string().optional(),
  })
  .meta({ id: 'GenerateContentReply' });

const GOOGLE = { params: { model: 'text' }, errorForm: googleError } as const;

const named = ({ model }: { readonly model: string }) => ({ model, stream: false });

const VERB = 'Google’s clients write `:` before the last word of the path, which is the same.';

export const generateContent = route(
  'POST /v1/ai/google/v1beta/models/:model/generateContent',
  {
    ...CALL,
    ...GOOGLE,
    operation: 'generateGoogleContent',
    summary: 'Generate content (Google’s protocol)',
    description: `The official \`@google/genai\` package works with \`…/v1/ai/google\` as its base URL, to which it adds a version, and an API key of yours as \`x-goog-api-key\`. ${VERB} An answer is kept under an Idempotency-Key, sealed.`,
    aliases: ['POST /v1/ai/google/v1/models/:model/generateContent'],
    produces: ['application/json'],
    spends: spends('gemini', named),
    body: contentBody,
    reply: { 200: contentReply },
  },
  relayCall,
);

export const streamGenerateContent = route(
  'POST /v1/ai/google/v1beta/models/:model/streamGenerateContent',
  {
    ...CALL,
    ...GOOGLE,
    operation: 'streamGoogleContent',
    summary: 'Stream content (Google’s protocol)',
    description: `Server-sent events, each in the form of a plain answer. ${VERB} Under an Idempotency-Key it is charged once, and not kept.`,
    aliases: ['POST /v1/ai/google/v1/models/:model/streamGenerateContent'],
    query: z.strictObject({
      alt: z.literal('sse').describe('The form that all clients ask for; there is no other.'),
    }),
    produces: ['text/event-stream'],
    spends: spends('gemini', ({ model }: { readonly model: string }) => ({ model, stream: true })),
    body: contentBody.meta({ id: 'StreamContentRequest' }),
    reply: { 200: fileReply },
  },
  relayCall,
);

const embedRequest = z
  .looseObject({
    content: z
      .looseObject({ parts: z.array(z.looseObject({ text: z.string() }).meta({ id: 'GoogleText' })).min(1) })
      .meta({ id: 'GoogleTexts' }),
    taskType: z.string().nullable().optional(),
    title: z.string().nullable().optional(),
    outputDimensionality: z.int().min(1).nullable().optional(),
  })
  .meta({ id: 'EmbedContentRequest' });
const embedding = z.looseObject({ values: z.array(z.number()) }).meta({ id: 'GoogleEmbedding' });

export const embedContent = route(
  'POST /v1/ai/google/v1beta/models/:model/embedContent',
  {
    ...CALL,
    ...GOOGLE,
    operation: 'createGoogleEmbedding',
    summary: 'Create an embedding (Google’s protocol)',
    description: `A model that is asked in OpenAI’s embeddings takes no task, title or second part. ${VERB} An answer of up to 4 MiB is kept under an Idempotency-Key, sealed.`,
    aliases: ['POST /v1/ai/google/v1/models/:model/embedContent'],
    produces: ['application/json'],
    spends: spends('embedContent', named),
    body: embedRequest,
    reply: { 200: z.looseObject({ embedding }).meta({ id: 'EmbedContentReply' }) },
  },
  relayCall,
);

export const batchEmbedContents = route(
  'POST /v1/ai/google/v1beta/models/:model/batchEmbedContents',
  {
    ...CALL,
    ...GOOGLE,
    operation: 'createGoogleEmbeddings',
    summary: 'Create embeddings (Google’s protocol)',
    description: `So \`embedContent\` of \`@google/genai\` asks. Up to 2,048 contents, as far as the model takes so many. ${VERB} An answer of up to 4 MiB is kept under an Idempotency-Key, sealed.`,
    aliases: ['POST /v1/ai/google/v1/models/:model/batchEmbedContents'],
    produces: ['application/json'],
    spends: spends('batchEmbedContents', named),
    body: z
      .looseObject({ requests: z.array(embedRequest).min(1).max(2_048) })
      .meta({ id: 'BatchEmbedContentsRequest' }),
    reply: { 200: z.looseObject({ embeddings: z.array(embedding) }).meta({ id: 'BatchEmbedContentsReply' }) },
  },
  relayCall,
);

const { produces: _, ...countCall } = CALL;

export const countGoogleTokens = route(
  'POST /v1/ai/google/v1beta/models/:model/countTokens',
  {
    ...countCall,
    ...GOOGLE,
    rate: { perMinute: 600, by: 'account' },
    maxSeconds: 60,
    idempotency: 'none',
    operation: 'countGoogleTokens',
    summary: 'Count the tokens of a request (Google’s protocol)',
    description: `Our own count, which is never below the provider’s: \`estimated\` says so. It costs nothing, and no provider is asked. ${VERB} It takes no Idempotency-Key: it reads, and makes nothing.`,
    aliases: ['POST /v1/ai/google/v1/models/:model/countTokens'],
    errors: ['model_unknown', 'model_not_allowed', 'model_unsupported', 'field_refused', 'context_too_large'],
    body: z
      .looseObject({
        contents: z.array(content).min(1).optional(),
        generateContentRequest: z.looseObject({}).optional(),
      })
      .meta({ id: 'GoogleCountRequest' }),
    reply: {
      200: z
        .strictObject({ totalTokens: z.int(), estimated: z.literal(true) })
        .meta({ id: 'GoogleTokenCount' }),
    },
  },
  async ({ wire, caller: { models }, params: { model } }, gateway) => ({
    totalTokens: await gateway.countInput('gemini', {
      wire: { body: requestIn(wire.body) },
      models,
      named: { model, stream: false },
    }),
    estimated: true as const,
  }),
);

/** A count is of contents, or of a whole request, which stands in a member of its own. */
function requestIn(body: Uint8Array): Uint8Array {
  const text = Buffer.from(body).toString('utf8');
  if (!text.includes('"generateContentRequest"')) return body;
  try {
    const { generateContentRequest: whole, ...more } = JSON.parse(text) as Record<string, unknown>;
    return whole === undefined || Object.keys(more).length > 0 ? body : Buffer.from(JSON.stringify(whole));
  } catch {
    // The door says what is wrong with it.
    return body;
  }
}

const listedModel = namedObject('GoogleModel', {
  name: z.string(),
  displayName: z.string(),
  supportedGenerationMethods: z.array(z.string()),
});

export const googleModels = route(
  'GET /v1/ai/google/v1beta/models',
  {
    ...LISTING,
    ...GOOGLE,
    params: {},
    operation: 'listGoogleModels',
    summary: 'List the models that answer in Google’s protocol',
    description: 'All on one page.',
    aliases: ['GET /v1/ai/google/v1/models'],
    query: z.strictObject({
      pageSize: z.string().max(10).optional(),
      pageToken: z.string().max(100).optional(),
    }),
    reply: { 200: namedObject('GoogleModelList', { models: z.array(listedModel) }) },
  },
  async ({ caller }, gateway) => ({
    models: gateway
      .models(caller.models)
      .data.map(toListed)
      .filter(({ supportedGenerationMethods: methods }) => methods.length > 0),
  }),
);

export const googleModel = route(
  'GET /v1/ai/google/v1beta/models/:model',
  {
    ...LISTING,
    ...GOOGLE,
    operation: 'getGoogleModel',
    summary: 'Read a model that generates content (Google’s protocol)',
    aliases: ['GET /v1/ai/google/v1/models/:model'],
    reply: { 200: listedModel },
    errors: ['model_unknown', 'model_not_allowed'],
  },
  async ({ params: { model }, caller }, gateway) => toListed(gateway.model(model, caller.models)),
);

type Listed = ReturnType<Gateway['model']>;

/** Methods that have no path of their own among a model's endpoints, by one that has. */
const BESIDE: Readonly<Record<string, readonly string[]>> = {
  generateContent: ['streamGenerateContent', 'countTokens'],
};

/** Methods of Google's protocol by which a model is asked. */
function methodsOf({ endpoints }: Listed): string[] {
  const methods = endpoints.flatMap((path) => /\/google\/.*:(\w+)$/.exec(path)?.[1] ?? []);
  return methods.flatMap((method) => [method, ...(BESIDE[method] ?? [])]);
}

const toListed = (model: Listed) => ({
  name: `models/${model.id}`,
  displayName: model.id,
  supportedGenerationMethods: methodsOf(model),
});
