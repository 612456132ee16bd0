import { datesIn, withoutDates } from './dates.ts';
import { type Language, languageNamed, languageOf } from './languages.ts';
import { lazy } from './lazy.ts';
import {
  emailsIn,
  headingsIn,
  labelsIn,
  namesIn,
  numbersIn,
  plainLine,
  schemaIn,
  sentencesIn,
  urlsIn,
} from './reading.ts';
import { hash, keywordsOf, labelKey, nameWords, trimmedOf, wordsOf } from './words.ts';

/** What a message says, whatever parts it came in. */
export interface Spoken {
  readonly role: string;
  readonly text: string;
}

// Reading is linear, but a 4 MB prompt should still cost a millisecond and not a second.
const READ_AT_MOST = 32_768;
// Each look reads the whole text: a quarter of a millisecond, where it is as long as it may be.
const MOST_LOOKS = 200;
const LONGEST_STEM = 40;
const LONGEST_SUBJECT = 2_000;
const MOST_NUMBERS = 500;
const SUBJECT_LABELS = ['topic', 'subject', 'title', 'theme', 'thema', 'sujet', 'tema', 'question'];
const REQUEST =
  /^(?:please\s+)?(?:write|create|make|draft|give|tell|explain|summari[sz]e|describe|generate|extract)\b.{0,80}?\b(?:about|on|of|from)\s+/iu;

/**
 * The words that a request gives, sorted into what answers are made of. Everything is derived on first use
 * and depends on the words alone: no clock, no chance.
 */
export class Material {
  readonly text: string;
  readonly #instructions: string;
  readonly #last: string;

  constructor(messages: readonly Spoken[]) {
    const told = messages.filter(({ role }) => role === 'system' || role === 'developer');
    const asked = messages.filter(({ role }) => role === 'user' || role === 'tool');
    this.#instructions = join(told);
    this.text = asked.length > 0 ? join(asked) : this.#instructions;
    this.#last = asked.findLast(({ role }) => role === 'user')?.text.slice(0, READ_AT_MOST) ?? this.text;
  }

  /** Turns equal requests into equal choices of phrases, and different ones into different choices. */
  readonly seed = lazy(() => hash(this.text));

  /**
   * `Topic: …` lines and `<topic>…</topic>` elements, by normalised name. Those of the instructions count only when the
   * user gives none: beside a brief, `hook: the first line` explains a field.
   */
  readonly labels = lazy((): ReadonlyMap<string, string> => {
    const given = labelsIn(this.text);
    return new Map(given.length > 0 ? given : labelsIn(this.#instructions));
  });

  readonly headings = lazy((): readonly string[] => headingsIn(this.text));
  readonly sentences = lazy((): readonly string[] => sentencesIn(this.text));
  readonly dates = lazy((): readonly string[] => datesIn(this.text));
  readonly numbers = lazy((): readonly number[] => numbersIn(withoutDates(this.text)).slice(0, MOST_NUMBERS));
  readonly names = lazy((): readonly string[] => namesIn(withoutDates(this.text)));
  readonly emails = lazy((): readonly string[] => emailsIn(this.text));
  readonly urls = lazy((): readonly string[] => urlsIn(this.text));

  readonly language = lazy((): Language => {
    const named = this.#namedLanguage();
    if (named !== undefined) return languageNamed(named) ?? 'en';
    return languageOf(wordsOf(this.text.slice(0, 4096)).map((word) => word.toLowerCase()));
  });

  /** What it is about: a label that says so, else the last message's heading, else its first sentence. */
  readonly subject = lazy((): string => {
    const label = SUBJECT_LABELS.map((name) => this.labels().get(name)).find((value) => value !== undefined);
    const raw = label ?? headingsIn(this.#last)[0] ?? sentencesIn(this.#last)[0] ?? plainLine(this.#last);
    const words = plainLine(raw.slice(0, LONGEST_SUBJECT)).replace(REQUEST, '').split(/\s+/u).join(' ');
    const subject = trimmedOf(words, ' .!?:;,…¿¡').trim();
    return subject === '' ? 'sandbox' : subject;
  });

  /** A language that is asked for and that the sandbox has no phrases of. */
  readonly unspoken = lazy((): string | undefined => {
    const named = this.#namedLanguage();
    return named !== undefined && languageNamed(named) === null ? named : undefined;
  });

  /** Words that carry the subject, those of the subject itself first; never empty. */
  readonly keywords = lazy((): readonly string[] => {
    const found = keywordsOf([this.subject(), ...this.sentences()].join(' '), this.language());
    return found.length > 0 ? found : ['sandbox'];
  });

  /** A JSON schema written into the prompt, where libraries put it for models that take no schema. */
  readonly embeddedSchema = lazy(() => schemaIn(this.#instructions) ?? schemaIn(this.text));

  readonly #namedLanguage = lazy(() =>
    ['language', 'lang', 'locale'].map((name) => this.labels().get(name)).find((value) => value),
  );

  readonly #looked = new Map<string, RegExpExecArray | null>();
  readonly #said = lazy(() => new Set(wordsOf(this.text.toLowerCase())));

  /** Whether all words of an identifier stand in the text. */
  mentions(name: string): boolean {
    const asked = nameWords(name);
    return asked.length > 0 && asked.every((word) => this.#said().has(word));
  }

  /** The value of a label that means the same as an identifier: `dueDate` finds `Due date: …`. */
  label(name: string): string | undefined {
    return this.labels().get(labelKey(name));
  }

  /** How many of something the text asks for: `Variants: 3` or `3 short variants`. */
  countOf(name: string): number | null {
    const label = this.label(name);
    if (label !== undefined && /^\d{1,3}$/.test(label)) return Number(label);
    const last = nameWords(name).at(-1);
    if (last === undefined) return null;
    const stem = last.slice(0, LONGEST_STEM).replace(/s$/, '');
    const match = this.first(String.raw`(?<![\d.,])(\d{1,2})\s+(?:\p{L}{1,20}\s+)?${stem}`);
    return match?.[1] === undefined ? null : Number(match[1]);
  }

  /** Where an expression of ours first stands in the text; a request that asks for too many gets no more of them looked for. */
  first(expression: string): RegExpExecArray | null {
    const known = this.#looked.get(expression);
    if (known !== undefined || this.#looked.size >= MOST_LOOKS) return known ?? null;
    const found = new RegExp(expression, 'iu').exec(this.text);
    this.#looked.set(expression, found);
    return found;
  }
}

function join(messages: readonly Spoken[]): string {
  return messages
    .map(({ text }) => text)
    .join('\n')
    .slice(0, READ_AT_MOST);
}
