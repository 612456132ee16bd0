import { type JsonObject, isObject, ownProperty } from './content/json.ts';
import { ApiError } from './errors.ts';

/** How a vendor of OpenAI's protocol refuses a field. */
type Refusal = (field: string, value: unknown) => ApiError;

export interface Profile {
  /** Fields that are refused with any value but null, or where this says so of their value. */
  readonly refuses: Readonly<Record<string, true | ((value: unknown, body: JsonObject) => boolean)>>;
  readonly as: Refusal;
  /** The same of the Responses API; absent where it is not spoken. */
  readonly responses?: Profile['refuses'];
  /** Tokens that it thinks, unseen, before each answer. */
  readonly thinks?: number;
  /** Where it puts the usage of a stream; `unasked`: in an event of its own, always. */
  readonly usage?: 'choice' | 'unasked';
}

const openai: Refusal = (field, value) =>
  field.startsWith('max_')
    ? new ApiError(400, {
        message: `Unsupported parameter: '${field}' is not supported with this model. Use 'max_completion_tokens' instead.`,
        param: field,
        code: 'unsupported_parameter',
      })
    : new ApiError(400, {
        message: `Unsupported value: '${field}' does not support ${String(value)} with this model. Only the default (1) value is supported.`,
        param: field,
        code: 'unsupported_value',
      });
const unrecognized: Refusal = (field) =>
  new ApiError(400, { message: `Unrecognized request argument supplied: ${field}` });

const isNotOne = (value: unknown): boolean => value !== 1;
const isSchema = (value: unknown): boolean => isObject(value) && ownProperty(value, 'type') === 'json_schema';
const REASONING = {
  temperature: isNotOne,
  top_p: isNotOne,
  presence_penalty: true,
  frequency_penalty: true,
  logit_bias: true,
  logprobs: true,
  top_logprobs: true,
} as const;

const SAMPLING = { temperature: isNotOne, top_p: isNotOne, top_logprobs: true } as const;

/** What families of models refuse that take the rest of OpenAI's protocol, by their documents, or what they answer. */
export const PROFILES: ReadonlyMap<string, Profile> = new Map<string, Profile>([
  // platform.openai.com/docs/guides/reasoning: the o and gpt-5 families.
  [
    'openai-reasoning',
    { refuses: { ...REASONING, max_tokens: true }, responses: SAMPLING, as: openai, thinks: 1_500 },
  ],
  // learn.microsoft.com/azure/ai-foundry/openai/how-to/reasoning
  [
    'azure-openai',
    {
      refuses: { ...REASONING, max_tokens: true, safety_identifier: true, store: true },
      responses: SAMPLING,
      as: (field, value) => (field === 'safety_identifier' ? unrecognized : openai)(field, value),
      thinks: 1_500,
    },
  ],
  // An Azure deployment of before max_completion_tokens: github.com/Arize-ai/phoenix/pull/7144.
  [
    'azure-classic',
    {
      refuses: {
        max_completion_tokens: true,
        safety_identifier: true,
        store: true,
        response_format: isSchema,
      },
      as: unrecognized,
    },
  ],
  // docs.github.com/rest/models/inference
  [
    'github-models',
    {
      refuses: { max_tokens: true, safety_identifier: true, store: true },
      as: (field, value) => (field === 'max_tokens' ? openai : unrecognized)(field, value),
    },
  ],
  // console.groq.com/docs/openai, github.com/langchain-ai/langchain/issues/23629
  [
    'groq-cloud',
    {
      refuses: {
        store: true,
        safety_identifier: true,
        logprobs: true,
        logit_bias: true,
        top_logprobs: true,
        n: isNotOne,
        response_format: (value, body) => isSchema(value) || ownProperty(body, 'stream') === true,
      },
      as: (field) =>
        new ApiError(400, {
          message:
            field === 'response_format'
              ? '`response_format` of this type, or with `stream`, is not supported'
              : `property '${field}' is unsupported`,
        }),
    },
  ],
  // docs.mistral.ai/api, github.com/editor-code-assistant/eca/issues/315
  [
    'mistral-ai',
    {
      refuses: {
        max_completion_tokens: true,
        stream_options: true,
        store: true,
        safety_identifier: true,
        logit_bias: true,
        logprobs: true,
        user: true,
      },
      as: (field, input) => {
        const detail = [
          { type: 'extra_forbidden', loc: ['body', field], msg: 'Extra inputs are not permitted', input },
        ];
        return new ApiError(422, { message: JSON.stringify({ detail }) });
      },
      usage: 'unasked',
    },
  ],
  // api-docs.deepseek.com/api/create-chat-completion, github.com/llm-exe/llm-exe/issues/662
  [
    'deepseek-api',
    {
      refuses: { response_format: isSchema },
      as: () =>
        new ApiError(400, {
          message: 'This response_format type is unavailable now',
          code: 'invalid_request_error',
        }),
    },
  ],
  // ai.google.dev/gemini-api/docs/openai, github.com/Routstr/routstr-core/issues/505
  [
    'gemini-compat',
    {
      refuses: {
        store: true,
        safety_identifier: true,
        logit_bias: true,
        seed: true,
        frequency_penalty: true,
      },
      as: (field) =>
        new ApiError(400, {
          message: `Invalid JSON payload received. Unknown name "${field}": Cannot find field.`,
        }),
    },
  ],
  // platform.claude.com/docs/en/api/openai-sdk
  [
    'anthropic-compat',
    {
      refuses: { n: isNotOne },
      as: (field) => new ApiError(400, { message: `${field}: must be 1` }),
    },
  ],
  // platform.kimi.ai/docs/guide/migrating-from-openai-to-kimi, github.com/northes/go-moonshot/issues/17
  [
    'moonshot-ai',
    {
      refuses: { temperature: isNotOne, top_p: isNotOne, n: isNotOne, response_format: isSchema },
      as: (field) => new ApiError(400, { message: `invalid ${field}: only 1 is allowed for this model` }),
      thinks: 800,
      usage: 'choice',
    },
  ],
]);

/** Refuses a body as a family's vendor does. */
export function checkProfile({ refuses, as }: Profile, body: unknown): void {
  if (!isObject(body)) return;
  for (const [field, when] of Object.entries(refuses)) {
    const value = ownProperty(body, field);
    if (value === undefined || value === null) continue;
    if (when === true || when(value, body)) throw as(field, value);
  }
}
