/** Where a rule of the walkers does not hold for a route, and why. One that nothing needs any more fails the walk. */
export interface Exception {
  /** The rule, by its key. */
  readonly rule: string;
  readonly route: string;
  readonly because: string;
}

/** More than these is a sign that a rule is wrong, or that the house is. */
export const MOST_EXCEPTIONS = 8;

export const EXCEPTIONS: readonly Exception[] = [
  {
    rule: 'answers',
    route: 'POST /v1/auth/refresh',
    because:
      'a refresh token is a secret that no example can hold; sessions.test.ts refreshes with real ones',
  },
  {
    rule: 'answers',
    route: 'POST /worker/generate',
    because: 'no example can be signed by QStash; test/qstash delivers with real signatures',
  },
  {
    rule: 'bodies',
    route: 'POST /worker/generate',
    because: 'whoever has not signed is told nothing about the body; what is signed and malformed is 489',
  },
  {
    rule: 'readers',
    route: 'POST /v1/api-keys',
    because: 'a viewer’s key does what its viewer may: it reads',
  },
  {
    rule: 'readers',
    route: 'DELETE /v1/api-keys/:id',
    because: 'whoever makes a key can revoke it; those of others are 404',
  },
  {
    rule: 'answers',
    route: 'POST /v1/admin/credits',
    because: 'no product here sells credits; billing.test.ts gives some of one that does',
  },
  {
    rule: 'repeated',
    route: 'POST /v1/admin/credits',
    because: 'no product here sells credits; billing.test.ts repeats the call for one that does',
  },
];
