import { createHash } from 'node:crypto';
import { ApiError, invalidParameter } from './errors.ts';
import { modelFor } from './models.ts';
import { choiceOf, knownBody } from './parameters.ts';
import { modelName } from './request.ts';

const PARAMETERS = new Set(
  'file include keywords language languages model prompt response_format temperature timestamp_granularities'.split(
    ' ',
  ),
);
const FORMATS = /\.(?:flac|m4a|mp3|mp4|mpeg|mpga|ogg|wav|webm)$/i;
/** developers.openai.com/api/docs/guides/speech-to-text, and what its API says of a longer file. */
const MOST_BYTES = 25 * 1_048_576;
const MOST_SECONDS = 1_500;
/** Bytes of a second of any file but WAV: 32 kbit/s. */
const PACKED = 4_000;
const TOKENS_A_SECOND = 10;

export interface Transcript {
  readonly model: string;
  /** Tokens; of a model that is billed by its seconds, those. */
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly type: string;
  readonly text: string;
}

/** Answers a form with a file as OpenAI does. The transcript says which bytes were heard: a sandbox hears no words. */
export async function transcribe(
  form: Buffer,
  contentType: string,
  tellsUsage: boolean,
): Promise<Transcript> {
  const { file, body } = await readForm(form, contentType);
  const name = modelName(body);
  const bySeconds = name === 'sandbox-whisper';
  const model = modelFor(name, 'transcriptions');
  const format = choiceOf(
    body,
    'response_format',
    bySeconds ? ['json', 'text', 'srt', 'verbose_json', 'vtt'] : ['json', 'text'],
  );
  const bytes = Buffer.from(await file.arrayBuffer());
  const seconds = secondsOf(bytes);
  if (seconds > MOST_SECONDS) {
    const message = `audio duration ${seconds} seconds is longer than ${MOST_SECONDS} seconds which is the maximum for this model`;
    throw new ApiError(400, { message, code: 'invalid_value' });
  }
  const digest = createHash('sha256').update(bytes).digest('hex');
  const words = `A file of ${bytes.length} bytes was heard: ${digest}.`;
  const completionTokens = bySeconds ? 0 : words.split(' ').length;
  const promptTokens = Math.ceil(seconds) * (bySeconds ? 1 : TOKENS_A_SECOND);
  const usage = bySeconds
    ? { type: 'duration', seconds: promptTokens }
    : {
        type: 'tokens',
        total_tokens: promptTokens + completionTokens,
        input_tokens: promptTokens,
        input_token_details: { text_tokens: 0, audio_tokens: promptTokens },
        output_tokens: completionTokens,
      };
  const { type, text } = written(format, { words, seconds, usage: tellsUsage ? { usage } : {} });
  return { model: model.id, promptTokens, completionTokens, type, text };
}

async function readForm(form: Buffer, contentType: string) {
  const body: Record<string, unknown> = {};
  let file: File | undefined;
  for (const [name, value] of await partsOf(form, contentType)) {
    if (value instanceof File) file = value;
    else body[name.replace(/\[\]$/, '')] = value;
  }
  if (file === undefined) throw invalidParameter('file', 'A file is missing.', 'missing_required_parameter');
  if (file.size > MOST_BYTES) throw new ApiError(413, { message: 'Maximum content size limit exceeded.' });
  if (!FORMATS.test(file.name)) throw new ApiError(400, { message: 'Invalid file format.' });
  return { file, body: knownBody({ ...body, file: true }, PARAMETERS) };
}

async function partsOf(form: Buffer, contentType: string): Promise<[string, string | File][]> {
  try {
    const headers = { 'content-type': contentType };
    return [...(await new Response(new Uint8Array(form), { headers }).formData())];
  } catch {
    throw new ApiError(400, { message: 'Could not parse multipart form' });
  }
}

function secondsOf(bytes: Buffer): number {
  const isWav = bytes.length > 44 && bytes.toString('latin1', 8, 12) === 'WAVE';
  return isWav ? (bytes.length - 44) / bytes.readUInt32LE(28) : bytes.length / PACKED;
}

function written(
  format: string,
  { words, seconds, usage }: { readonly words: string; readonly seconds: number; readonly usage: object },
): Pick<Transcript, 'type' | 'text'> {
  if (format === 'json') return { type: 'application/json', text: JSON.stringify({ text: words, ...usage }) };
  if (format === 'verbose_json') {
    const said = { task: 'transcribe', language: 'english', duration: seconds, text: words };
    return { type: 'application/json', text: JSON.stringify({ ...said, ...usage }) };
  }
  const until = new Date(seconds * 1_000).toISOString().slice(11, 23);
  if (format === 'vtt')
    return { type: 'text/vtt', text: `WEBVTT\n\n00:00:00.000 --> ${until}\n${words}\n\n` };
  const srt = `1\n00:00:00,000 --> ${until.replace('.', ',')}\n${words}\n\n`;
  return { type: 'text/plain; charset=utf-8', text: format === 'srt' ? srt : `${words}\n` };
}
