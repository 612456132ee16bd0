import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** A font in its styles, as files. */
export interface FontFiles {
  readonly normal: string;
  readonly bold: string;
  readonly italics: string;
  readonly bolditalics: string;
}

const find = createRequire(import.meta.url).resolve;
const inter = (style: string) => find(`@expo-google-fonts/inter/${style}/Inter_${style}.ttf`);
const chinese = optionalFile('@expo-google-fonts/zcool-xiaowei/400Regular/ZCOOLXiaoWei_400Regular.ttf');

/** A file of a package that need not be installed; undefined: it is not. */
export function optionalFile(path: string): string | undefined {
  try {
    return find(path);
  } catch {
    return undefined;
  }
}

/** The fonts that files are written with. Both are under the SIL Open Font License, which lets documents embed them. */
export const FONTS: Readonly<{ Inter: FontFiles; Chinese?: FontFiles }> = {
  /** Latin, Greek, Cyrillic and Vietnamese: 2,800 characters, 0.35 MB a style. */
  Inter: {
    normal: inter('400Regular'),
    bold: inter('600SemiBold'),
    italics: inter('400Regular_Italic'),
    bolditalics: inter('600SemiBold_Italic'),
  },
  /** Chinese in simplified characters (GB 2312: 6,763 of them): 6.3 MB, one style; a file gets the glyphs that it uses. Without its package they are named as missing. */
  ...(chinese === undefined
    ? {}
    : { Chinese: { normal: chinese, bold: chinese, italics: chinese, bolditalics: chinese } }),
};

/** The styles that a DOCX embeds: Word looks for a bold one by that name. */
export const DOCX_FONT = {
  normal: inter('400Regular'),
  bold: inter('700Bold'),
  italics: inter('400Regular_Italic'),
};

export type FontName = keyof typeof FONTS;

const known = new Map<FontName, ReadonlySet<number>>();

/** The characters that a font has, read once. */
export function charactersOf(font: FontName): ReadonlySet<number> {
  const read = known.get(font) ?? charactersOfFile(FONTS[font]?.normal);
  known.set(font, read);
  return read;
}

function charactersOfFile(file: string | undefined): ReadonlySet<number> {
  return file === undefined ? new Set() : charactersIn(readFileSync(file));
}

/**
 * A font file that names no lookup twice in one feature. Inter 4 does so for the kerning of what is of no script, and a program that lays text out lookup by
 * lookup (fontkit) then moves `7.` together by a quarter of its height, in place of an eighth: a feature ends here where it begins to repeat itself.
 */
export function withoutRepeats(file: Buffer): Buffer {
  const mended = Buffer.from(file);
  const view = new DataView(mended.buffer, mended.byteOffset, mended.byteLength);
  const table = tableAt(view, 'GPOS');
  const features = table + view.getUint16(table + 6);
  for (let n = 0; n < view.getUint16(features); n++) {
    const feature = features + view.getUint16(features + 6 + n * 6);
    const count = view.getUint16(feature + 2);
    const lookups = Array.from({ length: count }, (_, at) => view.getUint16(feature + 4 + at * 2));
    const distinct = new Set(lookups).size;
    const isRepeated = lookups.every((lookup, at) => lookup === lookups[at % distinct]);
    if (isRepeated) view.setUint16(feature + 2, distinct);
  }
  return mended;
}

/** The code points that a TrueType file maps to a glyph: its `cmap`, in the two forms that every font of today has (OpenType 1.9, cmap). */
export function charactersIn(file: Buffer): Set<number> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const found = new Set<number>();
  const table = tableAt(view, 'cmap');
  for (let n = 0; n < view.getUint16(table + 2); n++) {
    const at = table + view.getUint32(table + 8 + n * 8);
    const format = view.getUint16(at);
    if (format === 4) addSegments(view, at, found);
    if (format === 12) addGroups(view, at, found);
  }
  return found;
}

function tableAt(view: DataView, name: string): number {
  for (let n = 0; n < view.getUint16(4); n++) {
    const at = 12 + n * 16;
    const tag = [0, 1, 2, 3].map((byte) => String.fromCharCode(view.getUint8(at + byte))).join('');
    if (tag === name) return view.getUint32(at + 8);
  }
  throw new Error(`a font without ${name}`);
}

/** Format 4: segments of the first 65,536 characters. */
function addSegments(view: DataView, at: number, found: Set<number>): void {
  const bytes = view.getUint16(at + 6);
  for (let n = 0; n < bytes; n += 2) {
    const end = view.getUint16(at + 14 + n);
    const start = view.getUint16(at + 16 + bytes + n);
    const delta = view.getUint16(at + 16 + 2 * bytes + n);
    const offsetAt = at + 16 + 3 * bytes + n;
    const offset = view.getUint16(offsetAt);
    for (let code = start; code <= end && code < 0xff_ff; code++) {
      const raw = offset === 0 ? code : view.getUint16(offsetAt + offset + (code - start) * 2);
      if (raw !== 0 && ((raw + delta) & 0xff_ff) !== 0) found.add(code);
    }
  }
}

/** Format 12: groups of any characters. */
function addGroups(view: DataView, at: number, found: Set<number>): void {
  for (let n = 0; n < view.getUint32(at + 12); n++) {
    const group = at + 16 + n * 12;
    for (let code = view.getUint32(group); code <= view.getUint32(group + 4); code++) found.add(code);
  }
}
