import { isRecord } from '#platform/kernel';
import { imageDimensionsFromData } from 'image-dimensions';
import type { Price } from './prices.ts';

/** A picture of a conversation, as far as its price is concerned. */
export interface Picture {
  /** In pixels; undefined where it lies elsewhere, or where its head can not be read. */
  readonly size: { readonly width: number; readonly height: number } | undefined;
  /** The caller asked for `detail: low`. */
  readonly low: boolean;
  /** Bytes of the body that it takes at least: they are no text. */
  readonly bytes: number;
  /** It is a document, whose pages nothing tells but its vendor. */
  readonly isDocument?: boolean;
}

/** How a vendor counts pictures: docs/gateway.md, Pictures. */
export type PictureRule =
  /** OpenAI, gpt-4o, gpt-4.1, gpt-5, o3: within 2048 by 2048, the short side at most 768, each 512 by 512 begun is a tile. */
  | { readonly base: number; readonly tile: number }
  /** OpenAI's small models: each 32 by 32 begun, 1,536 at most, times this. */
  | { readonly patch: number }
  /** Anthropic: a token for so many pixels. */
  | { readonly pixels: number };

/** PNG and GIF say their size at once, a JPEG after its EXIF, which may hold a thumbnail and colour profiles. */
const HEAD = 262_144;
const DATA_URL = /^data:[\w.+/-]{0,100};base64,/;
const BASE64_HEAD = Math.ceil(HEAD / 3) * 4;

/** Reads what an `image_url` part says of its picture. */
export function readPicture(part: unknown): Picture {
  const image = isRecord(part) ? part['image_url'] : undefined;
  const url = isRecord(image) ? image['url'] : image;
  const low = isRecord(image) && image['detail'] === 'low';
  if (typeof url !== 'string') return { size: undefined, low, bytes: 0 };
  const head = DATA_URL.exec(url.slice(0, 200))?.[0];
  const size = head === undefined ? undefined : sizeOf(url.slice(head.length, head.length + BASE64_HEAD));
  // Data URLs are ASCII; of others the rest of the bytes counts as text, which is a bound.
  return { size, low, bytes: url.length };
}

/** Reads the picture, or document, of a base64 text; of one that lies elsewhere nothing is known. */
export function pictureOfData(data: unknown, isDocument: boolean): Picture {
  const text = typeof data === 'string' ? data : '';
  const size = isDocument ? undefined : sizeOf(text.slice(0, BASE64_HEAD));
  return { size, low: false, bytes: text.length, isDocument };
}

function sizeOf(base64: string): Picture['size'] {
  try {
    const { width = 0, height = 0 } = imageDimensionsFromData(Buffer.from(base64, 'base64')) ?? {};
    return width > 0 && height > 0 ? { width, height } : undefined;
  } catch {
    return undefined;
  }
}

/** The most that a picture counts as input, in tokens: by the vendor's rule where its size is known, else as the dearest of the model. */
export function pictureTokens(
  price: Pick<Price, 'context' | 'imageTokens' | 'pictures'>,
  picture: Picture,
): number {
  const { imageTokens: most = 0, pictures: rule } = price;
  // A model takes no more than it has room for.
  if (picture.isDocument === true) return price.context ?? 0;
  if (rule === undefined) return most;
  if ('base' in rule && picture.low) return rule.base;
  if (picture.size === undefined) return most;
  return Math.min(most, countTokens(rule, picture.size));
}

function countTokens(rule: PictureRule, size: { width: number; height: number }): number {
  if ('base' in rule) return rule.base + rule.tile * tiles(size);
  if ('pixels' in rule) return Math.ceil((size.width * size.height) / rule.pixels);
  const patches = Math.ceil(size.width / 32) * Math.ceil(size.height / 32);
  return Math.ceil(Math.min(patches, 1_536) * rule.patch);
}

/**
 * OpenAI writes that the short side becomes 768 pixels long. Whether a small picture is enlarged it does not write: it is
 * counted as if, within the square of 2048, so that the count is a bound either way.
 */
function tiles({ width, height }: { width: number; height: number }): number {
  const fit = Math.min(1, 2_048 / Math.max(width, height));
  const short = Math.min(width, height) * fit;
  const scale = Math.min(768 / short, 2_048 / (Math.max(width, height) * fit));
  const tilesOf = (side: number): number => Math.ceil(Math.round(side * fit * scale) / 512);
  return Math.max(1, tilesOf(width)) * Math.max(1, tilesOf(height));
}
