/**
 * Control characters, halves of surrogate pairs, noncharacters (which XML can't hold), and the invisible ones that turn the direction of
 * what follows: a file would be invalid with the former, and show other text than it holds with the latter. A soft hyphen is drawn by some
 * programs wherever it stands.
 */
const UNFIT =
  // oxlint-disable-next-line no-control-regex -- they are what is taken out
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u2069\uFDD0-\uFDEF\uFEFF\uFFF9-\uFFFC\uFFFE\uFFFF]/g;

/** A text of people as documents can hold it: its line breaks are line feeds, and a letter and its accent are one character where there is one. */
export function fitText(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll('\r', '\n')
    .toWellFormed()
    .replaceAll(UNFIT, '')
    .normalize('NFC');
}

/** The same in one line. */
export function fitLine(text: string): string {
  return fitText(text).replaceAll(/\s+/g, ' ').trim();
}

const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00A0',
  ndash: '–',
  mdash: '—',
  hellip: '…',
  copy: '©',
  reg: '®',
  trade: '™',
  euro: '€',
};

/** Entities of HTML as Markdown allows them in a text; those that are never written stay as they are. */
export function decodeEntities(text: string): string {
  return text.replaceAll(/&(#x[0-9a-f]{1,6}|#\d{1,7}|[a-z]{2,6});/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return NAMED[name.toLowerCase()] ?? whole;
    const isHex = name[1]?.toLowerCase() === 'x';
    const code = Number.parseInt(name.slice(isHex ? 2 : 1), isHex ? 16 : 10);
    return code > 0 && code <= 0x10_ff_ff ? fitText(String.fromCodePoint(code)) : '';
  });
}

/** The elements of HTML. What else stands in angle brackets is the author's text, such as `<to be agreed>`. */
const ELEMENTS =
  'a abbr acronym address applet area article aside audio b base basefont bdi bdo big blink blockquote body br button canvas caption center cite code col colgroup data datalist dd del details dfn dialog dir div dl dt em embed fieldset figcaption figure font footer form frame frameset h[1-6] head header hgroup hr html i iframe img input ins kbd label legend li link main map mark marquee math menu meta meter nav nobr noembed noframes noscript object ol optgroup option output p param picture plaintext portal pre progress q rp rt ruby s samp script search section select slot small source span strike strong style sub summary sup svg table tbody td template textarea tfoot th thead time title tr track tt u ul var video wbr xmp'.replaceAll(
    ' ',
    '|',
  );
const TAG = new RegExp(`</?(?:${ELEMENTS})(?=[\\s/>])[^<>]*>|<[!?][^<>]*>`, 'gi');

/** HTML without its tags: nothing of it is run or shown as such, and its words stay. */
export function withoutTags(html: string): string {
  return decodeEntities(
    html
      .replaceAll(/<!--[\s\S]*?(?:-->|$)/g, '')
      .replaceAll(/<!\[CDATA\[([\s\S]*?)(?:\]\]>|$)/g, '$1')
      .replaceAll(/<(script|style)\b[\s\S]*?(?:<\/\1\s*>|$)/gi, '')
      .replaceAll(/<br\s*\/?>|<\/(?:p|div|li|tr|h[1-6])\s*>/gi, '\n')
      .replaceAll(TAG, ''),
  );
}

/** Characters that are about as wide as they are high. */
const WIDE = /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Lu}]/gu;

/** Lines that a text takes, about, by how many usual letters one has room for. */
export function linesIn(text: string, room: number): number {
  return Math.ceil((text.length + (text.match(WIDE)?.length ?? 0) * 0.5) / room);
}
