import type { Platform, VariantText } from '../../../products/reel/platforms.ts';
import type { Brief } from '../briefs.ts';

/** A variant with all that a rule may look at. */
export interface Candidate {
  readonly brief: Brief;
  readonly platform: Platform;
  readonly post: VariantText;
  /** The other variants of the same request. */
  readonly others: readonly VariantText[];
}

/**
 * What a good post keeps. Rules are heuristics over the text alone, made to be right about bad posts rather than to
 * catch all of them: each looks for a sign that an editor would strike out, and lets pass what it can't judge.
 */
export interface Rule {
  readonly name: string;
  readonly says: string;
  /** Why the variant breaks the rule; undefined when it doesn't. */
  readonly objection: (candidate: Candidate) => string | undefined;
}
