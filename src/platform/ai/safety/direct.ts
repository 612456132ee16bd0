import { readFileSync } from 'node:fs';
import { SAFETY_KINDS, type SafetyKind, type SafetyStatus } from '#platform/http';
import { z } from 'zod';
import { createAutomaton, type Step } from './automaton.ts';
import type { Token } from './fold.ts';
import type { Found } from './judged.ts';
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
      }),
    ),
  }),
);

interface Owner {
  readonly id: string;
  readonly kind: SafetyKind;
  readonly status: SafetyStatus;
  readonly needs: boolean;
  /** Of what stands beside a statement. */
  readonly isBeside: boolean;
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
    for (const { id, kind, status, patterns: own, beside } of rules) {
      const shared = { id: `${language}.${id}`, kind, status, needs: beside !== undefined };
      const said = owners.push({ ...shared, isBeside: false }) - 1;
      for (const text of own) patterns.push({ owner: said, steps: read(text) });
      if (beside === undefined) continue;
      const near = owners.push({ ...shared, isBeside: true }) - 1;
      for (const text of beside) patterns.push({ owner: near, steps: read(text) });
    }
  }
  return { automaton: createAutomaton(patterns), owners };
}

/** What is said outright in a text, sentence by sentence: not where it is denied, an idiom, told of a film or of another person. */
export function directIn(
  { owners }: Direct,
  hits: readonly Hit[],
  { tokens, found }: { readonly tokens: readonly Token[]; readonly found: readonly Found[] },
): DirectFound {
  const beside = new Set(
    hits.flatMap(({ owner }) => (owners[owner]?.isBeside === true ? [owners[owner].id] : [])),
  );
  const stands: { owner: Owner; status: SafetyStatus }[] = [];
  for (const hit of hits) {
    const owner = owners[hit.owner];
    if (owner === undefined || owner.isBeside || (owner.needs && !beside.has(owner.id))) continue;
    const status = statusOf(hit, owner, { tokens, found });
    if (status !== 'ok') stands.push({ owner, status });
  }
  const status =
    (['crisis', 'concern', 'caution'] as const).find((one) => stands.some((each) => each.status === one)) ??
    'ok';
  const kinds = new Set(stands.map(({ owner }) => owner.kind));
  return {
    status,
    kinds: SAFETY_KINDS.filter((kind) => kinds.has(kind)),
    rules: [...new Set(stands.map(({ owner }) => owner.id))].sort(),
  };
}

function statusOf(
  hit: Hit,
  owner: Owner,
  { tokens, found }: { readonly tokens: readonly Token[]; readonly found: readonly Found[] },
): SafetyStatus {
  const holds = ({ from, to }: Hit) =>
    from <= hit.from + 3 && to >= hit.to - 2 && to >= hit.from && from <= hit.to;
  const { from, to } = sentenceOf(tokens, hit);
  let status: SafetyStatus = owner.status;
  for (const other of found) {
    const { meaning } = other;
    // An idiom of killing somebody is none where a weapon stands beside it.
    const isOfOthers = owner.needs && !meaning.id.endsWith('negated');
    if (meaning.of === 'exception' && !isOfOthers && holds(other)) return 'ok';
    if (meaning.of === 'fiction' && other.from >= from && other.to < to) return 'ok';
    if (meaning.of === 'rule' && meaning.covers && owner.status === 'crisis' && holds(other))
      status = 'caution';
  }
  return status;
}

function sentenceOf(tokens: readonly Token[], { from, to }: Hit): { from: number; to: number } {
  let begin = from;
  while (begin > 0 && tokens[begin - 1]?.word !== '') begin--;
  let end = to;
  while (end < tokens.length && tokens[end]?.word !== '') end++;
  return { from: begin, to: end };
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
  return text
    .replaceAll('&nbsp;', ' ')
    .replace(LINK, '$1')
    .replace(BOLD_END, '.')
    .replace(INLINE, '')
    .replace(BLOCK, '\n')
    .replace(MARKUP, '');
}

const CAPITAL = /^[^\p{L}\p{N}]*\p{Lu}/u;

/** With its lines run together, all of them, and all but those that begin with a capital: a statement goes on over a line's end. */
export function unwrapped(text: string): readonly string[] {
  const lines = text.split(/\r\n|[\r\n\u2028\u2029]/).map((line) => line.trim());
  if (lines.length === 1) return [];
  const parted = lines.map((line) => (CAPITAL.test(line) ? `\n${line}` : line));
  return [lines.join(' '), parted.join(' ')];
}
