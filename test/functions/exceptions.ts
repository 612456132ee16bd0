/** Where a rule of functions does not hold, and why. */
export interface Exception {
  /** As the rule says it, without its numbers. */
  readonly says: string;
  readonly because: string;
}

export const EXCEPTIONS: readonly Exception[] = [
  {
    says: 'limits.admit: a function of',
    because:
      'the hot path of admission, which is replaced as a whole; until then each call in it would cost every caller',
  },
  {
    says: 'limits.admit: has 5 lines of limits.admit',
    because: 'it writes a permit in two places of one loop, and is replaced as a whole',
  },
  {
    says: 'limits.close_plain: a function of',
    because: 'settles a batch in one statement after the other over the same arrays; goes with admission',
  },
  {
    says: 'limits.close_plain: has 5 lines of limits.admit',
    because: 'both lock the meters of a batch; goes with admission',
  },
  {
    says: 'limits.take_rates: a function of',
    because:
      'takes all entries of all callers or none, in one loop over locked rows: half of its lines are its variables',
  },
  {
    says: 'reel.newest_matches: a function of',
    because:
      'two cursors over one state, each planned where it is opened: in functions of their own they would be read whole',
  },
];

/** The list may only shrink. */
export const MOST_EXCEPTIONS = 6;
