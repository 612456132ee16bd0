import { imageDimensionsFromData } from 'image-dimensions';
import type { ReadingCaps } from '../caps.ts';
import { Unreadable } from '../failures.ts';

/** Pixels that OCR is given at most: more takes longer and reads no better. */
const MOST_PIXELS = 12_000_000;

/** Reads the size of an image without decoding it. */
export function assertImage(bytes: Uint8Array, caps: Pick<ReadingCaps, 'pixels'>): void {
  const size = imageDimensionsFromData(bytes);
  if (size === undefined) throw new Unreadable('document_damaged', 'The image has no size.');
  if (size.width * size.height > caps.pixels)
    throw new Unreadable('document_too_large', `The image has ${size.width} × ${size.height} pixels.`);
}

/** An image as OCR reads it best: on white, and no larger than it needs. */
export async function preparedImage(bytes: Buffer): Promise<Buffer> {
  const { createCanvas, loadImage } = await import('@napi-rs/canvas');
  const image = await loadImage(bytes).catch(() => {
    throw new Unreadable('document_damaged', 'The image can’t be decoded.');
  });
  const scale = Math.min(1, Math.sqrt(MOST_PIXELS / (image.width * image.height)));
  const [width, height] = [Math.ceil(image.width * scale), Math.ceil(image.height * scale)];
  const canvas = createCanvas(width, height);
  const drawing = canvas.getContext('2d');
  drawing.fillStyle = '#ffffff';
  drawing.fillRect(0, 0, width, height);
  drawing.drawImage(image, 0, 0, width, height);
  return canvas.encode('png');
}
