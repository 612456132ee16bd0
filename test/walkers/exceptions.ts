/** Where a rule of the walkers does not hold for a route, and why. One that nothing needs any more fails the walk. */
export interface Exception {
  /** The rule, by its key. */
  readonly rule: string;
  readonly route: string;
  readonly because: string;
}

/** More than these is a sign that a rule is wrong, or that the house is. Each payment provider brings two: only it can sign an example; what only a store can do is one more. A licence’s sessions are named by tokens that the server signs, and so are files. Apple’s form is the second answer of a provider’s own making. */
export const MOST_EXCEPTIONS = 58;

export const EXCEPTIONS: readonly Exception[] = [
  {
    rule: 'shown-once',
    route: 'POST /v1/developer/keys',
    because: 'it answers a public key, which is no secret',
  },
  {
    rule: 'answers',
    route: 'GET /v1/developer/plugins/:id',
    because:
      'the plugin of its example is one household’s, and another asks; products/marketplace/test/developers.test.ts reads its own',
  },
  {
    rule: 'answers',
    route: 'POST /v1/billing/checkout/link',
    because:
      'the token of a link is signed by this server, for an hour; test/selling/checkout-links.test.ts follows real ones',
  },
  ...['GET /portal/open', 'GET /portal', 'POST /portal'].map((route) => ({
    rule: 'answers',
    route,
    because:
      'links and cookies of a portal are signed by this server; test/customers/portal.test.ts has real ones',
  })),
  {
    rule: 'answers',
    route: 'POST /v1/auth/mfa/totp/confirm',
    because: 'a code is of its secret and its half minute; mfa.test.ts confirms with real ones',
  },
  {
    rule: 'answers',
    route: 'POST /v1/auth/mfa/passkeys',
    because: 'a passkey is made in a browser, for bytes of that moment; passkeys.test.ts makes real ones',
  },
  {
    rule: 'answers',
    route: 'POST /v1/auth/passkey',
    because: 'a passkey signs bytes of that moment; passkeys.test.ts signs in with real ones',
  },
  {
    rule: 'answers',
    route: 'GET /v1/auth/:provider/callback',
    because: 'a state is a secret of one browser; google.test.ts comes back with real ones',
  },
  {
    rule: 'queries',
    route: 'GET /v1/auth/:provider/callback',
    because: 'providers add to what they send back as they like, and are to be understood all the same',
  },
  {
    rule: 'answers',
    route: 'POST /v1/auth/:provider',
    because: 'a code is of one sign-in at the provider; google.test.ts gets real ones there',
  },
  {
    rule: 'bodies',
    route: 'POST /v1/auth/apple/callback',
    because: 'the same as of what others send back by GET',
  },
  {
    rule: 'answers',
    route: 'POST /v1/auth/firebase',
    because: 'an ID token is signed for ten minutes; firebase.test.ts has real ones signed',
  },
  {
    rule: 'answers',
    route: 'POST /v1/auth/refresh',
    because:
      'a refresh token is a secret that no example can hold; sessions.test.ts refreshes with real ones',
  },
  {
    rule: 'answers',
    route: 'POST /v1/admin/sample',
    because: 'a server of tests has no sample beside it; sample.test.ts fills one',
  },
  {
    rule: 'answers',
    route: 'POST /v1/auth/sign-in-link',
    because: 'a code is printed by a start; sign-in-link.test.ts signs in with real ones',
  },
  {
    rule: 'answers',
    route: 'POST /v1/server/backup',
    because: '“plinth backup” makes the code; test/process/backup.test.ts asks with one',
  },
  {
    rule: 'answers',
    route: 'POST /worker/generate',
    because: 'no example can be signed by QStash; test/qstash delivers with real signatures',
  },
  {
    rule: 'bodies',
    route: 'POST /worker/generate',
    because: 'an unsigned caller is told nothing about the body; a signed malformed one is 489',
  },
  {
    rule: 'answers',
    route: 'POST /v1/webhooks/stripe',
    because: 'no example can be signed by Stripe; test/billing/inbox delivers with real signatures',
  },
  {
    rule: 'bodies',
    route: 'POST /v1/webhooks/stripe',
    because: 'an unsigned caller is told nothing about the body; a signed one that is no event is forged too',
  },
  {
    rule: 'answers',
    route: 'POST /v1/webhooks/app-store',
    because: 'no example can be signed by Apple; test/app-store delivers with a chain of its own',
  },
  {
    rule: 'bodies',
    route: 'POST /v1/webhooks/app-store',
    because: 'an unsigned caller is told nothing about the body',
  },
  {
    rule: 'answers',
    route: 'POST /v1/webhooks/google-play',
    because: 'no example can be signed by Google',
  },
  {
    rule: 'bodies',
    route: 'POST /v1/webhooks/google-play',
    because: 'an unsigned caller is told nothing about the body',
  },
  {
    rule: 'answers',
    route: 'POST /v1/billing/purchases',
    because: 'no example can be signed by Apple; test/app-store brings purchases of a chain of its own',
  },
  ...['answers', 'repeated', 'unshared'].map((rule) => ({
    rule,
    route: 'POST /v1/admin/billing/trial-extensions',
    because: 'no account of the walk is in a trial; test/selling/refunds.test.ts makes one longer, twice',
  })),
  ...['answers', 'repeated', 'unshared'].map((rule) => ({
    rule,
    route: 'POST /v1/admin/billing/invoiced-subscriptions',
    because:
      'accounts of the walk have a subscription already; test/selling/invoiced.test.ts sells one, twice',
  })),
  {
    rule: 'answers',
    route: 'PUT /v1/admin/billing/renewal-date',
    because: 'no example is paid for in a store; test/billing/stores.test.ts extends what is, at both',
  },
  {
    rule: 'answers',
    route: 'GET /v1/exports/:id/archive',
    because:
      'no example can be signed by the server; test/erasure/operator-exports.test.ts downloads with real signatures',
  },
  ...['PUT /v1/blobs/:id/content', 'PUT /v1/blobs/:id/parts/:part', 'GET /v1/blobs/:id/content'].map(
    (route) => ({
      rule: 'answers',
      route,
      because: 'no example can be signed by the server; test/blobs sends and reads with real signatures',
    }),
  ),
  {
    rule: 'answers',
    route: 'PUT /v1/backup',
    because: 'no example says its headers; products/adiuva/test/backups.test.ts sends them',
  },
  {
    rule: 'readers',
    route: 'POST /v1/mcp',
    because: 'most of its tools read; those that write make calls that are not for viewers',
  },
  {
    rule: 'bodies',
    route: 'POST /v1/mcp',
    because: 'what is wrong with a message, JSON-RPC’s own errors say; products/memory/test/mcp sends some',
  },
  ...['records', 'vectors'].map((kept) => ({
    rule: 'readers',
    route: `POST /v1/storage/${kept}/read`,
    because: 'it writes nothing: a hundred ids do not fit into a path',
  })),
  {
    rule: 'readers',
    route: 'POST /v1/storage/vectors/search',
    because: 'it writes nothing: a vector to compare with does not fit into a path',
  },
  {
    rule: 'readers',
    route: 'POST /v1/api-keys',
    because: 'a viewer’s key does what its viewer may: it reads',
  },
  {
    rule: 'readers',
    route: 'DELETE /v1/api-keys/:id',
    because: 'the maker of a key can revoke it; those of others are 404',
  },
  {
    rule: 'readers',
    route: 'POST /v1/api-keys/:id/rotate',
    because: 'the maker of a key can give it another secret; those of others are 404',
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
  {
    rule: 'unshared',
    route: 'POST /v1/admin/credits',
    because: 'no product here sells credits; a key’s sender is told apart in one place for all routes',
  },
  {
    rule: 'answers',
    route: 'PATCH /v1/licenses/sessions/:id/heartbeat',
    because: 'no example can be signed by the server; products/licences/test/sessions has real tokens',
  },
  {
    rule: 'answers',
    route: 'POST /v1/licenses/borrow',
    because: 'the same as of a heartbeat',
  },
  {
    rule: 'answers',
    route: 'GET /v1/licenses/:key/sessions',
    because:
      'what stands in the path is a key or an id, and no hole for ids; products/licences/test/sessions reads by both',
  },
  {
    rule: 'answers',
    route: 'DELETE /v1/licenses/:id/seats/:machine',
    because: 'a seat lasts for minutes; products/licences/test/sessions ends one that is held',
  },
  {
    rule: 'nowhere',
    route: 'DELETE /v1/licenses/sessions/:id',
    because: 'a release is 204 whatever it names: a program that ends has nobody to tell of an error',
  },
  {
    rule: 'answers',
    route: 'GET /v1/auth/sso/:id',
    because: 'it leads to a provider, which is elsewhere; test/sso goes there',
  },
  {
    rule: 'answers',
    route: 'GET /v1/auth/sso/:id/callback',
    because: 'a state is a secret of one browser; test/sso comes back with real ones',
  },
  {
    rule: 'queries',
    route: 'GET /v1/auth/sso/:id/callback',
    because: 'the same as of Google’s',
  },
];
