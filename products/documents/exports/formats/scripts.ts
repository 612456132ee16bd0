import type { MissingContent } from '../document/model.ts';
import type { Words } from '../document/words.ts';
import { charactersOf, type FontName } from './fonts.ts';

/** Scripts by name, in the order in which they are asked. */
const SCRIPTS = [
  'Han',
  'Hiragana',
  'Katakana',
  'Hangul',
  'Arabic',
  'Hebrew',
  'Devanagari',
  'Bengali',
  'Tamil',
  'Telugu',
  'Thai',
  'Georgian',
  'Armenian',
  'Ethiopic',
  'Khmer',
  'Latin',
  'Greek',
  'Cyrillic',
] as const;
const PATTERNS = SCRIPTS.map((name) => [name, new RegExp(`\\p{Script=${name}}`, 'u')] as const);
/** Pictures, and what flags, keys and colours of skin are put together from. */
const PICTURE = /[\p{Extended_Pictographic}\p{Regional_Indicator}\p{Emoji_Modifier}\u20E3]/u;
/** Characters that a font needs no glyph for: line breaks, joiners, variants of the character before, and the letters in a flag. */
const SILENT = /\s|\u034F|\u200C|\u200D|\p{Variation_Selector}|[\u{E0020}-\u{E007F}]/u;
const PLAIN = /^[\s\u0021-\u007E]*$/;
/** Characters with plain ones that say the same: ligatures, letters and digits of another width. A raised digit has none. */
const HAS_PLAIN = /[\p{Ll}\p{Lu}\p{Lo}\p{Nd}\p{P}]/u;

/** Script of a character, in a word for people. */
function scriptOf(character: string): string {
  if (PICTURE.test(character)) return 'Emoji';
  return PATTERNS.find(([, pattern]) => pattern.test(character))?.[0] ?? 'Symbols';
}

/** A stretch of text that one font has, or that none has. */
export interface Stretch {
  readonly text: string;
  /** undefined: no font has these characters. */
  readonly font: FontName | undefined;
}

/** Writes down which characters no font has. */
export class Coverage {
  readonly #missing = new Map<string, number>();
  readonly #fonts: readonly FontName[];

  constructor(fonts: readonly FontName[]) {
    this.#fonts = fonts;
  }

  /** Cuts a text where the font changes. What none has is told by `script` in its place. */
  stretches(text: string): Stretch[] {
    if (PLAIN.test(text)) return [{ text, font: 'Inter' }];
    const found: { text: string; font: FontName | undefined; script: string }[] = [];
    for (const written of text) {
      const character = this.#atHand(written);
      const last = found.at(-1);
      if (SILENT.test(character)) {
        if (last === undefined) found.push({ text: character, font: 'Inter', script: '' });
        else if (/\s/.test(character)) last.text += character;
        continue;
      }
      const font = this.#fontOf(character);
      const script = font === undefined ? scriptOf(character) : '';
      if (font === undefined) this.#miss(script);
      if (last !== undefined && last.font === font && last.script === script) last.text += character;
      else found.push({ text: character, font, script });
    }
    return found.map(({ text: part, font, script }) =>
      font === undefined ? { text: placeholderFor(part, script), font } : { text: part, font },
    );
  }

  /** Notes missing scripts of a text that stays as it is: the program that opens the file has fonts of its own for what is missing. */
  note(text: string): void {
    if (PLAIN.test(text)) return;
    for (const character of text)
      if (!SILENT.test(character) && this.#fontOf(character) === undefined) this.#miss(scriptOf(character));
  }

  #miss(script: string): void {
    this.#missing.set(script, (this.#missing.get(script) ?? 0) + 1);
  }

  #fontOf(text: string): FontName | undefined {
    return this.#fonts.find((name) =>
      Array.from(text).every((character) => charactersOf(name).has(character.codePointAt(0) ?? 0)),
    );
  }

  /** A character, or the plain ones that it stands for where no font has it: the `ﬁ` of a text that was copied out of a PDF. */
  #atHand(character: string): string {
    if (!HAS_PLAIN.test(character) || this.#fontOf(character) !== undefined) return character;
    const plain = character.normalize('NFKC');
    return this.#fontOf(plain) === undefined ? character : plain;
  }

  get missing(): MissingContent[] {
    return [...this.#missing].map(([name, characters]) => ({ what: 'script', name, characters }));
  }
}

/** In place of what can't be written: `[Hangul]`, with the space that followed it. */
function placeholderFor(text: string, script: string): string {
  return `[${script}]${/\s+$/.exec(text)?.[0] ?? ''}`;
}

/** The sentence of a document that lacks characters. */
export function missingSentence(
  missing: readonly MissingContent[],
  { noFont }: Pick<Words, 'noFont'>,
): string | undefined {
  const scripts = missing.filter(({ what }) => what === 'script');
  if (scripts.length === 0) return undefined;
  const named = scripts.map(({ name, characters }) => `${name} (${characters})`).join(', ');
  return noFont.replace('{scripts}', () => named);
}

const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}]/u;

/** Whether a text begins in a script that is written from right to left. */
export function isRightToLeft(text: string): boolean {
  const first = /\p{L}/u.exec(text)?.[0];
  return first !== undefined && RIGHT_TO_LEFT.test(first);
}
