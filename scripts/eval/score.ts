import { type Platform, PLATFORM_NAMES } from '../../products/reel/platforms.ts';
import type { SpentAmounts, WrittenPosts } from './write-posts.ts';
import { type Candidate, RULES } from './rules/index.ts';

/** What one rule found on each platform: the share of variants that keep it, from 0 to 1. */
export interface RuleScore {
  readonly rule: string;
  readonly shares: Readonly<Record<Platform, number>>;
  readonly all: number;
}

/** A variant and all that rules have against it. */
export interface JudgedVariant extends Candidate {
  readonly objections: readonly string[];
}

export interface Score {
  readonly product: 'reel';
  readonly models: readonly string[];
  readonly briefs: number;
  /** Requests for posts; each asks for several variants. */
  readonly posts: number;
  readonly variants: number;
  /** Codes of requests that ended without a post. Each counts as a variant that breaks every rule. */
  readonly failures: readonly string[];
  readonly rules: readonly RuleScore[];
  /** The mean of all rules. */
  readonly overall: number;
  /** The share of variants that break no rule. */
  readonly flawless: number;
  readonly perPost: {
    readonly promptTokens: number;
    readonly completionTokens: number;
    readonly usd: number;
  };
  readonly worst: readonly JudgedVariant[];
}

const WORST = 10;

/** Judges what was written by all rules. */
export function scoreOf(all: readonly WrittenPosts[]): Score {
  const judged = all.flatMap(({ candidates }) => candidates).map(judge);
  const failures = all.flatMap(({ failures: codes }) => codes);
  const rules = RULES.map(({ name }) => ruleScore(name, judged, failures.length));
  const posts =
    new Set(judged.map(({ brief, platform }) => `${brief.id} ${platform}`)).size + failures.length;
  return {
    product: 'reel',
    models: [...new Set(all.flatMap(({ spent }) => spent.models))],
    briefs: all.length,
    posts,
    variants: judged.length,
    failures,
    rules,
    overall: mean(rules.map((rule) => rule.all)),
    flawless: share(
      judged.filter(({ objections }) => objections.length === 0).length,
      judged.length + failures.length,
    ),
    perPost: perPost(
      all.map(({ spent }) => spent),
      posts,
    ),
    worst: judged
      .filter(({ objections }) => objections.length > 0)
      .toSorted((one, other) => other.objections.length - one.objections.length)
      .slice(0, WORST),
  };
}

/** All that the rules have against a variant, each objection behind its rule's name. */
export function judge(candidate: Candidate): JudgedVariant {
  const objections = RULES.flatMap(({ name, objection }) => {
    const found = objection(candidate);
    return found === undefined ? [] : [`${name}: ${found}`];
  });
  return { ...candidate, objections };
}

function ruleScore(rule: string, judged: readonly JudgedVariant[], failed: number): RuleScore {
  const countKept = (some: readonly JudgedVariant[]) =>
    some.filter(({ objections }) => !objections.some((text) => text.startsWith(`${rule}: `))).length;
  const shares = PLATFORM_NAMES.map((platform) => {
    const there = judged.filter((one) => one.platform === platform);
    return [platform, share(countKept(there), there.length)];
  });
  return { rule, shares: Object.fromEntries(shares), all: share(countKept(judged), judged.length + failed) };
}

function perPost(spent: readonly SpentAmounts[], posts: number): Score['perPost'] {
  const sum = (of: (one: SpentAmounts) => number) => spent.reduce((total, one) => total + of(one), 0);
  const each = (total: number) => total / Math.max(1, posts);
  return {
    promptTokens: Math.round(each(sum((one) => one.promptTokens))),
    completionTokens: Math.round(each(sum((one) => one.completionTokens))),
    usd: each(sum((one) => one.costMicros)) / 1_000_000,
  };
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function mean(numbers: readonly number[]): number {
  return share(
    numbers.reduce((sum, number) => sum + number, 0),
    numbers.length,
  );
}
