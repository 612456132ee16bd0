import { type JsonObject, isObject } from './json.ts';
import { dayIn, instantIn } from './dates.ts';
import { lazy } from './lazy.ts';
import { hash, keywordsOf, labelKey, type Language, languageNamed, languageOf } from './words.ts';
import { nameWords, trimmedOf, wordsOf } from './words.ts';

/** The text of a message, from all its parts. */
export interface Spoken {
  readonly role: string;
  readonly text: string;
}

// Reading is linear, but a 4 MB prompt should still cost a millisecond and not a second.
const READ_AT_MOST = 32_768;
const LONGEST_SUBJECT = 2_000;
const MOST_BRACES_TRIED = 20;
const SUBJECT_LABELS = ['topic', 'subject', 'title', 'question'];
const LABEL = /^[\s>*•-]*(\p{L}[\p{L}\p{N}_-]*(?: [\p{L}\p{N}_-]+){0,3})\s?[:=][ \t]+(\S.*)$/u;
const GREETING =
  /^(?:hi|hello|dear|hallo|liebe[r]?)\b[^,.!?]{0,40},\s*(?:please\s|bitte\s)?(?=(?:\S+\s+){4})/iu;
/** What stands before the subject in an order: `Write a post about …`. */
const ORDER =
  /^(?:please\s+)?(?:write|create|make|draft|give|tell|explain|summari[sz]e|describe|generate)\b.{0,80}?\b(?:about|on|of|from)\s+/iu;

/** The words that a request gives, read on first use: no clock and no chance, so that equal requests get equal answers. */
export class Material {
  readonly text: string;
  readonly #instructions: string;
  readonly #last: string;

  constructor(messages: readonly Spoken[]) {
    const told = messages.filter(({ role }) => role === 'system' || role === 'developer');
    const asked = messages.filter(({ role }) => role === 'user' || role === 'tool');
    this.#instructions = joinMessages(told);
    this.text = joinMessages(asked);
    this.#last = asked.findLast(({ role }) => role === 'user')?.text.slice(0, READ_AT_MOST) ?? this.text;
  }

  readonly seed = lazy(() => hash(this.text));

  /** `Topic: …` lines by normalised name. Those of the instructions explain fields, and are no values. */
  readonly labels = lazy((): ReadonlyMap<string, string> => labelsIn(this.text));

  /** The instant that the instructions say it is: a sandbox has no clock. */
  readonly now = lazy(() => instantIn(this.#instructions));

  /** Noon of the day that the text names. */
  readonly day = lazy(() => dayIn(this.text, this.now())?.noon);

  /** The written lines: the value of a labelled line, each line of a quotation. */
  readonly lines = lazy((): readonly string[] => linesIn(this.text));

  readonly sentences = lazy((): readonly string[] => sentencesIn(this.lines()));

  /** Capitalised words inside a sentence: in most languages, names of people, places and things. */
  readonly names = lazy((): readonly string[] => {
    const found = this.text.matchAll(/(?<=[\p{L}\p{N},;:] )\p{Lu}[\p{L}'’-]+(?: \p{Lu}[\p{L}'’-]+)*/gu);
    return [...new Set([...found].map(([name]) => name))];
  });

  /** The one that a label or the instructions ask for, else that of what the user wrote, without the names of labels. */
  readonly language = lazy((): Language => {
    const named = this.label('language');
    if (named !== undefined) return languageNamed(named) ?? 'en';
    const [, told = ''] = /\bwrite in ([\p{L}-]{2,35})/iu.exec(this.#instructions) ?? [];
    return languageNamed(told) ?? languageOf(this.sentences().join('\n') || this.lines().join('\n'));
  });

  /** A language that is asked for and that the sandbox has no phrases of. */
  readonly unspoken = lazy((): string | undefined => {
    const named = this.label('language');
    return named !== undefined && languageNamed(named) === undefined ? named : undefined;
  });

  /** Its subject: a label that says so, else the first sentence that the last message asks. */
  readonly subject = lazy((): string => {
    const label = SUBJECT_LABELS.map((name) => this.labels().get(name)).find((value) => value !== undefined);
    // Rows in JSON are called by their label.
    const [, rows] = /^(\p{L}[\p{L} ]{0,40}): "?[[{]/u.exec(this.#last) ?? [];
    const asked = linesIn(askedIn(this.#last));
    const raw = (label ?? sentencesIn(asked)[0] ?? rows ?? asked.join(' ')).slice(0, LONGEST_SUBJECT);
    const words = raw
      .replace(/^#+ /u, '')
      .replace(GREETING, '')
      .replace(ORDER, '')
      .trim()
      .split(/\s+/u)
      .join(' ');
    return trimmedOf(words, ' .!?:;,…').trim() || 'sandbox';
  });

  /** Words that carry the subject, those of the subject itself first; never empty. */
  readonly keywords = lazy((): readonly [string, ...string[]] => {
    const [first = 'sandbox', ...rest] = keywordsOf(
      [this.subject(), ...this.sentences()].join(' '),
      this.language(),
    );
    return [first, ...rest];
  });

  /** A JSON schema written into the prompt, where libraries put it for models that take no schema. */
  readonly embeddedSchema = lazy(() => schemaIn(this.#instructions) ?? schemaIn(this.text));

  readonly #said = lazy(() => new Set(wordsOf(this.lines().join('\n').toLowerCase())));

  /** Whether all words of an identifier stand in the text. */
  mentions(name: string): boolean {
    const asked = nameWords(name);
    return asked.length > 0 && asked.every((word) => this.#said().has(word));
  }

  /** The value of a label that means the same as an identifier: `dueDate` finds `Due date: …`. */
  label(name: string): string | undefined {
    return this.labels().get(labelKey(name));
  }
}

function joinMessages(messages: readonly Spoken[]): string {
  const text = messages.map((message) => message.text).join('\n');
  return text.slice(0, READ_AT_MOST);
}

function labelsIn(text: string): Map<string, string> {
  const found = text.split('\n').flatMap((line): [string, string][] => {
    const [, name, value] = LABEL.exec(line.trimEnd()) ?? [];
    return name === undefined || value === undefined ? [] : [[labelKey(name), unquote(value)]];
  });
  return new Map(found.filter(([, value]) => value !== ''));
}

/** Prompts quote what a stranger typed as a JSON string. */
function unquote(value: string): string {
  const text = value.startsWith('"') ? parseJson(value.trim()) : value;
  return (typeof text === 'string' ? text : value).trim();
}

/** The person's words in a message: those that a prompt quotes as their message, else all of it. */
export function askedIn(text: string): string {
  const [, quoted] = /^(?:message|question|request): (".*")$/imu.exec(text.slice(0, 100_000)) ?? [];
  return quoted === undefined ? text : unquote(quoted);
}

/** The number of a quoted line, and who said it: `3 user: …`. */
const NUMBERED = /^(\d{1,6}) [\p{L}_]{1,40}: (?=\S)/u;

function linesIn(text: string): string[] {
  return text.split(/\r?\n/u).flatMap((line) => {
    const value = LABEL.exec(line.trim())?.[2] ?? line;
    const words = unquote(value);
    return words === value.trim() ? [words] : words.split(/\r?\n/u);
  });
}

/** A line without its number. */
export function readNumbered(line: string): { readonly number: number | undefined; readonly words: string } {
  const [mark = '', number] = NUMBERED.exec(line) ?? [];
  return {
    number: number === undefined ? undefined : Number(number),
    words: line.slice(mark.length),
  };
}

/** Sentences of three words or more; rows in JSON are none. */
function sentencesIn(lines: readonly string[]): string[] {
  const said = lines.filter((line) => !/^[[{]/u.test(line) || parseJson(line) === undefined);
  const all = said
    .map((line) => readNumbered(line).words)
    .flatMap((line) => line.split(/(?<=[.!?…])\s+/u))
    .map((sentence) => sentence.trim());
  return [...new Set(all.filter((sentence) => /\S\s+\S+\s+\S/u.test(sentence)))];
}

/** The first JSON object in a text that looks like a schema. */
function schemaIn(text: string): JsonObject | undefined {
  let start = text.indexOf('{');
  for (let tried = 0; start >= 0 && tried < MOST_BRACES_TRIED; tried += 1) {
    const value = parseJson(text.slice(start, closingBrace(text, start) + 1));
    if (isObject(value) && ('properties' in value || '$schema' in value)) return value;
    start = text.indexOf('{', start + 1);
  }
  return undefined;
}

/** The value of a JSON text; undefined for any other text. */
export function parseJson(text: string): unknown {
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
