import { lazy } from './lazy.ts';

/** Languages that the sandbox writes in; for any other it writes English, and says so. */
export type Language = 'en' | 'de' | 'fr' | 'es';

const NAMES: Readonly<Record<Language, readonly string[]>> = {
  en: ['en', 'english'],
  de: ['de', 'german', 'deutsch'],
  fr: ['fr', 'french', 'français'],
  es: ['es', 'spanish', 'español'],
};

/** Words without a subject of their own, and by which a language is told. */
const STOP_WORD_LISTS: Readonly<Record<Language, string>> = {
  en: 'the and for are was were has have had not but you your our their this that these those with without from into about over under than then when where what which who whom why how can could will would should may might must been being its his her him she they them there here all any some more most each every other such only own same very just also does did doing done write create make give please tell show post posts content text hello hi thanks thank',
  de: 'der die das den dem des ein eine einen einem einer eines und oder aber nicht für mit ohne von vom zum zur aus bei nach über unter auf ist sind war waren wird werden hat haben ich wir ihr sie uns euch mein dein sein unser warum wie was wer wann welche welcher welches dass wenn als auch nur noch sehr mehr man kann können soll sollen muss müssen schreibe bitte immer alles nichts nie mich mir dich dir mache machst macht',
  fr: 'les des une dans pour avec sans par sur sous est sont était être avoir ont nous vous ils elles son ses leur leurs mon mes ton tes notre votre que qui quoi dont pourquoi comment quand mais donc car pas plus très aussi cette ces cet aux cela écris rédige',
  es: 'los las una unos unas del con sin por para sobre bajo entre está están son era ser estar han nosotros ellos ellas sus nuestro nuestra que quien cual cuando donde cómo como qué por porque pero más muy también este esta estos estas ese esa escribe crea',
};

const stopWordsOf = (language: Language): ReadonlySet<string> =>
  new Set(STOP_WORD_LISTS[language].split(' '));
export const STOP_WORDS: Readonly<Record<Language, ReadonlySet<string>>> = {
  en: stopWordsOf('en'),
  de: stopWordsOf('de'),
  fr: stopWordsOf('fr'),
  es: stopWordsOf('es'),
};
const LANGUAGES = ['en', 'de', 'fr', 'es'] as const satisfies readonly Language[];

/** Reads `de`, `de-AT`, `German` or `Deutsch`; undefined for what the sandbox has no phrases of. */
export function languageNamed(name: string): Language | undefined {
  const short =
    name
      .trim()
      .toLowerCase()
      .split(/[-_\s(]/)[0] ?? '';
  return LANGUAGES.find((language) => NAMES[language].includes(short));
}

/** A guess by stop words: English unless another language has clearly more of them. */
export function languageOf(text: string): Language {
  const said = wordsOf(text.slice(0, 4_096).toLowerCase());
  const countOf = (language: Language) => said.filter((word) => STOP_WORDS[language].has(word)).length;
  const counts = LANGUAGES.map((language) => countOf(language) + (language === 'en' ? 1 : 0));
  return LANGUAGES[counts.indexOf(Math.max(...counts))] ?? 'en';
}

/** FNV-1a, 32 bits: stable over runs and processes, so that equal requests get equal answers. */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  }
  return value >>> 0;
}

const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;
const segmenter = lazy(() => new Intl.Segmenter('ja', { granularity: 'word' }));

/** The words of a text: runs of letters, marks and digits; in scripts without blanks, what a dictionary calls words. */
export function wordsOf(text: string): string[] {
  const runs = text.match(/[\p{L}\p{N}][\p{L}\p{N}\p{M}'’]*/gu) ?? [];
  if (!UNSPACED.test(text)) return runs;
  return runs.flatMap((run) =>
    UNSPACED.test(run) ? Array.from(segmenter().segment(run), ({ segment }) => segment) : [run],
  );
}

/** The words of an identifier: `getWeather_byCity` → get, weather, by, city. */
export function nameWords(name: string): string[] {
  return name
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}

/** One key for `dueDate`, `due_date` and `Due date`. */
export function labelKey(name: string): string {
  return nameWords(name).join(' ');
}

/** Words that carry a text's subject, in order of appearance, without repeats. Topics are often English in any language. */
export function keywordsOf(text: string, language: Language): string[] {
  const seen = new Map<string, string>();
  for (const word of wordsOf(text)) {
    const key = word.toLowerCase();
    if (
      isLongEnough(word) &&
      !STOP_WORDS[language].has(key) &&
      !STOP_WORDS.en.has(key) &&
      !/^\d+$/.test(word) &&
      !seen.has(key)
    ) {
      seen.set(key, word);
    }
  }
  return [...seen.values()];
}

/** Three letters make a word; of scripts that write whole words in one or two signs, two. */
function isLongEnough(word: string): boolean {
  return word.length >= (UNSPACED.test(word) ? 2 : 3);
}

/** How much room a text takes where wide letters (Chinese, Japanese, Korean) and emoji count twice, as they do on X. */
export function widthOf(text: string): number {
  return Array.from(text).reduce((sum, character) => sum + widthOfCharacter(character), 0);
}

function widthOfCharacter(character: string): number {
  const point = character.codePointAt(0) ?? 0;
  return point <= 0x10ff || (point >= 0x2000 && point <= 0x2037) ? 1 : 2;
}

/** Cuts like `clip`, to a width. */
export function clipWide(text: string, widest: number): string {
  if (widthOf(text) <= widest) return text;
  let room = widest - 2;
  let fits = '';
  for (const character of text) {
    room -= widthOfCharacter(character);
    if (room < 0) break;
    fits += character;
  }
  return clip(`${fits}……`, fits.length + 1);
}

/** Cuts at a word's end where that loses less than half, never inside a surrogate pair. */
export function clip(text: string, longest: number, mark = '…'): string {
  if (text.length <= longest) return text;
  const room = Math.max(0, longest - mark.length);
  let cut = text.slice(0, room).replace(/[\uD800-\uDBFF]$/, '');
  const space = cut.lastIndexOf(' ');
  if (space > room / 2) cut = cut.slice(0, space);
  return longest < mark.length ? cut : trimmedOf(cut, ' \t\n,;:–—-') + mark;
}

/** Without any of these characters at its end. (An expression for this takes quadratic time on long runs.) */
export function trimmedOf(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

export function capitalise(text: string): string {
  const [first = ''] = text;
  return first.toUpperCase() + text.slice(first.length);
}

/** The item at a position of a ring. */
export function pick<T>(items: readonly [T, ...T[]], position: number): T {
  return items[position % items.length] ?? items[0];
}

/** Lower case; umlauts as two letters and without accents, as people write them on any keyboard. */
export function foldWord(word: string): string {
  const letters = word.toLowerCase().replaceAll('ä', 'ae').replaceAll('ö', 'oe').replaceAll('ü', 'ue');
  return letters.replaceAll('ß', 'ss').normalize('NFKD').replaceAll(/\p{M}/gu, '');
}
