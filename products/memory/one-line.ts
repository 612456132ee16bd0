/** A text as one line of Markdown that shows it as it is: it is no heading, item, quote, code, link or tag there. */
export const asLine = (text: string): string =>
  oneLine(text)
    .replaceAll(/[\\`*_[\]<>~|&]/g, '\\$&')
    .replace(/^[#+-]/, '\\$&')
    .replace(/ (#+)$/, ' \\$1')
    .replace(/^(\d+)([.)])/, '$1\\$2');

/** The same as code, in which Markdown knows no escapes: its fence is longer than any that stands in it. */
export function asCode(text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  const room = longest === 0 ? '' : ' ';
  return `${fence}${room}${oneLine(text)}${room}${fence}`;
}

/** Without line breaks and control characters. */
export const oneLine = (text: string): string => text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();

/** The lines that a reader may see in a text: a quote marks each of them. */
export const linesOf = (text: string): string[] => text.split(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/);
