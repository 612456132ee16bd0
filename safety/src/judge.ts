import type { SafetyKind, SafetyStatus } from './kinds.ts';
import { SAFETY_KINDS } from './kinds.ts';

import { sentencesOf, type Token } from './fold.ts';
import type { Hit, Place } from './matcher.ts';
import type { Meaning } from './rules.ts';

/** Signals of so many points together are a crisis where one of them is of death, or a reason for care. */
const CRISIS_POINTS = 10;
const CAUTION_POINTS = 8;

/** So many words more a hit may have at its beginning, and at its end, than what covers it: `I` before `used to`, `today` behind. */
const SLACK = { from: 3, to: 2 };

const RANK: readonly SafetyStatus[] = ['ok', 'caution', 'concern', 'crisis'];

/** A hit, and what it means. */
export interface RuleHit extends Hit {
  readonly meaning: Meaning;
}

/** What the rules say of a text, or of a piece of it. */
export interface Judgement {
  readonly status: SafetyStatus;
  readonly kinds: readonly SafetyKind[];
  /** Ids of the rules that stand. */
  readonly rules: readonly string[];
  /** Whether something was found, and all of it is denied, an idiom, or told of a film. */
  readonly isDenied: boolean;
  /** What the model is told of them: without the language. */
  readonly facts: readonly string[];
}

/** What stands of all that the rules found: exceptions, fiction and what is said of others taken off. */
export function judge(tokens: readonly Token[], found: readonly RuleHit[]): Judgement {
  const isException = coveredBy(
    found.filter(({ meaning }) => meaning.of === 'exception'),
    tokens.length,
  );
  const isTold = coveredBy(found.filter(isCovering), tokens.length);
  const isPast = coveredBy(
    found.filter((hit) => isCovering(hit) && hit.meaning.of === 'rule' && hit.meaning.status === 'caution'),
    tokens.length,
  );
  const told = fictionIn(tokens, found);
  const standing = found.filter((hit) => {
    if (told(hit)) return false;
    if (isException(hit)) return false;
    // `my friend wants to die` holds `wants to die`, which is said of the friend.
    if (!isCovering(hit)) return !isTold(hit);
    return hit.meaning.of !== 'rule' || hit.meaning.status !== 'concern' || !isPast(hit);
  });
  const ruled = standing.flatMap(({ meaning }) => (meaning.of === 'rule' ? [meaning] : []));
  const signals = signalsOf(standing);
  const speaksOfSelf = found.some(({ meaning }) => meaning.of === 'first_person');
  const points = speaksOfSelf ? signals.points : 0;
  const bySignals: SafetyStatus =
    points >= CRISIS_POINTS && signals.ofDeath ? 'crisis' : points >= CAUTION_POINTS ? 'caution' : 'ok';
  const status = worstOf([...ruled.map((rule) => rule.status), bySignals]);
  const facts = [`status ${status}`, ...factsOf(standing, found)];
  const isDenied = status === 'ok' && found.some((hit) => isRule(hit) && (told(hit) || isException(hit)));
  if (status === 'ok') return { status, kinds: [], rules: [], facts, isDenied };
  const kinds = new Set<SafetyKind>(ruled.map(({ kind }) => kind));
  if (bySignals !== 'ok' && kinds.size === 0) kinds.add('wish_to_be_dead');
  const ids = new Set([...ruled.map(({ id }) => id), ...(bySignals === 'ok' ? [] : signals.ids)]);
  return {
    status,
    kinds: SAFETY_KINDS.filter((kind) => kinds.has(kind)),
    rules: [...ids].sort(),
    facts,
    isDenied,
  };
}

/** Rules and signals that stand, and what was said beside them. */
function factsOf(standing: readonly RuleHit[], found: readonly RuleHit[]): string[] {
  const said = found.filter(({ meaning: { of } }) => of !== 'rule' && of !== 'signal');
  const known = [...standing, ...said].filter(({ meaning }) => meaning.of !== 'narration');
  return [...new Set(known.map(({ meaning }) => meaning.fact))];
}

/** The worst of these. */
export function worstOf(statuses: readonly SafetyStatus[]): SafetyStatus {
  return RANK[Math.max(0, ...statuses.map((status) => RANK.indexOf(status)))] ?? 'ok';
}

function isRule({ meaning }: RuleHit): boolean {
  return meaning.of === 'rule';
}

function isCovering({ meaning }: RuleHit): boolean {
  return meaning.of === 'rule' && meaning.covers;
}

/** Whether a hit lies within one of these, in one look: how far they reach from each word on, or from any before it. */
export function coveredBy(
  outer: readonly Place[],
  words: number,
  slack: typeof SLACK = SLACK,
): (inner: Place) => boolean {
  if (outer.length === 0) return () => false;
  const reach = new Int32Array(words).fill(-1);
  for (const { from, to } of outer) reach[from] = Math.max(reach[from] ?? -1, to);
  for (let at = 1; at < words; at++) reach[at] = Math.max(reach[at] ?? -1, reach[at - 1] ?? -1);
  return ({ from, to }) => (reach[Math.min(from + slack.from, to)] ?? -1) >= to - slack.to;
}

/** The heaviest signal of each group counts, once. */
function signalsOf(standing: readonly RuleHit[]) {
  const heaviest = new Map<string, { weight: number; id: string }>();
  for (const { meaning } of standing) {
    if (meaning.of !== 'signal') continue;
    const known = heaviest.get(meaning.group);
    if (known === undefined || known.weight < meaning.weight) heaviest.set(meaning.group, meaning);
  }
  const all = [...heaviest.values()];
  return {
    points: all.reduce((sum, { weight }) => sum + weight, 0),
    ids: all.map(({ id }) => id),
    ofDeath: heaviest.has('death') || heaviest.has('farewell'),
  };
}

/** What stands in a sentence about a film, or is quoted where one is spoken of. */
function fictionIn(tokens: readonly Token[], found: readonly RuleHit[]): (hit: Place) => boolean {
  const frames = found.filter(({ meaning }) => meaning.of === 'fiction');
  if (frames.length === 0) return () => false;
  const sentenceAt = sentencesOf(tokens);
  const framed = new Set(frames.map(({ to }) => sentenceAt[to]));
  return (hit) => framed.has(sentenceAt[hit.to]) || isQuoted(tokens, hit);
}

export function isQuoted(tokens: readonly Token[], { from, to }: Place): boolean {
  return tokens[from]?.quoted === true && tokens[to]?.quoted === true;
}
