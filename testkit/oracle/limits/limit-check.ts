import type { Rule } from '../../../server/src/platform/limits/features.ts';
import type { Answer } from './answers.ts';
import type { Change, Charge } from './changes.ts';
import type { Bounds, Instant, Request, Segment, State } from './state.ts';

/** Input of the checks of one request's limits. */
export interface CheckInput {
  readonly state: State;
  readonly request: Request;
  readonly bounds: Bounds;
  /** The instant of the decision. */
  readonly now: Instant;
  readonly segment: Segment;
}

/** The result of checking one limit for one request. */
export interface LimitCheck {
  readonly isOpen: boolean;
  /** Why a request that was not admitted is denied, if this limit is a reason. */
  denial(): Answer | undefined;
  /** The rest of a budget. */
  readonly left?: number;
  /** The limit's writes for a permit with so much reserve. */
  changes(reserve: number): readonly Change[];
  /** The part that a release gives back. */
  charge?(): Charge;
  /** The slot that the permit takes. */
  readonly slot?: string;
  /** The first instant at which it must be checked again. */
  readonly until?: Instant;
}

/** The meter that a limit counts in. */
export function scopeOf({ by }: Rule, { state: { product }, request }: CheckInput): string {
  switch (by) {
    case 'account':
      return product;
    case 'member':
      return `${product}/member:${request.userId}`;
    case 'key':
      return `${product}/key:${request.keyId ?? ''}`;
    case 'subject':
      return `${product}/subject:${request.subject ?? ''}`;
    default:
      return by;
  }
}
