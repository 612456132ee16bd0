import type { Token } from './fold.ts';
import type { Place } from './matcher.ts';

/** Words of a text, from one up to another that is none of them. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

const setOf = (words: string) => new Set(words.split(' '));

/** Behind such a word they are the speaker: `singt er,`. */
const SPEAKERS = new Set(['he', 'she', 'er', 'sie', 'il', 'elle', 'el', 'ella']);
/** Words that begin a clause. */
const CONJUNCTIONS = new Set(['and', 'but', 'und', 'aber', 'et', 'mais', 'y', 'pero']);
/** A German clause that begins so hangs on the verb before it: `ich habe nicht vor, mich umzubringen`. */
const DEPENDENT = new Set(['mich', 'mir', 'um', 'dass', 'zu']);
/** A pause behind these begins direct speech, which is the speaker's. */
const SPEECH = new Set(
  'says said thinks goes sings sagt sagte denkt singt dit disait pense chante dice dijo piensa canta'.split(
    ' ',
  ),
);

/** Subjects and verbs that begin a main clause in the first person, also without a pause. */
const SUBJECTS = setOf(
  'i im ive ill id je j jai jaimerais ' +
    'quiero voy estoy tengo pienso necesito espero preferiria ojala siento llevo puedo veo soy he intente compre despido queme estare escribi',
);
/** In German the verb behind `ich` says so. */
const VERBS = setOf(
  'will werde mochte moechte habe hab bin kann denke plane wunschte bringe nehme sehe hoffe springe stehe muss ware ritze verabschiede',
);
/** Small words before them that are of the same clause. */
const BEFORE = setOf(
  'me no ya solo nunca yo hoy manana anoche mi demain hier morgen heute gestern tomorrow tonight',
);
/** A clause behind these is part of theirs: `asked if I want to`, `I think I want to`, `should I`. */
const GOVERNING = setOf(
  'that if whether when because cause cuz since so as than like think thinks thought know knew say says said mean means ' +
    'believe hope wish guess feel swear promise promised sure afraid scared worried what who how why where while until till ' +
    'before after unless though although or not never do did am was should would could will can may might have had time way day ' +
    'moment everything all thing asked told saying thinking called titled named line go goes sings sang writes wrote ' +
    'dass ob weil wenn als wie wo was warum falls sagt sagte denkt glaube heisst lautet lautete gebardete schreibt schrieb oder ' +
    'que si quand parce car ou dont comme quoi pourquoi dit disait pense crois sais ' +
    'quien cuando porque como donde cuanto dice dijo creo piensa sabe se o',
);
/** With a word or two behind them, they are said of the clause that follows: `in this game I want to die`. */
const ADVERBIAL = setOf(
  'in at on during with by over without every each so such too dans en au aux avec sur pendant chez sans con por sin tan tanto',
);

/** Whether a main clause in the first person begins here with no pause before it. */
function beginsRunOn(tokens: readonly Token[], at: number): boolean {
  const wordAt = (place: number) => tokens[place]?.word ?? '';
  let subject = at;
  while (subject < at + 3 && BEFORE.has(wordAt(subject))) subject++;
  const word = wordAt(subject);
  const isGerman =
    (word === 'ich' && VERBS.has(wordAt(subject + 1))) ||
    (subject > at && VERBS.has(word) && wordAt(subject + 1) === 'ich');
  if (!isGerman && !SUBJECTS.has(word)) return false;
  const before = wordAt(at - 1);
  if (before === '' || [BEFORE, SUBJECTS, GOVERNING, CONJUNCTIONS].some((words) => words.has(before)))
    return false;
  return isGerman || ![wordAt(at - 2), wordAt(at - 3)].some((one) => ADVERBIAL.has(one));
}

/** Words that go on with the statement before them: `die of laughter`, `cut myself shaving`. All other words begin something new. */
const FOLLOWING = setOf(
  'of from with by at on in for over to if when than because before after while lol lmao haha hahaha rofl as like about just so ' +
    'every each until unless or again up only but and then that ' +
    'vor von mit bei beim im an am auf wegen wenn weil als fur uber zum zur zu ' +
    'de d du des a au aux avec en dans sur pour par chez si quand parce car mdr ptdr que comme ' +
    'del por con al para cuando porque jaja jajaja como mas plus mehr anymore',
);
/** Nouns that go on in another: `suicide squad`. */
const COMPOUNDED = setOf(
  'suicide suicides suicidal death selbstmord suizid tod suicidaire mort suicidio suicida muerte',
);

/** Whether what follows these words is no part of them, though no pause says so. */
export function endsWithin(tokens: readonly Token[], { to }: Place): boolean {
  const next = tokens[to + 1]?.word ?? '';
  if (next === '' || FOLLOWING.has(next) || /.{3}(?:ing|ndo|ant)$/.test(next)) return false;
  return !COMPOUNDED.has(tokens[to]?.word ?? '');
}

/** Which clause each word is in, counted over all sentences: a pause, a conjunction or a main clause in the first person begins one. */
export function clausesOf(tokens: readonly Token[]): number[] {
  let clause = 0;
  return tokens.map(({ word, pauses }, at) => {
    const before = tokens[at - 1];
    if (before?.word === '') clause++;
    else if (before !== undefined) {
      const isSpeech =
        SPEECH.has(before.word) || (SPEAKERS.has(before.word) && SPEECH.has(tokens[at - 2]?.word ?? ''));
      const isPaused = before.pauses !== pauses && !isSpeech && !DEPENDENT.has(word);
      const isJoined = CONJUNCTIONS.has(word) && !DEPENDENT.has(tokens[at + 1]?.word ?? '');
      if (isPaused || isJoined || (!isSpeech && beginsRunOn(tokens, at))) clause++;
    }
    return clause;
  });
}

/** For each hit the clause in which it ends, and with it those before, up to all in which it stands; each span once. */
export function spansAround(hits: readonly Place[], clauses: readonly number[]): Span[] {
  const bounds = boundsOf(clauses);
  const spans = new Map<string, Span>();
  for (const hit of hits) {
    const to = bounds[hit.to]?.to ?? clauses.length;
    for (let from = to; from > hit.from; ) {
      from = bounds[from - 1]?.from ?? 0;
      spans.set(`${from} ${to}`, { from, to });
    }
  }
  return [...spans.values()];
}

/** For each word the span of the words that have its number. */
function boundsOf(numbers: readonly number[]): Span[] {
  const spans: { from: number; to: number }[] = [];
  return numbers.map((number, at) => {
    const span = (spans[number] ??= { from: at, to: at });
    span.to = at + 1;
    return span;
  });
}

/** Without the `and` that it begins with. */
export function withoutConjunction(tokens: readonly Token[], { from, to }: Span): Span {
  return { from: CONJUNCTIONS.has(tokens[from]?.word ?? '') ? from + 1 : from, to };
}
