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
];

/** The list may only shrink. */
export const MOST_EXCEPTIONS = 2;
