import { type JsonObject, isObject, ownProperty, ownString } from './content/json.ts';

/** A picture as the bill has it: its size in pixels, null where the sandbox does not fetch it. */
export interface Picture {
  readonly size: readonly [width: number, height: number] | null;
  readonly isLow: boolean;
  /** Its price in tokens, where that does not depend on the model. */
  readonly tokens?: number;
}

/** Tokens of a picture as such, and of each tile of 512 by 512: gpt-4o's and gpt-4o-mini's, whose prices the models have. */
const TILES: Readonly<Record<string, readonly [base: number, tile: number]>> = {
  'sandbox-large': [85, 170],
  'sandbox-small': [2_833, 5_667],
};
/** Size of a picture that lies elsewhere, which the sandbox does not fetch: a square of 1024. */
const ELSEWHERE: readonly [number, number] = [1_024, 1_024];

/** The picture of an `image_url` part. */
export function pictureOf(part: JsonObject): Picture {
  const image = ownProperty(part, 'image_url');
  const url = isObject(image) ? (ownString(image, 'url') ?? '') : '';
  const [, base64] = /^data:image\/\w+;base64,(.*)$/s.exec(url) ?? [];
  const size = base64 === undefined ? null : sizeOf(Buffer.from(base64, 'base64'));
  return { size, isLow: isObject(image) && ownString(image, 'detail') === 'low' };
}

const LONGEST_SIDE = 1_568;
const MOST_TOKENS = 1_600;

/** The source of an `image` block, as Anthropic bills it: a token for 750 pixels, once its long side is 1568 at most. */
export function pictureOfSource(source: JsonObject): Picture {
  const data = ownString(source, 'data');
  const size = data === undefined ? null : sizeOf(Buffer.from(data, 'base64'));
  const [width, height] = size ?? ELSEWHERE;
  const shrink = Math.max(1, Math.max(width, height) / LONGEST_SIDE);
  const tokens = Math.min(MOST_TOKENS, Math.ceil((width * height) / shrink ** 2 / 750));
  return { size, isLow: false, tokens };
}

/** Google's: a small picture, and each tile of 768 by 768 of another (ai.google.dev/gemini-api/docs/image-understanding). */
const GOOGLE_TILE = 258;

/** The picture of a part's `inlineData`, as Google bills it. */
export function pictureOfInlineData(data: string): Picture {
  const size = sizeOf(Buffer.from(data, 'base64'));
  const [width, height] = size ?? ELSEWHERE;
  const tiles = Math.max(width, height) <= 384 ? 1 : Math.ceil(width / 768) * Math.ceil(height / 768);
  return { size, isLow: false, tokens: GOOGLE_TILE * tiles };
}

/** What OpenAI bills for a picture: it is made smaller until it fits 2048 by 2048, then until its short side is 768; each tile that it touches counts. */
export function billedTokens(model: string, { size, isLow, tokens }: Picture): number {
  if (tokens !== undefined) return tokens;
  const [base, tile] = TILES[model] ?? [0, 0];
  if (isLow) return base;
  const [width, height] = size ?? ELSEWHERE;
  const long = Math.max(width, height);
  const short = Math.min(width, height);
  const shrink = Math.max(1, long / 2_048, short / 768);
  return base + tile * Math.ceil(width / shrink / 512) * Math.ceil(height / shrink / 512);
}

function sizeOf(bytes: Buffer): readonly [number, number] | null {
  if (bytes.length >= 24 && bytes.subarray(1, 4).toString('latin1') === 'PNG')
    return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  if (bytes.length >= 10 && bytes.subarray(0, 3).toString('latin1') === 'GIF')
    return [bytes.readUInt16LE(6), bytes.readUInt16LE(8)];
  if (bytes.length >= 4 && bytes.readUInt16BE(0) === 0xffd8) return frameOf(bytes);
  return null;
}

/** A JPEG's size stands in its frame header, one of the markers C0 to CF without C4, C8 and CC. */
function frameOf(bytes: Buffer): readonly [number, number] | null {
  for (let at = 2; at + 9 < bytes.length; at += 2 + bytes.readUInt16BE(at + 2)) {
    const marker = bytes.readUInt16BE(at);
    const isFrame = marker >= 0xffc0 && marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker);
    if (isFrame) return [bytes.readUInt16BE(at + 7), bytes.readUInt16BE(at + 5)];
  }
  return null;
}
