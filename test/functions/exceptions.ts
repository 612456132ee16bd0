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
];

/** The list may only shrink. */
export const MOST_EXCEPTIONS = 1;
