import { type JsonObject, isObject } from './json.ts';
import { labelKey, trimmedOf } from './words.ts';

const LABEL =
  /^[\s>*•-]*(?:\*\*|__)?(\p{L}[\p{L}\p{N}_/-]*(?: [\p{L}\p{N}_/-]+){0,3})(?:\*\*|__)?\s?[:=](?:\*\*|__)?[ \t]+(\S.*)$/u;
const TAG = /<([\p{L}_][\p{L}\p{N}_-]{0,40})>([^<]{1,2000})<\/\1>/gu;

/** `Name: value` lines and `<name>value</name>` elements, in order of appearance. */
export function labelsIn(text: string): [string, string][] {
  const found: [string, string][] = [];
  for (const line of text.split('\n')) {
    const [, name, value] = LABEL.exec(line.trimEnd()) ?? [];
    if (name !== undefined && value !== undefined) found.push([labelKey(name), unquote(value)]);
  }
  for (const [, name = '', value = ''] of text.matchAll(TAG)) found.push([labelKey(name), unquote(value)]);
  return found.filter(([, value]) => value !== '');
}

function unquote(value: string): string {
  const text = value.startsWith('"') ? parsed(value.trim()) : undefined;
  if (typeof text === 'string') return text.trim();
  const plain = value.trim();
  const start = leadOf(plain, '"\'“”„«`');
  const bare = trimmedOf(plain.slice(start), '"\'“”»`');
  // Quotes stand at both ends, or belong to the text.
  return start === 0 || start + bare.length === plain.length ? plain : bare.trim();
}

function leadOf(text: string, characters: string): number {
  let at = 0;
  while (at < text.length && characters.includes(text.charAt(at))) at += 1;
  return at;
}

/** A line without its list mark, heading mark, emphasis, tags, and the targets of its links. */
export function plainLine(line: string): string {
  return line
    .trim()
    .replace(/^(?:#{1,6}|[>*•-]|\d{1,2}[.)])\s+/u, '')
    .replaceAll(/\[([^\][]{1,200})\]\([^()]{0,500}\)/g, '$1')
    .replaceAll(/\*\*|__|`/g, '')
    .replaceAll(/<\/?[\p{L}_][\p{L}\p{N}_-]{0,40}>/gu, '')
    .trim();
}

/** Lines marked as headings, and short lines that begin with a capital and end without a stop. */
export function headingsIn(text: string): string[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const headings = lines.filter(
    (line) => /^#{1,6}\s+\S/.test(line) || (lines.length > 2 && /^\p{Lu}[^:=]{2,58}[^:=.!?…,;]$/u.test(line)),
  );
  return [...new Set(headings.map(plainLine))];
}

/** Sentences of three words or more; of a labelled line, its value. */
export function sentencesIn(text: string): string[] {
  const headings = new Set(headingsIn(text));
  const found = new Set<string>();
  for (const line of text.split(/\r?\n/).map(plainLine)) {
    if (headings.has(line)) continue;
    const body = unquote(LABEL.exec(line)?.[2] ?? line);
    for (const sentence of body.split(/(?<=[.!?…])\s+/u)) {
      if (/\S\s+\S+\s+\S/u.test(sentence)) found.add(sentence.trim());
    }
  }
  return [...found];
}

/** Numbers as a reader understands them: `1,200` is twelve hundred, `3,5` three and a half. */
export function numbersIn(text: string): number[] {
  const found = text.match(/(?<![\p{L}\d.])-?\d{1,15}(?:[.,]\d{1,6})*(?!\d)/gu) ?? [];
  return found
    .map((number) => {
      const grouped = /^-?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(number);
      return Number(grouped ? number.replaceAll(',', '') : number.replace(',', '.'));
    })
    .filter((number) => Number.isFinite(number));
}

/** Capitalised words inside a sentence: in most languages, names of people, places and things. */
export function namesIn(text: string): string[] {
  const found = text.matchAll(/(?<=[\p{L}\p{N},;:] )\p{Lu}[\p{L}'’-]+(?: \p{Lu}[\p{L}'’-]+)*/gu);
  return [...new Set([...found].map(([name]) => name))];
}

export function emailsIn(text: string): string[] {
  return text.match(/[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{2,63}){1,4}/g) ?? [];
}

export function urlsIn(text: string): string[] {
  const found = text.match(/https?:\/\/[^\s<>"')\]]{1,1000}/g) ?? [];
  return found.map((url) => trimmedOf(url, '.,;!?')).filter((url) => URL.canParse(url));
}

const MOST_BRACES_TRIED = 20;

/** The first JSON object in a text that looks like a schema. */
export function schemaIn(text: string): JsonObject | undefined {
  let start = text.indexOf('{');
  for (let tried = 0; start >= 0 && tried < MOST_BRACES_TRIED; tried += 1) {
    const value = parsed(text.slice(start, closingBrace(text, start) + 1));
    if (isObject(value) && ('properties' in value || '$schema' in value)) return value;
    start = text.indexOf('{', start + 1);
  }
  return undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Where the brace at a position is closed, strings skipped; the text's end when it is not. */
function closingBrace(text: string, start: number): number {
  let depth = 0;
  let quoted = false;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (quoted && character === '\\') at += 1;
    else if (character === '"') quoted = !quoted;
    else if (!quoted && character === '{') depth += 1;
    else if (!quoted && character === '}' && --depth === 0) return at;
  }
  return text.length;
}
