import { crc32, deflateSync } from 'node:zlib';
import { ownProperty } from './content/json.ts';
import { hash } from './content/words.ts';
import { invalidParameter } from './errors.ts';
import { modelFor } from './models.ts';
import { choiceOf, countOf, knownBody, textOf } from './parameters.ts';
import { modelName } from './request.ts';
import { countTokens } from './tokens.ts';

const PARAMETERS = new Set(
  `background model moderation n output_compression output_format partial_images prompt quality response_format size
   stream user`.split(/\s+/),
);
const LONGEST_PROMPT = 32_000;
const MOST = 10;

/** Tokens of a picture, by quality and size: developers.openai.com/api/docs/guides/image-generation. */
const TOKENS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  low: { '1024x1024': 272, '1024x1536': 408, '1536x1024': 400 },
  medium: { '1024x1024': 1056, '1024x1536': 1584, '1536x1024': 1568 },
  high: { '1024x1024': 4160, '1024x1536': 6240, '1536x1024': 6208 },
};

export interface ImageResult {
  readonly model: string;
  readonly promptTokens: number;
  readonly pictureTokens: number;
  readonly answer: object;
}

/** Answers a request for pictures as OpenAI does: areas of one colour, which the prompt decides. */
export function draw(request: unknown): ImageResult {
  const body = knownBody(request, PARAMETERS);
  const model = modelFor(modelName(body), 'images');
  const prompt = textOf(body, 'prompt', LONGEST_PROMPT);
  if (ownProperty(body, 'stream') === true)
    throw invalidParameter('stream', 'The sandbox streams no pictures.', 'invalid_value');
  // Other vendors' models take it, and OpenAI's older ones.
  choiceOf(body, 'response_format', ['b64_json']);
  const n = countOf(body, 'n', MOST);
  const quality = choiceOf(body, 'quality', ['high', 'low', 'medium']);
  const size = choiceOf(body, 'size', ['1024x1024', '1024x1536', '1536x1024']);
  const format = choiceOf(body, 'output_format', ['png', 'jpeg', 'webp']);
  const promptTokens = countTokens(prompt);
  const pictureTokens = n * (TOKENS[quality]?.[size] ?? 0);
  const [width = 0, height = 0] = size.split('x').map(Number);
  const data = Array.from({ length: n }, (_, nth) => ({
    b64_json: png({ width, height }, hash(`${prompt} ${nth}`)).toString('base64'),
  }));
  const answer = {
    created: 1_735_689_600,
    background: 'opaque',
    data,
    output_format: format,
    quality,
    size,
    usage: {
      input_tokens: promptTokens,
      input_tokens_details: { image_tokens: 0, text_tokens: promptTokens },
      output_tokens: pictureTokens,
      total_tokens: promptTokens + pictureTokens,
    },
  };
  return { model: model.id, promptTokens, pictureTokens, answer };
}

/** A picture of one colour, of 8 bits a channel (www.w3.org/TR/png). */
function png({ width, height }: { readonly width: number; readonly height: number }, colour: number): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2], 8);
  const line = Buffer.alloc(1 + width * 3);
  for (let at = 1; at < line.length; at += 3) line.writeUIntBE(colour & 0xff_ff_ff, at, 3);
  const pixels = Buffer.concat(Array.from({ length: height }, () => line));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(pixels, { level: 1 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
