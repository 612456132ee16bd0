import { ApiError, unknownModel } from './errors.ts';

interface Model {
  readonly id: string;
  readonly serves: 'chat' | 'embeddings' | 'images' | 'moderations' | 'speech' | 'transcriptions';
  readonly contextTokens: number;
}

const MODELS: readonly Model[] = [
  { id: 'sandbox-small', serves: 'chat', contextTokens: 128_000 },
  { id: 'sandbox-large', serves: 'chat', contextTokens: 400_000 },
  // Thinks where a fault says so: what it thinks is billed and never shown.
  { id: 'sandbox-reasoning', serves: 'chat', contextTokens: 400_000 },
  { id: 'sandbox-embed', serves: 'embeddings', contextTokens: 8_192 },
  { id: 'sandbox-image', serves: 'images', contextTokens: 32_000 },
  { id: 'sandbox-speech', serves: 'speech', contextTokens: 4_096 },
  { id: 'sandbox-transcribe', serves: 'transcriptions', contextTokens: 16_000 },
  // Billed by the seconds of the file.
  { id: 'sandbox-whisper', serves: 'transcriptions', contextTokens: 16_000 },
  { id: 'omni-moderation-latest', serves: 'moderations', contextTokens: 32_768 },
];

/** The day that the sandbox's models came out, for as long as there are any: answers are repeatable. */
const CREATED = 1_735_689_600;

function toJson(model: Model): object {
  return { id: model.id, object: 'model', created: CREATED, owned_by: 'sandbox' };
}

export function listModels(): object {
  return { object: 'list', data: MODELS.map(toJson) };
}

export function describeModel(id: string): object {
  const model = MODELS.find((one) => one.id === id);
  if (model === undefined) throw unknownModel(id);
  return toJson(model);
}

/** The model of a request, refused as OpenAI does when there is none such or when it does other work. */
export function modelFor(id: string, work: Model['serves']): Model {
  const model = MODELS.find((one) => one.id === id);
  if (model === undefined) throw unknownModel(id);
  if (model.serves === work) return model;
  const message =
    work === 'chat'
      ? 'This is not a chat model and thus not supported in the v1/chat/completions endpoint.'
      : 'You are not allowed to generate embeddings from this model.';
  throw new ApiError(work === 'chat' ? 404 : 403, { message, param: 'model' });
}
