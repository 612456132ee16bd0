import { choiceOf, knownBody, textOf } from './parameters.ts';
import { modelFor } from './models.ts';
import { modelName } from './request.ts';

const PARAMETERS = new Set([
  'input',
  'instructions',
  'model',
  'response_format',
  'speed',
  'stream_format',
  'voice',
]);
const TYPES = {
  mp3: 'audio/mpeg',
  opus: 'audio/opus',
  aac: 'audio/aac',
  flac: 'audio/flac',
  wav: 'audio/wav',
  pcm: 'audio/pcm',
} as const;

/** A frame of MP3 that is silent: 26 ms of 128 kbit/s. */
const FRAME = Buffer.concat([Buffer.from([0xff, 0xfb, 0x90, 0x00]), Buffer.alloc(413)]);

export interface SpokenText {
  readonly model: string;
  readonly characters: number;
  readonly type: string;
  readonly sound: Buffer;
}

/** Answers a request for speech as OpenAI does, with silence: as MP3 in every form. */
export function speak(request: unknown): SpokenText {
  const body = knownBody(request, PARAMETERS);
  const model = modelFor(modelName(body), 'speech');
  const input = textOf(body, 'input', model.contextTokens);
  textOf(body, 'voice', 100);
  const format = choiceOf(body, 'response_format', ['mp3', 'opus', 'aac', 'flac', 'wav', 'pcm']);
  const sound = Buffer.concat(Array.from({ length: Math.ceil(input.length / 2) }, () => FRAME));
  return { model: model.id, characters: Array.from(input).length, type: TYPES[format], sound };
}
