import { type Act, canonicalWord, type SpokenLanguage, tellsNothing, verbOf } from './lexicon.ts';
import { dayIn, type NamedDay } from '../content/dates.ts';
import { foldWord } from '../content/words.ts';

/** Characters of a message that are read: a request stands in its beginning. */
const READ_AT_MOST = 2_000;
const MOST_CLAUSES = 8;
const QUOTED = /"[^"]*"|“[^”]*”|„[^“”]*[“”]|«[^»]*»|»[^«]*«|(?<![\p{L}\p{N}])'[^']*'(?!\p{L})/gu;
const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}'’_-]*/gu;
/** Stands for each letter of a quoted text, where only the words around it count. */
const BLANK = '·';
const NEGATED = /\b(?:don['’]?t|do not|never|nicht|niemals)\b/iu;
const BETWEEN_CLAUSES = /(?<!\d)[.;!?]\s+|\n+|,?\s+(?:and then|and|then|und dann|und|dann)\s+/giu;
const ARTICLE = /^(?:an?|the|my|eine?n?|die|das|den|meine?n?)\s/iu;

interface Word {
  readonly folded: string;
  readonly canonical: string;
  readonly start: number;
  readonly end: number;
}

/** One thing that a message asks for. */
export interface Clause {
  /** Its text; what is quoted is blank in `plain`, at the same positions. */
  readonly text: string;
  readonly plain: string;
  readonly words: readonly Word[];
  /** Its words as they stand there and as tools name them. */
  readonly said: ReadonlySet<string>;
  readonly quotes: readonly string[];
  /** The text behind a colon. */
  readonly afterColon: string | undefined;
  readonly act: Act | undefined;
  readonly isQuestion: boolean;
  readonly day: NamedDay | undefined;
}

export interface Sentence {
  readonly text: string;
  readonly language: SpokenLanguage;
  readonly clauses: readonly Clause[];
}

/** Reads what a message asks for. */
export function readSentence(message: string, now: number | undefined): Sentence {
  const text = message.slice(0, READ_AT_MOST).trim();
  const plain = text.replaceAll(QUOTED, (quoted) => BLANK.repeat(quoted.length));
  const colon = /:\s/u.exec(plain);
  const end = colon === null ? text.length : colon.index;
  const pieces = piecesOf(plain.slice(0, end));
  const clauses: Clause[] = [];
  for (const { start, end: stop } of pieces.slice(0, MOST_CLAUSES)) {
    const isLast = stop === end;
    const afterColon = isLast && colon !== null ? text.slice(colon.index + 1).trim() : undefined;
    const part = { text: text.slice(start, stop), plain: plain.slice(start, stop), afterColon };
    clauses.push(readClause(part, { now, former: clauses.at(-1)?.act }));
  }
  return { text, language: languageIn(clauses), clauses };
}

/** A text is cut only where something new is asked for: `call Bob and Eve` is one title. */
function piecesOf(plain: string): { start: number; end: number }[] {
  const pieces: { start: number; end: number }[] = [];
  let start = 0;
  for (const cut of plain.matchAll(BETWEEN_CLAUSES)) {
    const next = cut.index + cut[0].length;
    const rest = plain.slice(next);
    const [first = ''] = rest.match(WORD) ?? [];
    const isSentence = /^[.;!?\n]/u.test(cut[0]);
    if (!isSentence && verbOf(foldWord(first)) === undefined && !ARTICLE.test(rest)) continue;
    pieces.push({ start, end: cut.index + (isSentence ? 1 : 0) });
    start = next;
  }
  pieces.push({ start, end: plain.length });
  return pieces.filter((piece) => plain.slice(piece.start, piece.end).trim() !== '' || pieces.length === 1);
}

function readClause(
  part: { readonly text: string; readonly plain: string; readonly afterColon: string | undefined },
  { now, former }: { readonly now: number | undefined; readonly former: Act | undefined },
): Clause {
  const words = [...part.plain.matchAll(WORD)].map((match): Word => {
    const folded = foldWord(match[0]);
    return {
      folded,
      canonical: canonicalWord(folded),
      start: match.index,
      end: match.index + match[0].length,
    };
  });
  const said = new Set(words.flatMap(({ folded, canonical }) => [folded, canonical]));
  for (const word of said) {
    const kind = IMPLIED.get(word);
    if (kind !== undefined) said.add(kind);
  }
  const isNote = /^(?:please )?note (?:that|down)\b|^please note\b/iu.test(part.plain);
  const act = isNote ? 'create' : (actOf(words) ?? former);
  const isChange = act !== undefined && act !== 'read';
  return {
    ...part,
    words,
    said,
    quotes: [...part.text.matchAll(QUOTED)].map(([quoted]) => quoted.slice(1, -1).trim()).filter(Boolean),
    act: isChange && NEGATED.test(part.plain) ? undefined : act,
    isQuestion: part.plain.trimEnd().endsWith('?'),
    day: dayIn(`${part.plain} ${part.afterColon ?? ''}`, now),
  };
}

/** Verbs that say what they are about: who is to be reminded wants a task. */
const IMPLIED: ReadonlyMap<string, string> = new Map([
  ['remind', 'task'],
  ['erinnere', 'task'],
  ['erinner', 'task'],
  ['plan', 'task'],
  ['plane', 'task'],
  ['jot', 'note'],
  ['notiere', 'note'],
  ['notier', 'note'],
]);

/** By the first verb; `set up` makes something. */
function actOf(words: readonly Word[]): Act | undefined {
  const index = words.findIndex(({ folded }) => verbOf(folded) !== undefined);
  const verb = words[index]?.folded;
  if (verb === 'set' && words[index + 1]?.folded === 'up') return 'create';
  return verb === undefined ? undefined : verbOf(verb)?.act;
}

function languageIn(clauses: readonly Clause[]): SpokenLanguage {
  const words = clauses.flatMap((clause) => clause.words.map(({ folded }) => folded));
  const count = (language: SpokenLanguage): number =>
    words.filter((word) => verbOf(word)?.language === language || SMALL_WORDS[language].has(word)).length;
  return count('de') > count('en') ? 'de' : 'en';
}

const SMALL_WORDS = {
  de: new Set(
    'der die das den eine einen ein mein meine meinen fuer bitte ist sind und mich aufgabe aufgaben notiz notizen projekt heute faellig'.split(
      ' ',
    ),
  ),
  en: new Set(
    'the a an my for please is are and me to of task tasks note notes project today due'.split(' '),
  ),
};

/** Words by which a record is meant: without verbs, what kind of thing it is, values and small words. */
export function tellingWords(clause: Clause, kinds: ReadonlySet<string>): string[] {
  return clause.words
    .filter(({ folded, canonical }) => !tellsNothing(folded) && !kinds.has(canonical))
    .filter(({ start }) => clause.day === undefined || start < clause.day.start || start >= clause.day.end)
    .map(({ folded }) => folded);
}

const LEADS =
  /^(?:,|-|–|to|for|that|about|called|named|titled|saying|says|with the (?:title|name)|namens|genannt|mit (?:dem|der) (?:titel|namen?)|um|zum?|für|über|daran|an|dass ich|dass|me|mich)(?![\p{L}])\s*/iu;
/** Words about a record that follow its title. */
const TRAILS: readonly RegExp[] = [
  /[\s,.!?]+$/u,
  /\s+(?:please|bitte|an|hinzu|ein|auf)$/iu,
  /\s+(?:with|mit|as|als)\s+(?:\p{L}+\s+)?(?:priority|priorität)$/iu,
  /\s+(?:in|for|to|für|im|in das|zum|of|von)\s+(?:the |my |das |dem )?(?:\p{L}+\s+)?(?:project|projekt)(?:\s.*)?$/iu,
  /\s+(?:by|until|due|on|for|bis|zum|am|für|fällig|at)$/iu,
];

/** The title of something new: quoted, behind a colon, or behind the word for what it is. */
export function titleIn(clause: Clause, kind: string): string | undefined {
  const [quote] = clause.quotes;
  if (quote !== undefined) return quote;
  const noun =
    clause.words.find(({ canonical }) => canonical === kind) ??
    clause.words.find(({ folded }) => verbOf(folded) !== undefined);
  const { length } = clause.text;
  const rest = trimTitle(withoutDay(clause, noun?.end ?? 0, length));
  const title = rest === '' ? trimTitle(withoutDay(clause, length + 1).split('\n')[0] ?? '') : rest;
  return title === '' ? undefined : title.replace(/^\p{Ll}/u, (letter) => letter.toUpperCase());
}

/** A part of a clause and what follows its colon, without the day that it names. */
function withoutDay({ text, afterColon = '', day }: Clause, from: number, to?: number): string {
  const whole = `${text} ${afterColon}`;
  if (day === undefined || day.start < from || day.end > (to ?? whole.length)) return whole.slice(from, to);
  return `${whole.slice(from, day.start).trimEnd()} ${whole.slice(day.end, to).trimStart()}`.trimEnd();
}

function trimTitle(text: string): string {
  let title = text.trim();
  for (let turn = 0; turn < 4; turn += 1) {
    title = title.replace(LEADS, '').trimStart();
    for (const trail of TRAILS) title = title.replace(trail, '');
  }
  return title;
}
