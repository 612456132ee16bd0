import {
  type Contribution,
  cursorOf,
  type Page,
  type Period,
  positionOf,
  type Release,
  type ReleaseDeclaration,
  statement,
} from 'plinth/product';
import { z } from 'zod';
import type { PageRequest } from '../items/items.ts';
import { PATTERN_KINDS, type PatternKind, TOOLS } from './kinds.ts';

/** `workflow`, of no tool, and `workflow:git`. */
const KINDS: readonly string[] = PATTERN_KINDS.flatMap((kind) => [
  kind,
  ...TOOLS.map((tool) => `${kind}:${tool}`),
]);

/**
 * How many accounts have which kinds of patterns, and of which tools. Words are never released. A month costs the whole budget of its
 * period: no other product releases anything.
 */
export const patternRelease: ReleaseDeclaration = {
  kinds: KINDS,
  epsilon: { numerator: 1, denominator: 1 },
  minimumGroup: 30,
  contributions: (accountIds, { starts_on, ends_on }) =>
    statement<Contribution>(
      'select account_id, kinds from coditect.shared_kinds($1::uuid[], $2::date, $3::date)',
      [accountIds, starts_on, ends_on],
    ),
};

/** A kind of patterns that many accounts have. */
export interface ReleasedPattern extends Period {
  readonly kind: PatternKind;
  readonly tool: string | null;
  /** With noise. */
  readonly accounts: number;
}

const place = z.tuple([z.int().min(0)]);

/** The patterns of a release, the most frequent first. */
export function releasedPatterns(
  release: Release | undefined,
  { kind, cursor, limit }: PageRequest & { readonly kind?: PatternKind | undefined },
): Page<ReleasedPattern> {
  const [from] = cursor === undefined ? [0] : positionOf(cursor, place);
  if (release === undefined) return { data: [], next_cursor: null };
  const { starts_on, ends_on } = release;
  const all = release.counts
    .map(({ kind: name, count: accounts }) => {
      const [of = '', tool = null] = name.split(':');
      return { kind: of as PatternKind, tool, accounts, starts_on, ends_on };
    })
    .filter((one) => kind === undefined || one.kind === kind)
    .toSorted((a, b) => b.accounts - a.accounts);
  const until = from + limit;
  return {
    data: all.slice(from, until),
    next_cursor: until < all.length ? cursorOf([until]) : null,
  };
}
