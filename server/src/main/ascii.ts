const BEYOND = /[^\0-\x7f]/g;
/** A template whose escapes stay as they are written; one in which another stands is not seen. */
const RAW = /\bString\.raw`(?:[^`\\$]|\\[^]|\$(?!\{)|\$\{[^`{}]*\})*`/g;
const VALUE_OR_BEYOND = /\$\{[^`{}]*\}|[^\0-\x7f]/g;
const ESCAPED = /\\[^\0-\x7f]/;

/** JavaScript that means the same and has nothing beyond ASCII. Lines stay what they are. Throws where a backslash stands before such a character. */
export function inAscii(code: string): string {
  if (ESCAPED.test(code)) throw new Error('a character beyond ASCII is escaped by a backslash of its own');
  return code
    .replaceAll(RAW, (template) =>
      template.replaceAll(VALUE_OR_BEYOND, (part) => (part.length > 1 ? part : `\${'${escapeOf(part)}'}`)),
    )
    .replaceAll(BEYOND, escapeOf);
}

const escapeOf = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
