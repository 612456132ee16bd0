import type { PDFPageProxy } from 'pdfjs-dist/types/src/pdf.d.ts';
import { z } from 'zod';
import type { Gap } from '../gaps.ts';
import { type TextPiece, xOf } from './pdf-text.ts';
import type { PaintedPage } from './painted-page.ts';

const text = z.object({ str: z.string() });
/** Fields of an annotation that pdf.js documents, as far as they are used. */
const annotationSchema = z.object({
  id: z.string(),
  subtype: z.string(),
  annotationFlags: z.number().default(0),
  rect: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  hasAppearance: z.boolean().default(false),
  contentsObj: text.optional(),
  textContent: z.array(z.string()).optional(),
  fieldType: z.string().nullish(),
  fieldValue: z.unknown().optional(),
  password: z.boolean().optional(),
  checkBox: z.boolean().optional(),
  radioButton: z.boolean().optional(),
  exportValue: z.unknown().optional(),
  buttonValue: z.unknown().optional(),
  options: z
    .array(z.object({ exportValue: z.unknown().optional(), displayValue: z.unknown().optional() }))
    .optional(),
});
type Annotation = z.output<typeof annotationSchema>;

/** Bits of an annotation's flags (ISO 32000-2, 12.5.3): not shown at all, and not on a screen. */
const HIDDEN = 2;
const NO_VIEW = 32;
/** Marks that change how text looks, and have none of their own. */
const PLAIN: ReadonlySet<string> = new Set([
  'Link',
  'Popup',
  'Highlight',
  'Underline',
  'Squiggly',
  'StrikeOut',
  'Redact',
  'Caret',
  'TrapNet',
  'PrinterMark',
]);
const EMBEDDED: ReadonlySet<string> = new Set([
  'FileAttachment',
  'Sound',
  'Movie',
  'Screen',
  'RichMedia',
  '3D',
]);
/** Drawings: with nothing written in them they say no words. */
const DRAWN: ReadonlySet<string> = new Set(['Line', 'Square', 'Circle', 'Polygon', 'PolyLine']);

/** Text that stands on a page beside its content, where it stands, and what is not read of it. */
export interface AnnotationText {
  readonly lines: readonly string[];
  readonly rect: readonly [number, number, number, number];
}

/** The fields of forms, typed-on text and stamps of a page; `paint` is asked for those whose appearance alone has the text. */
export async function annotationsOf(
  page: PDFPageProxy,
  paint: () => Promise<PaintedPage>,
  hasHiddenLayers: boolean,
): Promise<{ readonly texts: readonly AnnotationText[]; readonly gaps: readonly Gap[] }> {
  const texts: AnnotationText[] = [];
  const gaps = new Set<Gap>();
  const found = (await page.getAnnotations({ intent: 'display' })).flatMap((given: unknown) => {
    const { data } = annotationSchema.safeParse(given);
    if (data === undefined) gaps.add('annotation');
    return data === undefined || (data.annotationFlags & (HIDDEN | NO_VIEW)) !== 0 ? [] : [data];
  });
  for (const annotation of found) {
    if (noteOf(annotation) !== undefined) gaps.add('comment');
    if (EMBEDDED.has(annotation.subtype)) gaps.add('embedded_object');
    if (PLAIN.has(annotation.subtype) || EMBEDDED.has(annotation.subtype) || annotation.subtype === 'Text')
      continue;
    const known = textOf(annotation);
    const painted =
      annotation.hasAppearance && (hasHiddenLayers || known === undefined)
        ? (await paint()).annotations.get(annotation.id)
        : undefined;
    if (hasHiddenLayers && annotation.hasAppearance && painted === undefined) continue;
    const lines = known ?? (painted === undefined || painted.trim() === '' ? [] : [painted.trim()]);
    if (lines.some((line) => line.trim() !== '')) texts.push({ lines, rect: annotation.rect });
    else if (known === undefined && annotation.hasAppearance && !DRAWN.has(annotation.subtype))
      gaps.add('annotation');
  }
  return { texts, gaps: [...gaps] };
}

/** A note that opens beside the page. */
function noteOf({ subtype, contentsObj }: Annotation): string | undefined {
  const isNote =
    !['FreeText', 'Widget', 'Link', 'Stamp'].includes(subtype) && (contentsObj?.str ?? '').trim() !== '';
  return isNote ? contentsObj?.str : undefined;
}

/** The lines that an annotation shows; undefined where its appearance alone says. */
function textOf(annotation: Annotation): readonly string[] | undefined {
  const { subtype, textContent, contentsObj, fieldType, fieldValue } = annotation;
  if (subtype === 'FreeText') return textContent ?? linesOf(contentsObj?.str ?? '');
  if (subtype !== 'Widget') return undefined;
  if (annotation.checkBox === true) return [boxOf(fieldValue === annotation.exportValue)];
  if (annotation.radioButton === true) return [boxOf(fieldValue === annotation.buttonValue)];
  if (annotation.password === true) return [];
  if (fieldType === 'Tx') {
    const shown = textContent?.join('\n') ?? '';
    const value = typeof fieldValue === 'string' ? fieldValue : '';
    // In a comb its letters stand apart.
    return linesOf(shown.trim() === '' || withoutSpaces(shown) === withoutSpaces(value) ? value : shown);
  }
  if (fieldType !== 'Ch') return undefined;
  const values: readonly unknown[] = Array.isArray(fieldValue) ? fieldValue : [fieldValue];
  const shown = values.map(
    (value) => annotation.options?.find(({ exportValue }) => exportValue === value)?.displayValue ?? value,
  );
  return shown.filter((value) => typeof value === 'string');
}

const boxOf = (isOn: boolean) => (isOn ? '☒' : '☐');
const linesOf = (lines: string) => lines.split(/\r\n?|\n/);
const withoutSpaces = (words: string) => words.replace(/\s/g, '');

/** In heights of letters: a field and the words beside it are no one word. */
const APART = 0.3;

/** The pieces of a page with the text of annotations between them: on the line that it stands beside, else below what stands above it. */
export function withAnnotations(pieces: readonly TextPiece[], texts: readonly AnnotationText[]): TextPiece[] {
  let all = [...pieces];
  for (const { lines, rect } of texts) {
    const [left, bottom, right, top] = rect;
    const isBeside = ({ str, transform: [, , , , , y = 0] }: TextPiece) =>
      str.trim() !== '' && y >= bottom - 2 && y <= top;
    const before = all.findLastIndex((piece) => isBeside(piece) && xOf(piece) <= left);
    const after = all.findIndex((piece) => isBeside(piece) && xOf(piece) > left);
    const above = all.findLastIndex(({ str, transform: [, , , , , y = 0] }) => str.trim() !== '' && y > top);
    const neighbour = all[before >= 0 ? before : after];
    const y = neighbour?.transform[5] ?? bottom;
    const size =
      neighbour === undefined ? Math.min(12, top - bottom) : Math.hypot(...neighbour.transform.slice(2, 4));
    const x =
      before < 0 || neighbour === undefined
        ? left
        : Math.max(left, xOf(neighbour) + neighbour.width + size * APART);
    const made = lines.map(
      (str, n): TextPiece => ({
        str,
        transform: [size, 0, 0, size, x, y - n * size * 1.2],
        width: Math.min(right - left, str.length * size * 0.5) - size * APART,
        hasEOL: n < lines.length - 1,
      }),
    );
    const at = before >= 0 ? before + 1 : after >= 0 ? after : above + 1;
    const last = all[at - 1];
    const end = made.at(-1);
    // It goes on with the line of its neighbour, and ends it where that did.
    if (before >= 0 && last !== undefined && end !== undefined) {
      all[at - 1] = { ...last, hasEOL: false };
      made[made.length - 1] = { ...end, hasEOL: end.hasEOL || last.hasEOL };
    }
    all = [...all.slice(0, at), ...made, ...all.slice(at)];
  }
  return all;
}
