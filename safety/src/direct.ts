import { readFileSync } from 'node:fs';
import { SAFETY_KINDS, type SafetyKind, type SafetyStatus } from './kinds.ts';
import { decodeHTML } from 'entities';
import { z } from 'zod';
import { createAutomaton, type Step } from './automaton.ts';
import { sentencesOf, type Token } from './fold.ts';
import { coveredBy, type RuleHit, worstOf } from './judge.ts';
import type { Automaton, Hit } from './matcher.ts';
import { LANGUAGES, patternReader } from './rules.ts';

const fileSchema = z.array(
  z.strictObject({
    language: z.enum(LANGUAGES),
    classes: z.record(z.string(), z.array(z.string()).min(1)),
    rules: z.array(
      z.strictObject({
        id: z.string(),
        kind: z.enum(SAFETY_KINDS),
        status: z.enum(['crisis', 'concern']),
        patterns: z.array(z.string()).min(1),
        /** What must be said beside it, anywhere in the text: a weapon, a time, a child's age. */
        beside: z.array(z.string()).min(1).optional(),
        /** What in the same sentence makes it harmless: a game, a chore. */
        unless: z.array(z.string()).min(1).optional(),
        /** Says no for itself (`can't stop thinking of`): no exception of the rules undoes it. */
        firm: z.boolean().optional(),
      }),
    ),
  }),
);

interface Owner {
  readonly id: string;
  readonly kind: SafetyKind;
  readonly status: SafetyStatus;
  readonly needs: boolean;
  readonly firm: boolean;
  readonly is: 'statement' | 'beside' | 'unless';
}

/** Statements that say by themselves what somebody is about to do, or what is done to a child: no model lowers them (decision 120). */
export interface Direct {
  readonly automaton: Automaton;
  readonly owners: readonly Owner[];
}

export interface DirectFound {
  readonly status: SafetyStatus;
  readonly kinds: readonly SafetyKind[];
  readonly rules: readonly string[];
}

export function readDirect(): Direct {
  const owners: Owner[] = [];
  const patterns: { owner: number; steps: readonly Step[] }[] = [];
  const file = readFileSync(new URL('./direct.json', import.meta.url), 'utf8');
  for (const { language, classes, rules } of fileSchema.parse(JSON.parse(file))) {
    const read = patternReader({ language, classes });
    for (const { id, kind, status, patterns: statement, beside, unless, firm = false } of rules) {
      const said = { statement, beside, unless };
      for (const is of ['statement', 'beside', 'unless'] as const) {
        const needs = beside !== undefined;
        const owner = owners.push({ id: `${language}.${id}`, kind, status, needs, firm, is }) - 1;
        for (const text of said[is] ?? []) patterns.push({ owner, steps: read(text) });
      }
    }
  }
  return { automaton: createAutomaton(patterns), owners };
}

interface Read {
  readonly tokens: readonly Token[];
  /** What the rules found. */
  readonly found: readonly RuleHit[];
}

/** What is said outright in a text, sentence by sentence: not where it is denied, an idiom, told of a film or of another person. */
export function directIn({ owners }: Direct, hits: readonly Hit[], read: Read): DirectFound {
  const said = hits.flatMap((hit) => {
    const owner = owners[hit.owner];
    return owner === undefined ? [] : [{ hit, owner }];
  });
  const statements = said.filter(({ owner }) => owner.is === 'statement');
  if (statements.length === 0) return { status: 'ok', kinds: [], rules: [] };
  const sentences = sentencesOf(read.tokens);
  const sentenceOf = ({ to }: Hit) => sentences[to] ?? 0;
  const beside = new Set(said.filter(({ owner }) => owner.is === 'beside').map(({ owner }) => owner.id));
  const harmless = new Set(
    said
      .filter(({ owner }) => owner.is === 'unless')
      .map(({ hit, owner }) => `${owner.id} ${sentenceOf(hit)}`),
  );
  const statusOf = judgeOf(read, sentenceOf);
  const stands = statements.flatMap(({ hit, owner }) => {
    const isMeant = !owner.needs || beside.has(owner.id);
    const status = isMeant && !harmless.has(`${owner.id} ${sentenceOf(hit)}`) ? statusOf(hit, owner) : 'ok';
    return status === 'ok' ? [] : [{ owner, status }];
  });
  const kinds = new Set(stands.map(({ owner }) => owner.kind));
  return {
    status: worstOf(stands.map(({ status }) => status)),
    kinds: SAFETY_KINDS.filter((kind) => kinds.has(kind)),
    rules: [...new Set(stands.map(({ owner }) => owner.id))].sort(),
  };
}

/** What a statement is where it stands, in one look each, however many there are. */
function judgeOf({ tokens, found }: Read, sentenceOf: (hit: Hit) => number) {
  const words = tokens.length;
  const exceptions = found.filter(({ meaning }) => meaning.of === 'exception');
  const isException = coveredBy(exceptions, words);
  const isDenied = coveredBy(
    exceptions.filter(({ meaning }) => meaning.id.endsWith('negated')),
    words,
  );
  const isTold = coveredBy(
    found.filter(({ meaning }) => meaning.of === 'rule' && meaning.covers),
    words,
  );
  const fiction = new Set(found.filter(({ meaning }) => meaning.of === 'fiction').map(sentenceOf));
  return (hit: Hit, owner: Owner): SafetyStatus => {
    if (fiction.has(sentenceOf(hit))) return 'ok';
    if (owner.firm) return owner.status;
    // An idiom of killing somebody is none where a weapon stands beside it.
    if (owner.needs ? isDenied(hit) : isException(hit)) return 'ok';
    return owner.status === 'crisis' && isTold(hit) ? 'caution' : owner.status;
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
  const lines = text.split(/\r\n|[\r\n\u2028\u2029]/).map((line) => line.trim());
  if (lines.length === 1) return [];
  const parted = lines.map((line) => (CAPITAL.test(line) ? `\n${line}` : line));
  return [lines.join(' '), parted.join(' ')];
}
