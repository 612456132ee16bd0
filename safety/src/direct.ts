import { readFileSync } from 'node:fs';
import { SAFETY_KINDS, type SafetyKind, type SafetyStatus } from './kinds.ts';
import { decodeHTML } from 'entities';
import { z } from 'zod';
import { createAutomaton, type Step } from './automaton.ts';
import { clausesOf, endsWithin, type Span, spansAround } from './clauses.ts';
import { sentencesOf, type Token } from './fold.ts';
import { coveredBy, isQuoted, type RuleHit, worstOf } from './judge.ts';
import type { Word } from './lexicon.ts';
import type { Automaton, Hit, Place } from './matcher.ts';
import { LANGUAGES, patternReader } from './rules.ts';

const fileSchema = z.array(
  z.strictObject({
    language: z.enum(LANGUAGES),
    classes: z.record(z.string(), z.array(z.string()).min(1)),
    rules: z.array(
      z.strictObject({
        id: z.string(),
        kind: z.enum(SAFETY_KINDS),
        /** `ok` is what people do on any day in the words of a crisis: `I am on the roof to fix the antenna`. */
        status: z.enum(['crisis', 'concern', 'ok']),
        patterns: z.array(z.string()).min(1),
        /** What must be said beside it, anywhere in the text: a weapon, a time, a child's age. */
        beside: z.array(z.string()).min(1).optional(),
        /** Words in the same clause that make it harmless: a game, a chore. Of `ok` they undo it anywhere in the text. */
        unless: z.array(z.string()).min(1).optional(),
        /** Exaggerations and denials that name the statement themselves, and may go on behind a pause: `I want to die, if I see another`. */
        within: z.array(z.string()).min(1).optional(),
        /** Denials of it that no exception of the rules knows. */
        denied: z.array(z.string()).min(1).optional(),
        /** Says no for itself (`can't stop thinking of`): no exception of the rules undoes it. */
        firm: z.boolean().optional(),
      }),
    ),
  }),
);

const SAID = ['statement', 'beside', 'unless', 'within', 'denied'] as const;

interface Owner {
  readonly id: string;
  readonly kind: SafetyKind;
  readonly status: SafetyStatus;
  readonly needs: boolean;
  readonly firm: boolean;
  readonly is: (typeof SAID)[number];
}

/** Statements that say by themselves what the author is about to do, or what is done to a child: no model lowers them (decision 120). */
export interface Direct {
  readonly automaton: Automaton;
  readonly owners: readonly Owner[];
}

export interface DirectFound {
  readonly status: SafetyStatus;
  readonly kinds: readonly SafetyKind[];
  readonly rules: readonly string[];
  /** The work that it took, each clause that was read again among it. */
  readonly steps: number;
  /** Spans that say nothing for themselves: everyday words, and clauses that deny a statement in the first person: a caution, as most who die have denied it (docs/safety.md). */
  readonly asides: readonly Span[];
}

export function readDirect(): Direct {
  const owners: Owner[] = [];
  const patterns: { owner: number; steps: readonly Step[] }[] = [];
  const file = readFileSync(new URL('./direct.json', import.meta.url), 'utf8');
  for (const { language, classes, rules } of fileSchema.parse(JSON.parse(file))) {
    const read = patternReader({ language, classes });
    for (const { id, kind, status, patterns: statement, firm = false, ...others } of rules) {
      const said = { statement, ...others };
      for (const is of SAID) {
        const needs = others.beside !== undefined;
        const owner = owners.push({ id: `${language}.${id}`, kind, status, needs, firm, is }) - 1;
        for (const text of said[is] ?? []) patterns.push({ owner, steps: read(text) });
      }
    }
  }
  return { automaton: createAutomaton(patterns), owners };
}

/** What is said outright in a text: not where it is denied, an idiom, told of a film or of another person. Each clause is looked at by itself. */
export function directIn({ automaton, owners }: Direct, read: DirectRead): DirectFound {
  const readings = read.words.map((word) => word.direct);
  const whole = automaton.run(readings);
  const said = ownedHits(owners, whole.hits);
  const saidAs = (is: Owner['is']) => said.filter(({ owner }) => owner.is === is);
  const nothing = { status: 'ok', kinds: [], rules: [], steps: whole.steps } as const;
  const all = saidAs('statement');
  if (all.length === 0) return { ...nothing, asides: [] };
  const statements = all.filter(({ owner }) => owner.status !== 'ok');
  const clauses = clausesOf(read.tokens);
  const besides = saidAs('beside');
  const beside = new Set(besides.map(({ owner }) => owner.id));
  const besideIn = new Set(besides.map(({ owner, to }) => `${owner.id} ${clauses[to] ?? 0}`));
  const undone = new Set(saidAs('unless').map(({ owner }) => owner.id));
  const everyday = all.filter(({ owner: { id, status, needs }, from, to }) => {
    const clause = clauses[to] ?? 0;
    const isBeside = besideIn.has(`${id} ${clause}`) || besideIn.has(`${id} ${clause + 1}`);
    return status === 'ok' && clauses[from] === clause && !undone.has(id) && (!needs || isBeside);
  });
  const asides = everyday.map(({ from, to }): Span => ({ from, to: to + 1 }));
  if (statements.length === 0) return { ...nothing, asides };
  const isWithin = coveredById(saidAs('within'), readings.length);
  const isEveryday = coveredBy(everyday, readings.length, OF_IDIOM);
  const isFiction = fictionIn(read, clauses);
  let steps = whole.steps;
  const spans = [...spansAround(statements, clauses), ...spansUpTo(statements, read.tokens, clauses)];
  const stands = spans.flatMap((span) => {
    const again = automaton.run(readings.slice(span.from, span.to));
    const ruled = read.foundIn(span);
    steps += again.steps + ruled.steps;
    const own = ownedHits(owners, again.hits);
    const harmless = new Set(own.flatMap(({ owner }) => (owner.is === 'unless' ? [owner.id] : [])));
    const statusOf = judgeOf(ruled.found, span.to - span.from);
    const isDenied = coveredById(
      own.filter(({ owner }) => owner.is === 'denied'),
      span.to - span.from,
    );
    return own.flatMap((hit) => {
      const { owner } = hit;
      if (owner.is !== 'statement' || (owner.needs && !beside.has(owner.id)) || harmless.has(owner.id))
        return [];
      const place = { from: hit.from + span.from, to: hit.to + span.from };
      if (isWithin(place, owner) || isEveryday(place) || isFiction(place, owner)) return [];
      const status = isDenied(hit, owner) ? 'denied' : statusOf(hit, owner);
      if (status !== 'denied') return status === 'ok' ? [] : [{ owner, status }];
      if (!DENIED_IS_CAUTION.has(owner.kind)) return [];
      asides.push(span);
      return [{ owner, status: 'caution' as const }];
    });
  });
  const kinds = new Set(stands.map(({ owner }) => owner.kind));
  return {
    status: worstOf(stands.map(({ status }) => status)),
    kinds: SAFETY_KINDS.filter((kind) => kinds.has(kind)),
    rules: [...new Set(stands.map(({ owner }) => owner.id))].sort(),
    steps,
    asides,
  };
}

/** `I don't want to die` is said of illness and of flying. */
const DENIED_IS_CAUTION: ReadonlySet<SafetyKind> = new Set(['active_thoughts', 'self_injury']);

/** So many words before a statement are looked at with it, where nothing behind it is. */
const BEFORE_STATEMENT = 12;

/** For each statement in whose clause something else goes on without a pause the clause up to its end: what goes on does not undo it. */
function spansUpTo(
  statements: readonly OwnedHit[],
  tokens: readonly Token[],
  clauses: readonly number[],
): Span[] {
  return statements.flatMap((hit) => {
    if (hit.owner.status !== 'crisis' || !endsWithin(tokens, hit)) return [];
    let from = hit.from;
    while (from > hit.from - BEFORE_STATEMENT && clauses[from - 1] === clauses[hit.from]) from--;
    return [{ from, to: hit.to + 1 }];
  });
}

/** Whether a statement lies within one of these hits of its own rule. */
function coveredById(hits: readonly OwnedHit[], words: number) {
  const covers = new Map(
    [...new Set(hits.map(({ owner }) => owner.id))].map((id) => [
      id,
      coveredBy(
        hits.filter(({ owner }) => owner.id === id),
        words,
        OF_IDIOM,
      ),
    ]),
  );
  return (place: Place, { id }: Owner): boolean => covers.get(id)?.(place) ?? false;
}

interface OwnedHit extends Place {
  readonly owner: Owner;
}

interface DirectRead {
  readonly tokens: readonly Token[];
  readonly words: readonly Pick<Word, 'direct'>[];
  /** What the rules found. */
  readonly found: readonly RuleHit[];
  /** What they find in a part of the text by itself. */
  readonly foundIn: (span: Span) => { readonly found: readonly RuleHit[]; readonly steps: number };
}

function ownedHits(owners: readonly Owner[], hits: readonly Hit[]): OwnedHit[] {
  return hits.flatMap(({ from, to, owner: index }) => {
    const owner = owners[index];
    return owner === undefined ? [] : [{ from, to, owner }];
  });
}

/** So many words more a statement may have than what denies it: `I` before, `tonight` behind. */
const OF_DENIAL = { from: 3, to: 2 };
/** An idiom reaches to the statement's end: `to commit` is none in `to commit suicide`. */
const OF_IDIOM = { from: 3, to: 0 };

/** What a statement is where it stands, in one look each, however many there are. */
function judgeOf(found: readonly RuleHit[], words: number) {
  const exceptions = found.filter(({ meaning }) => meaning.of === 'exception');
  const isDenied = coveredBy(
    exceptions.filter(({ meaning }) => meaning.id.endsWith('negated')),
    words,
    OF_DENIAL,
  );
  const isIdiom = coveredBy(exceptions, words, OF_IDIOM);
  const isTold = coveredBy(
    found.filter(({ meaning }) => meaning.of === 'rule' && meaning.covers),
    words,
  );
  return (hit: Place, owner: Owner): SafetyStatus | 'denied' => {
    if (owner.firm) return owner.status;
    // An idiom of killing is none where a weapon stands beside it.
    if (isDenied(hit)) return 'denied';
    if (!owner.needs && isIdiom(hit)) return 'ok';
    return owner.status === 'crisis' && isTold(hit) ? 'caution' : owner.status;
  };
}

/** Whether a statement is of a film: what is quoted, what a character says in its clause, and what is not in the first person. */
function fictionIn({ tokens, found }: DirectRead, clauses: readonly number[]) {
  const placesOf = (of: RuleHit['meaning']['of']) =>
    found.flatMap((hit) => (hit.meaning.of === of ? [hit.to] : []));
  const sentences = sentencesOf(tokens);
  const framed = new Set(placesOf('fiction').map((at) => sentences[at]));
  const narrated = new Set(placesOf('narration').map((at) => clauses[at]));
  const self = new Set(placesOf('first_person'));
  return (hit: Place, { status }: Owner): boolean => {
    if (framed.size > 0 && isQuoted(tokens, hit)) return true;
    if (!framed.has(sentences[hit.to])) return false;
    if (narrated.has(clauses[hit.from])) return true;
    // All that is a crisis is said in the first person: `quiero matarme` without a pronoun.
    if (status === 'crisis') return false;
    for (let at = hit.from; at <= hit.to; at++) if (self.has(at)) return false;
    return true;
  };
}

const INLINE =
  /<\/?(?:a|b|i|u|s|em|strong|span|mark|code|del|ins|small|font|sub|sup|q)(?:\s[^<>]{0,200})?>/giu;
const BLOCK = /<\/?[a-z][a-z0-9]{0,15}(?:\s[^<>]{0,200})?\/?>/giu;
const MARKUP =
  /\*{2,}|(?<![\p{L}\p{N}*])\*|\*(?![\p{L}\p{N}*])|__+|~~+|^[ \t]*(?:#{1,6}|>+|[-+*]|\d+\.)[ \t]+/gmu;
const LINK = /\[([^[\]\n]{1,300})\]\([^()\s]{0,500}\)/g;
/** Bold words with a new sentence behind them. */
const BOLD_END = /(?:\*\*|__|\*|<\/[a-z]{1,10}>)(?=\s{1,20}\p{Lu})/gu;

/** A text without its markup: what is bold, a link or an item of a list says the same. */
export function freedOfMarkup(text: string): string {
  if (!/[*<_~#>[\-+&]/.test(text)) return text;
  return decodeHTML(text)
    .replace(LINK, '$1')
    .replace(BOLD_END, '.')
    .replace(INLINE, '')
    .replace(BLOCK, '\n')
    .replace(MARKUP, '');
}

const CAPITAL = /^[^\p{L}\p{N}]*\p{Lu}/u;

/** With its lines run together, all of them, and all but those that begin with a capital: a statement goes on over a line's end. */
export function unwrapLines(text: string): readonly string[] {
  const lines = text
    .trim()
    .split(/\r\n|[\r\n\u2028\u2029]/)
    .map((line) => line.trim());
  if (lines.length === 1) return [];
  const parted = lines.map((line, at) => (at > 0 && CAPITAL.test(line) ? `\n${line}` : line));
  // Where all lines begin with a capital, or none, that is one way and not two.
  return [...new Set([lines.join(' '), parted.join(' ')])].filter((way) => way !== lines.join(' \n'));
}
