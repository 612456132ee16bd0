import type { SafetyKind, SafetyStatus } from './kinds.ts';
import { SAFETY_KINDS } from './kinds.ts';
import { clausesOf, type Span, spansAround, withoutConjunction } from './clauses.ts';
import { sentencesOf, type Token } from './fold.ts';
import { type RuleHit, type Judgement, judge, worstOf } from './judge.ts';
import { type Chances, type Group, GROUPS } from './model/model.ts';

/** From this chance on a text is answered in place of the product: of everyday messages that it has not seen the model is so sure of 3 in 1,000 at most. */
const CERTAIN = 0.75;
/** From this chance on it may be a crisis: the product answers, with words and helplines beside. */
const CRISIS = 0.49;
/** What the rules find stands, unless the chance of it is below this. */
const DOUBT = 0.42;
/** From this chance on, that it is anything but harmless, the call goes on with words and helplines to show: 3 in 100 everyday messages of a language at most. */
const UNSURE = 0.55;
/** The same for a caution, or a concern for another: what is shown with the reply does little harm where it was not needed. */
const LESS_DOUBT = 0.3;
/** From this chance on a text is about another person, where no rule says so. */
const CONCERN = 0.45;
/** So sure the model must be where the rules know that all that they found is denied, an idiom or told. */
const DESPITE = 0.8;
/** With fewer words the model says nothing. */
const FEWEST = 4;
/** With fewer words it may say that they are a crisis, and not that it is unsure: they say too little to go by. */
const FEWEST_UNSURE = 8;
/** In a text of so many words, in a sentence of so many, a clause is looked at by itself: where more is told, the rest says more of a clause than it does. */
const SHORT_TEXT = 30;
const SHORT_SENTENCE = 20;
/** Kinds whose subject only the whole text says. */
const NEEDS_TEXT: ReadonlySet<SafetyKind> = new Set(['plan', 'violence', 'medical_emergency']);
/** A group of kinds is named from this chance on. */
const NAMED = 0.5;

/** A longer text is looked at in pieces of so many words: what is said in passing must not drown in it. */
const PIECE = 80;
/** A piece begins so many words behind the one before. */
const APART = 60;

export const MODEL_RULES = ['model.crisis.v1', 'model.concern.v1', 'model.unsure.v1'] as const;

/** What is looked at again, sentence by sentence, where the whole text was judged to be less. */
const GRAVE: readonly SafetyStatus[] = ['concern', 'crisis'];

type Verdict = Pick<Judgement, 'status' | 'kinds' | 'rules'>;
/** What the model says of these words of the text, where the rules found this. */
type Weigh = (piece: Piece, facts: readonly string[]) => Chances;

/** What a text is by the rules and by the model together (decision 80). */
export function weighText(ruled: Judgement, { tokens, found, foundIn }: Read & Again, weigh: Weigh): Verdict {
  const words = wordsIn(tokens);
  if (words < FEWEST) return ruled;
  const pieces = piecesOf(tokens);
  const look = (piece: Piece) => weighedPiece(piece, { tokens, found }, weigh);
  const whole = { from: 0, to: tokens.length };
  let worst = pieces[0] ?? whole;
  let chances = pieces.length === 0 ? weigh(whole, ruled.facts) : look(worst);
  for (const piece of pieces.slice(1)) {
    const other = look(piece);
    if (isWorse(other, chances)) [worst, chances] = [piece, other];
  }
  const together = statusOf(ruled, chances);
  const isLowered = GRAVE.includes(ruled.status) && !GRAVE.includes(together);
  const status = isLowered ? worstOf([together, ...sentencesAlone({ tokens, found }, weigh)]) : together;
  const [clause] = status === 'crisis' ? [] : clausesAlone({ tokens, found, foundIn }, weigh);
  if (clause !== undefined) return clause;
  const isShort =
    status === 'caution' && ruled.status === 'ok' && words < FEWEST_UNSURE && chances.status.crisis < CRISIS;
  if (status === 'ok' || isShort) return { status: 'ok', kinds: [], rules: [] };
  if (status === ruled.status) return { status, kinds: ruled.kinds, rules: ruled.rules };
  // Groups are those of the text that was looked at last.
  const groupsOf = () => ((pieces.at(-1) ?? worst) === worst ? chances.groups() : look(worst).groups());
  const kinds = ruled.kinds.length > 0 ? ruled.kinds : kindsOf(groupsOf());
  return { status, kinds, rules: [...ruled.rules, ruleOf(status)].sort() };
}

function wordsIn(tokens: readonly Token[]): number {
  return tokens.reduce((count, { word }) => (word === '' ? count : count + 1), 0);
}

/** What each sentence is by itself in which a rule found a crisis or a concern: what stands around it does not lower it. Of an attempt under way it is not asked how sure it is. */
function sentencesAlone({ tokens, found }: Read, weigh: Weigh): SafetyStatus[] {
  const isFiction = found.some(({ meaning }) => meaning.of === 'fiction');
  return sentencesIn(tokens, found).flatMap((sentence) => {
    if (!sentence.found.some(({ meaning }) => meaning.of === 'rule' && GRAVE.includes(meaning.status)))
      return [];
    const own = judgedPiece(sentence, { tokens, found: sentence.found });
    const chances = weigh(sentence, own.facts);
    const alone = statusOf(own, chances);
    const isCertain = (chances.status.crisis >= CERTAIN || own.kinds.includes('attempt_now')) && !isFiction;
    return [alone === 'crisis' && !isCertain ? 'caution' : alone];
  });
}

/** Each clause of a short text by itself in which a rule found a crisis: no film, song or ordinary day in another clause lowers it. */
function clausesAlone({ tokens, found, foundIn }: Read & Again, weigh: Weigh): Verdict[] {
  const hits = found.filter(({ meaning }) => meaning.of === 'rule' && meaning.status === 'crisis');
  if (hits.length === 0 || tokens.length > SHORT_TEXT) return [];
  const sentences = sentencesOf(tokens);
  const lengths = Map.groupBy(sentences, (sentence) => sentence);
  return spansAround(hits, clausesOf(tokens)).flatMap((clause): Verdict[] => {
    const span = withoutConjunction(tokens, clause);
    if ((lengths.get(sentences[span.to - 1] ?? 0)?.length ?? 0) > SHORT_SENTENCE) return [];
    const own = tokens.slice(span.from, span.to);
    const inside = foundIn(span).found;
    const { status, kinds, rules, facts } = judge(own, inside);
    if (status !== 'crisis' || !speaksOfSelf(own, inside)) return [];
    if (kinds.every((kind) => NEEDS_TEXT.has(kind))) return [];
    const isSure = wordsIn(own) < FEWEST || weigh(span, facts).status.crisis >= CRISIS;
    return isSure ? [{ status, kinds, rules }] : [];
  });
}

/** First person by a word of its own, or by the end of a Spanish infinitive. */
function speaksOfSelf(tokens: readonly Token[], found: readonly RuleHit[]): boolean {
  return (
    found.some(({ meaning }) => meaning.of === 'first_person') ||
    tokens.some(({ word }) => /..[aei]rme$/.test(word))
  );
}

/** Sentences with what was found within each, where something was. */
function sentencesIn(tokens: readonly Token[], found: readonly RuleHit[]): (Piece & { found: RuleHit[] })[] {
  const sentenceOf = sentencesOf(tokens);
  const within = found.filter(({ from, to }) => sentenceOf[from] === sentenceOf[to]);
  const begins: number[] = [];
  for (const [at, sentence] of sentenceOf.entries()) begins[sentence] ??= at;
  return [...Map.groupBy(within, ({ to }) => sentenceOf[to] ?? 0)].map(([sentence, own]) => {
    return { from: begins[sentence] ?? 0, to: begins[sentence + 1] ?? tokens.length, found: own };
  });
}

function isWorse({ status: one }: Chances, { status: other }: Chances): boolean {
  return Math.max(one.crisis, (1 - one.ok) / 2) > Math.max(other.crisis, (1 - other.ok) / 2);
}

interface Read {
  readonly tokens: readonly Token[];
  readonly found: readonly RuleHit[];
}

interface Again {
  /** Finds of the rules in a part of the text by itself. */
  readonly foundIn: (span: Span) => Pick<Read, 'found'>;
}

function statusOf({ status: ruled, isDenied }: Judgement, { status }: Chances): SafetyStatus {
  const { ok, concern, crisis } = status;
  if (ruled === 'crisis' && crisis >= DOUBT) return 'crisis';
  if (crisis >= (isDenied ? DESPITE : CERTAIN) && crisis > concern) return 'crisis';
  if (ruled === 'concern' || ruled === 'caution') return 1 - ok >= LESS_DOUBT ? ruled : 'ok';
  if (isDenied) return 'ok';
  if (concern >= CONCERN) return 'concern';
  if (crisis >= CRISIS && crisis > concern) return 'caution';
  return 1 - ok >= (ruled === 'ok' ? UNSURE : DOUBT) ? 'caution' : 'ok';
}

function ruleOf(status: SafetyStatus): (typeof MODEL_RULES)[number] {
  if (status === 'crisis') return 'model.crisis.v1';
  return status === 'concern' ? 'model.concern.v1' : 'model.unsure.v1';
}

/** Those of the groups that the model names, the likeliest at least: where the rules found no kinds. */
function kindsOf(chances: Readonly<Record<Group, number>>): SafetyKind[] {
  const likeliest = GROUPS.reduce((one, other) => (chances[other] > chances[one] ? other : one));
  const named = new Set(
    GROUPS.filter((one) => one === likeliest || chances[one] >= NAMED).map((one) => KIND_OF[one]),
  );
  return SAFETY_KINDS.filter((kind) => named.has(kind));
}

const KIND_OF: Readonly<Record<Group, SafetyKind>> = {
  suicide: 'wish_to_be_dead',
  self_injury: 'self_injury',
  eating_disorder: 'eating_disorder',
  violence: 'violence',
  abuse: 'abuse',
  medical_emergency: 'medical_emergency',
};

interface Piece {
  readonly from: number;
  readonly to: number;
}

function weighedPiece(piece: Piece, read: Read, weigh: Weigh): Chances {
  return weigh(piece, judgedPiece(piece, read).facts);
}

/** What the rules say of a piece by itself. */
function judgedPiece({ from, to }: Piece, { tokens, found }: Read): Judgement {
  const own = tokens.slice(from, to);
  // Hits stand in the order of their ends: no piece looks at those of all others.
  const inside = found.slice(firstEnding(found, from), firstEnding(found, to));
  const shifted = inside.flatMap((hit) =>
    hit.from < from ? [] : [{ ...hit, from: hit.from - from, to: hit.to - from }],
  );
  return judge(own, shifted);
}

/** The place of the first hit that ends at this word or behind it. */
function firstEnding(found: readonly RuleHit[], word: number): number {
  let [low, high] = [0, found.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((found[middle]?.to ?? 0) < word) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Pieces that begin with a sentence where one is near; none of a short text. */
function piecesOf(tokens: readonly Token[]): Piece[] {
  if (tokens.length <= PIECE) return [];
  const pieces: Piece[] = [];
  let from = 0;
  for (;;) {
    const to = Math.min(tokens.length, from + PIECE);
    pieces.push({ from, to });
    if (to === tokens.length) return pieces;
    from = nextBegin(tokens, from + APART);
  }
}

/** Behind the next sentence's end, where there is one soon. */
function nextBegin(tokens: readonly Token[], at: number): number {
  for (let next = at; next < Math.min(tokens.length, at + PIECE - APART); next++)
    if (tokens[next]?.word === '') return next + 1;
  return at;
}
