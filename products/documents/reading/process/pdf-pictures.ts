import { createHash } from 'node:crypto';
import type { PDFPageProxy } from 'pdfjs-dist/types/src/pdf.d.ts';
import type { PaintedPage, PaintedSign, PlacedPicture } from './painted-page.ts';
import { xOf } from './pdf-text.ts';

type Rect = PlacedPicture['rect'];

/** The share of a page below which a picture is a logo or a sign. */
const SMALL = 0.03;
/** The share of a picture that visible letters on it take: from then on it is their background. */
const COVERED = 0.05;
/** Invisible letters on a picture: from then on OCR read it before. */
const READ_BEFORE = 20;
/** How much the space around two pictures may differ from that of both: then they are slices of one. */
const SLICED = 0.02;

/**
 * The pictures of a page that are neither small, nor behind text, nor read by OCR before: a name for each by its place and what it
 * shows. `view` is what of the page is seen.
 */
export function unreadPictures(page: PDFPageProxy, { pictures, signs }: PaintedPage): string[] {
  const [left = 0, bottom = 0, right = 0, top = 0]: readonly number[] = page.view;
  const view: Rect = [left, bottom, right, top];
  return joined(pictures).flatMap(({ rect: placed, image }) => {
    const rect = common(placed, view);
    if (areaOf(rect) < areaOf(view) * SMALL || isText(rect, signs)) return [];
    return [[...rect.map(Math.round), shownBy(page, image)].join()];
  });
}

/** A hash of a picture's pixels: the same one has another id on each page. */
function shownBy({ objs, commonObjs }: PDFPageProxy, id: string): string {
  const all = id.startsWith('g_') ? commonObjs : objs;
  const image: unknown = all.has(id) ? all.get(id) : undefined;
  const pixels = typeof image === 'object' && image !== null && 'data' in image ? image.data : undefined;
  const isKnown = pixels instanceof Uint8Array || pixels instanceof Uint8ClampedArray;
  return isKnown ? createHash('sha1').update(pixels).digest('hex') : '';
}

function isText(rect: Rect, signs: readonly PaintedSign[]): boolean {
  const [left, bottom, right, top] = rect;
  let hidden = 0;
  let covered = 0;
  for (const sign of signs) {
    const [, , c = 0, d = 0, , y = 0] = sign.transform;
    const x = xOf(sign);
    if (x < left || x > right || y < bottom || y > top || sign.str.trim() === '') continue;
    if (sign.isInvisible) hidden += 1;
    else covered += sign.width * Math.hypot(c, d);
  }
  return hidden >= READ_BEFORE || covered >= areaOf(rect) * COVERED;
}

/** Pictures with their slices put together: programs cut large ones, and paint the slices one after the other. */
function joined(pictures: readonly PlacedPicture[]): PlacedPicture[] {
  const whole: PlacedPicture[] = [];
  for (const picture of pictures) {
    const last = whole.at(-1);
    const [left, bottom, right, top] = picture.rect;
    const [x, y, otherX, otherY] = last?.rect ?? picture.rect;
    const around: Rect = [
      Math.min(left, x),
      Math.min(bottom, y),
      Math.max(right, otherX),
      Math.max(top, otherY),
    ];
    const both = areaOf(picture.rect) + (last === undefined ? 0 : areaOf(last.rect));
    const isSlice = last !== undefined && Math.abs(areaOf(around) - both) <= areaOf(around) * SLICED;
    if (isSlice) whole[whole.length - 1] = { ...last, rect: around };
    else whole.push(picture);
  }
  return whole;
}

function common([left, bottom, right, top]: Rect, [x, y, otherX, otherY]: Rect): Rect {
  return [Math.max(left, x), Math.max(bottom, y), Math.min(right, otherX), Math.min(top, otherY)];
}

const areaOf = ([left, bottom, right, top]: Rect) => Math.max(0, right - left) * Math.max(0, top - bottom);

/** The pictures that lie at their place on more than one page and on most pages: the paper of the document. */
export function paperOf(pages: readonly (readonly string[])[]): ReadonlySet<string> {
  const counts = new Map<string, number>();
  for (const pictures of pages)
    for (const name of new Set(pictures)) counts.set(name, (counts.get(name) ?? 0) + 1);
  const most = Math.max(1, pages.length / 2);
  return new Set([...counts].flatMap(([name, count]) => (count > most ? [name] : [])));
}
