/**
 * The sandbox's tokenizer. A token is: up to six letters or digits with the one space before them; or a single
 * other character; or a run of up to sixteen white-space characters. English text gets about one token for
 * four characters, as with the vendors' own. Joined, the tokens of a text are the text.
 */
export function splitTokens(text: string): string[] {
  const tokens: string[] = [];
  for (let start = 0; start < text.length; ) {
    const end = tokenEnd(text, start);
    tokens.push(text.slice(start, end));
    start = end;
  }
  return tokens;
}

/** How many tokens splitTokens would give, without making them. */
export function countTokens(text: string): number {
  let count = 0;
  for (let start = 0; start < text.length; count += 1) start = tokenEnd(text, start);
  return count;
}

const LONGEST_WORD_TOKEN = 6;
const LONGEST_SPACE_TOKEN = 16;
const SPACE = 32;

function tokenEnd(text: string, start: number): number {
  const code = text.charCodeAt(start);
  const spaced = code === SPACE && isLetter(text.charCodeAt(start + 1));
  if (spaced || isLetter(code)) return runEnd(text, spaced ? start + 1 : start, LONGEST_WORD_TOKEN);
  if (isSpace(code)) {
    let end = start + 1;
    while (end < start + LONGEST_SPACE_TOKEN && isSpace(text.charCodeAt(end))) end += 1;
    return end;
  }
  const isPair = (code & 0xfc00) === 0xd800 && (text.charCodeAt(start + 1) & 0xfc00) === 0xdc00;
  return start + (isPair ? 2 : 1);
}

function runEnd(text: string, start: number, longest: number): number {
  let end = start + 1;
  while (end < start + longest && isLetter(text.charCodeAt(end))) end += 1;
  return end;
}

/** Letters and digits of alphabets; from U+2E80 on (Chinese, Japanese, Korean) each character is its own token. */
function isLetter(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 48 && code <= 57) ||
    (code >= 0xc0 && code < 0x2000) ||
    (code >= 0x2c00 && code < 0x2e00)
  );
}

function isSpace(code: number): boolean {
  return code === SPACE || (code >= 9 && code <= 13);
}
