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
      'each run of a batch goes through its rules: cut into four functions, a batch of 100 accounts took 1.25 to 1.5 times as long (decision 137)',
  },
];

/** The list may only shrink. */
export const MOST_EXCEPTIONS = 1;
