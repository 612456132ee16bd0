import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SAFETY_KINDS, type SafetyKind, type SafetyStatus } from './kinds.ts';
import { type Direct, type DirectFound, directIn, freedOfMarkup, readDirect, unwrapLines } from './direct.ts';
import type { Span } from './clauses.ts';
import { limitLength, readWords, type Token } from './fold.ts';
import { type RuleHit, judge, worstOf } from './judge.ts';
import { createLexicon, type Lexicon, type Word } from './lexicon.ts';
import { readConcepts } from './model/concepts.ts';
import { createFeatures, type FeatureReader } from './model/features.ts';
import { type Model, MODEL_FILE, modelOf, readModelFile } from './model/model.ts';
import { readMeanings, VECTORS_FILE } from './model/vectors.ts';
import { type Language, LANGUAGES, readRules, type Rules } from './rules.ts';
import { createSpelling, type Spelling } from './spelling.ts';
import { weighText } from './weigh-text.ts';

/** What is known of a writer beside the text. */
export interface PrecheckHints {
  /** `de-AT`: counts where the text does not say which language it is in. */
  readonly locale?: string | undefined;
}

export interface SafetyResult {
  readonly status: SafetyStatus;
  readonly kinds: readonly SafetyKind[];
  /** Ids of the rules that were found, never what they were found in; the model's are `model.<status>.v1`. */
  readonly rules: readonly string[];
  readonly language: Language;
  /** The work that it took: it grows with the text's length and nothing else. */
  readonly steps: number;
}

/** The rules and the model, ready to be used. */
interface CompiledRules extends Rules {
  readonly direct: Direct;
  readonly spelling: Spelling;
  readonly lexicon: Lexicon<Word>;
  readonly features: FeatureReader;
}

let compiled: CompiledRules | undefined;
let model: Model | undefined;

/** Compiled with the first text, or when a process warms it up: most processes of the program look at none. */
export function compiledRules(): CompiledRules {
  if (compiled !== undefined) return compiled;
  const rules = readRules();
  const direct = readDirect();
  const { automaton: ofText } = rules.text;
  const { automaton: ofReplies } = rules.reply;
  const spelling = createSpelling({
    knows: (word) => ofText.knows(word) || ofReplies.knows(word),
    vocabulary: new Set([...ofText.vocabulary, ...ofReplies.vocabulary]),
    typingErrors: rules.typingErrors,
  });
  const features = createFeatures(readConcepts(), readMeanings());
  const lexicon = createLexicon((text) => {
    const meant = spelling.meant(text);
    return {
      text,
      meant,
      isMeant: meant.length === 1 && meant[0] === text,
      rules: ofText.read(text),
      replyRules: ofReplies.read(text),
      direct: direct.automaton.read(text),
      model: features.read(text),
    };
  });
  compiled = { ...rules, direct, spelling, lexicon, features };
  return compiled;
}

/** Makes rules and model ready, which takes a third of a second and 80 MB. Throws where a file of theirs is missing or torn. */
export function warmUp(): void {
  assertWhole();
  compiledRules();
  readModel();
}

/** Throws where a file of the model is missing or torn, in some milliseconds: for a start that leaves the rest to the first text. */
export function assertWhole(files: readonly URL[] = [MODEL_FILE, VECTORS_FILE]): void {
  for (const file of files) {
    if (endOf(file).trimEnd().endsWith('}')) continue;
    throw Object.assign(new Error('a file of the safety model is torn'), {
      path: fileURLToPath(file),
      code: 'torn',
    });
  }
}

/** The last bytes of a file: the whole of it would be in memory for the life of a process that may never look at a text. */
function endOf(file: URL): string {
  const opened = openSync(file, 'r');
  try {
    const end = Buffer.alloc(16);
    const { size } = fstatSync(opened);
    return end.toString('utf8', 0, readSync(opened, end, 0, end.length, Math.max(0, size - end.length)));
  } finally {
    closeSync(opened);
  }
}

function readModel(): Model {
  return (model ??= modelOf(readModelFile()));
}

/** Looks at a text: deterministic, without I/O and without asking anybody. It is a floor, not a detector (docs/safety.md). */
export function precheck(text: string, hints: PrecheckHints = {}): SafetyResult {
  const plain = freedOfMarkup(limitLength(text));
  const looked = lookedAt(readText(plain), readModel(), hints);
  return unwrapLines(plain).map(directAgain).reduce(addDirectHits, looked);
}

/** Its words are read for this alone: their steps are among it. */
function directAgain(text: string): DirectFound {
  const read = readText(text);
  const found = directIn(compiledRules().direct, read);
  return { ...found, steps: found.steps + read.steps };
}

/** With what is said outright beside. */
function addDirectHits(looked: SafetyResult, { status, kinds, rules, steps }: DirectFound): SafetyResult {
  const all = new Set([...looked.kinds, ...kinds]);
  return {
    language: looked.language,
    steps: looked.steps + steps,
    status: worstOf([looked.status, status]),
    kinds: SAFETY_KINDS.filter((kind) => all.has(kind)),
    rules: [...new Set([...looked.rules, ...rules])].sort(),
  };
}

/** A text in words. */
export interface TokenizedText {
  readonly tokens: readonly Token[];
  /** What each token is. */
  readonly words: readonly Word[];
}

export function wordsIn(text: string): TokenizedText {
  const { spelling, lexicon } = compiledRules();
  const written = readWords(text, (letters, length, mark) => tokenOf(lexicon.in(letters, length), mark));
  const renameToken = (token: WordToken, word: string) => tokenOf(lexicon.of(word), token);
  const tokens: WordToken[] = [];
  for (const token of spelling.joined(written, renameToken)) {
    if (token.is.isMeant) tokens.push(token);
    else tokens.push(...token.is.meant.map((word) => renameToken(token, word)));
  }
  const once = withoutRepeats(tokens);
  return { tokens: once, words: once.map(({ is }) => is) };
}

/** A phrase of so many words that is said again and again is read as often as makes so many words: more says nothing more, and costs. */
const LONGEST_REPEATED = 12;
const MOST_REPEATED = 160;

function withoutRepeats(tokens: readonly WordToken[]): readonly WordToken[] {
  if (tokens.length <= MOST_REPEATED) return tokens;
  const kept: WordToken[] = [];
  /** For each length of a phrase how many words up to here are the same as the one so far before. */
  const same = new Int32Array(LONGEST_REPEATED + 1);
  for (const token of tokens) {
    kept.push(token);
    for (let length = 1; length <= LONGEST_REPEATED; length++) {
      const isSame = kept[kept.length - 1 - length]?.is === token.is;
      const count = (same[length] = isSame ? (same[length] ?? 0) + 1 : 0);
      if (count < MOST_REPEATED) continue;
      kept.length -= length;
      same[length] = count - length;
      break;
    }
  }
  return kept;
}

interface WordToken extends Token {
  readonly is: Word;
}

function tokenOf(is: Word, { quoted, pauses }: Omit<Token, 'word'>): WordToken {
  return { word: is.text, quoted, pauses, is };
}

/** A text in words, with all that the rules found in it. */
export interface ReadText extends TokenizedText, RulesFound {
  /** What they find in a part of it by itself, counted from there. */
  readonly foundIn: (span: Span) => RulesFound;
}

interface RulesFound {
  readonly found: readonly RuleHit[];
  readonly steps: number;
}

export function readText(text: string): ReadText {
  return foundInText(wordsIn(text));
}

function foundInText({ tokens, words }: TokenizedText): ReadText {
  const foundIn = ({ from, to }: Span) => findRules(words.slice(from, to));
  return { tokens, words, ...findRules(words), foundIn };
}

function findRules(words: readonly Word[]): RulesFound {
  const { automaton, meanings } = compiledRules().text;
  const { hits, steps } = automaton.run(words.map((word) => word.rules));
  const found = hits.flatMap((hit): RuleHit[] => {
    const meaning = meanings[hit.owner];
    return meaning === undefined ? [] : [{ ...hit, meaning }];
  });
  return { found, steps };
}

/** The verdict of the rules and this model on a text; direct statements in it are never lowered. */
export function lookedAt(read: ReadText, by: Model, hints: PrecheckHints = {}): SafetyResult {
  const { found, steps } = read;
  const said = directIn(compiledRules().direct, read);
  const weighed = weighedBy(read, by);
  // A denial and what is everyday say nothing for themselves: what stands beside them decides.
  const isLowered = weighed.status === 'crisis' && said.status !== 'crisis' && said.asides.length > 0;
  const { status, kinds, rules } = isLowered ? weighedBy(withoutSpans(read, said.asides), by) : weighed;
  return addDirectHits({ status, kinds, rules, language: languageOf(found, hints), steps }, said);
}

function weighedBy({ tokens, words, found, foundIn }: ReadText, by: Model) {
  const { features } = compiledRules();
  const known = words.map((word) => word.model);
  return weighText(judge(tokens, found), { tokens, found, foundIn }, ({ from, to }, facts) =>
    by(features.features(known.slice(from, to), facts)),
  );
}

/** The text without these words. */
function withoutSpans({ tokens, words }: TokenizedText, spans: readonly Span[]): ReadText {
  const isLeft = (_: unknown, at: number) => !spans.some(({ from, to }) => from <= at && at < to);
  return foundInText({ tokens: tokens.filter(isLeft), words: words.filter(isLeft) });
}

/** The language whose rules found most; else that of the locale. */
function languageOf(found: readonly RuleHit[], { locale }: PrecheckHints): Language {
  if (found.length === 0) return languageOfLocale(locale);
  const counts: Record<Language, number> = { en: 0, es: 0, de: 0, fr: 0 };
  for (const { meaning, from, to } of found) counts[meaning.language] += to - from + 1;
  return LANGUAGES.reduce((one, other) => (counts[other] > counts[one] ? other : one));
}

/** `de-AT` is German; languages without rules are English. */
export function languageOfLocale(locale: string | undefined): Language {
  const asked = locale?.slice(0, 2).toLowerCase();
  return LANGUAGES.find((language) => language === asked) ?? 'en';
}
