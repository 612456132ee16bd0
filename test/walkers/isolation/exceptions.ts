/** Where a reading behind one layer is not what it is behind both, or shows nothing behind neither, and why. */
interface Exception {
  readonly route: string;
  readonly because: string;
}

/** More than these is a sign that a layer has a hole. */
export const MOST_EXCEPTIONS = 35;

/** Readings that are not the same twice, so that nothing is told by comparing them; marks are looked for in them all the same. */
export const UNSTEADY: readonly Exception[] = [
  {
    route: 'GET /v1/organizations/:id/audit',
    because: 'an export is an event, which the next reading shows',
  },
  { route: 'GET /v1/organizations/:id/audit/export', because: 'it is an event of itself' },
  { route: 'GET /v1/account/audit', because: 'the same as of an organization' },
  { route: 'GET /v1/account/audit/export', because: 'the same as of an organization' },
  { route: 'GET /v1/usage/errors', because: 'calls that failed between two readings are counted' },
  { route: 'GET /v1/documents/:id/download', because: 'a link is signed for its own instant' },
  { route: 'GET /v1/workspaces/:id/logo', because: 'the same' },
  { route: 'GET /v1/billing/entitlements/token', because: 'a token is signed for its own instant' },
];

/** Readings that row security alone does not keep as they are: what comes besides is of the caller's own accounts. */
export const WIDER: readonly Exception[] = [
  {
    route: 'GET /v1/me',
    because:
      'row security shows a user all members of their accounts; which of them they are is said by the filter',
  },
  { route: 'GET /v1/organizations', because: 'the same' },
  { route: 'GET /v1/workspaces', because: 'the same' },
];

/** Readings without an id that stay the same behind neither layer: what keeps them is neither, and so not shown here. */
export const UNTOUCHED: readonly Exception[] = [
  {
    route: 'GET /v1/plans/features',
    because: 'what each plan has, and the grants of the caller’s, which both have alike',
  },
  {
    route: 'GET /v1/plans/playbook',
    because: 'playbooks are no rows: they are the plan’s, and all households have the best one',
  },
  { route: 'GET /v1/ai/google/v1beta/models', because: 'models are the operator’s, alike for all accounts' },
  {
    route: 'GET /v1/usage/mine',
    because: 'it sums the calls of the key, or of the person, that asks, by their id',
  },
  {
    route: 'GET /v1/usage/report',
    because: 'reports.usage_here() asks for the scope by itself, as tables.test.ts sees',
  },
  {
    route: 'GET /v1/billing/overage',
    because: 'a choice is one row for a limit, and each household has its own; test/billing/overage asks two',
  },
  {
    route: 'GET /v1/billing/add-ons',
    because: 'no household holds an add-on; test/billing/google-play/add-ons.test.ts asks two who do',
  },
  {
    route: 'GET /v1/profile',
    because:
      'each account has one row, and says nothing in it that another does not; products/prism/test/walk.test.ts writes one',
  },
  {
    route: 'GET /v1/billing/subscription',
    because: 'of several the newest: that of others is older',
  },
  { route: 'GET /v1/billing/subscription/withdrawal', because: 'the same' },
  { route: 'GET /v1/plugins', because: 'the catalogue is public, the same for everybody' },
  {
    route: 'GET /v1/developer/plugins',
    because:
      'plugins are public and the system’s; of whom they are their developer says: products/marketplace/test/developers.test.ts asks two',
  },
  {
    route: 'GET /v1/developer/payee',
    because: 'each account has one row, and says nothing in it that another does not',
  },
  { route: 'GET /v1/billing/subscription/preview', because: 'the same' },
  { route: 'GET /v1/billing/purchases', because: 'it reads no row: the name is made of the id' },
  {
    route: 'GET /v1/favourites',
    because: 'what somebody marked is theirs alone, and of each other no household marked anything',
  },
  {
    route: 'GET /v1/activity',
    because: 'it asks for all workspaces that the caller is a member of, by their ids',
  },
  ...['/v1/storage/records', '/v1/storage/changes', '/v1/backup', '/v1/backup/history'].map((path) => ({
    route: `GET ${path}`,
    because:
      'what a member keeps is theirs alone, and asked for by them too; products/adiuva/test/records.test.ts has a colleague ask',
  })),
  {
    route: 'GET /v1/permits/preview',
    because:
      'it asks for what limits its own account, by its id, and has room in each household; test/permits/preview.test.ts uses one up',
  },
  { route: 'GET /v1/ai/models', because: 'it reads no row: models are the operator’s' },
  { route: 'GET /v1/api-keys/scopes', because: 'it reads no row: scopes are the server’s' },
];
