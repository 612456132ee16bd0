/** Where a rule of the walkers does not hold for a route, and why. One that nothing needs any more fails the walk. */
export interface Exception {
  /** A part of the rule's name. */
  readonly rule: string;
  readonly route: string;
  readonly because: string;
}

export const EXCEPTIONS: readonly Exception[] = [];
