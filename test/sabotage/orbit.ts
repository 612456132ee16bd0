import type { Patch } from './patch.ts';

const SECTIONS = 'test/orbit/sections.test.ts ::';
const SCOPES = 'test/orbit/scopes.test.ts ::';
const ONBOARDING = 'test/orbit/onboarding.test.ts ::';
const FIRST = 'src/products/orbit';

/** Orbit: workspaces, scopes and sections. */
export const ORBIT: readonly Patch[] = [
  {
    name: 'moves-that-take-no-turns',
    file: `${FIRST}/scopes/store.ts`,
    find: 'and not trashed for no key update`',
    replace: 'and not trashed`',
    expects: `${SECTIONS} the order of sections > those that are moved to one place at once, from two processes, stand apart there`,
  },
  {
    name: 'keys-compared-by-a-language',
    file: `${FIRST}/scopes/sections/store.ts`,
    find: 'where account_id = $1 and scope_id = $2 order by rank, id`,\n    [accountId, scopeId],\n  );\n}\n\n/** Their places',
    replace:
      'where account_id = $1 and scope_id = $2 order by lower(rank) desc, id`,\n    [accountId, scopeId],\n  );\n}\n\n/** Their places',
    expects: `${SECTIONS} the order of sections > keys are compared by bytes: Z stands before a, and no language has a say in it`,
  },
  {
    name: 'no-room-between-equal-keys',
    file: `${FIRST}/scopes/sections/ranks.ts`,
    find: 'if (lower !== null && lower === upper) return undefined;',
    replace: '',
    expects: `${SECTIONS} the order of sections > equal keys have an order by id, and there is room between them again`,
  },
  {
    name: 'section-saved-over-a-newer-one',
    file: `${FIRST}/scopes/sections/service.ts`,
    find: 'if (which.version !== undefined && which.version !== present.version)',
    replace: 'if (which.version !== undefined && which.version > present.version)',
    expects: `${SECTIONS} two editors of one section > of twenty at once from one version one wins, and nineteen get the text of that one`,
  },
  {
    name: 'fields-of-an-older-text',
    file: `${FIRST}/scopes/sections/service.ts`,
    find: 'changeSection(which, { ...change, fields })',
    replace: 'changeSection(which, change)',
    expects: `${SECTIONS} the fields of a section > are what its text says, also after it was edited`,
  },
  {
    name: 'workspace-opened-by-a-look',
    file: `${FIRST}/onboarding/service.ts`,
    find: 'await workspaces.look({ ...beginner, organization: id })',
    replace: 'await workspaces.get({ ...beginner, organization: id })',
    expects: `${ONBOARDING} a workspace > is opened by who changes it, and by no reading`,
  },
  {
    name: 'currency-of-another-workspace',
    file: `${FIRST}/scopes/store.ts`,
    find: "(select settings ->> 'currency' from orbit.workspaces where account_id = $1), ",
    replace: '',
    expects: `${ONBOARDING} a workspace > gives new scopes its currency`,
  },
  {
    name: 'sent-scope-edited',
    file: `${FIRST}/scopes/statuses.ts`,
    find: "return status === 'sent' || status === 'archived';",
    replace: "return status === 'archived';",
    expects: `${SCOPES} the status of a scope > what was sent stays as it is, word for word, until it is a draft again`,
  },
  {
    name: 'status-of-any-move',
    file: `${FIRST}/scopes/service.ts`,
    find: 'if (!allowed.includes(status))',
    replace: "if (!allowed.includes(status) && status === 'in_review')",
    expects: `${SCOPES} the status of a scope > from draft to approved is refused, and where it can go is said`,
  },
  {
    name: 'deleted-scope-listed',
    file: `${FIRST}/scopes/store.ts`,
    find: '`trashed = ${filters.deleted === true}`,',
    replace: '',
    expects: `${SCOPES} a scope > is back from the trash as it was`,
  },
  {
    name: 'scope-not-charged',
    file: `${FIRST}/plans.ts`,
    find: "scope: { consumes: ['scopes'],",
    replace: 'scope: { consumes: [],',
    expects: `${SCOPES} a scope > counts against the month, once under one key, and past it nothing is stored`,
  },
  {
    name: 'second-workspace-for-who-asks-twice',
    file: `${FIRST}/onboarding/service.ts`,
    find: 'if (present !== undefined) return present;',
    replace: '',
    expects: `${ONBOARDING} the onboarding > is begun once, however often somebody asks; a second workspace begins when the first is through`,
  },
  {
    name: 'workspace-for-each-tab',
    file: `${FIRST}/onboarding/service.ts`,
    find: 'await tx.run(lockBeginner(userId));',
    replace: '',
    expects: `${ONBOARDING} the onboarding > is begun once by tabs that ask at once`,
  },
  {
    name: 'done-step-skipped',
    file: `${FIRST}/workspaces/store.ts`,
    find: "where account_id = $1 and ($4 = 'done' or",
    replace: "where account_id = $1 and ($4 <> 'none' or",
    expects: `${ONBOARDING} the onboarding > is skipped and gone on with later; what is done stays done`,
  },
  {
    name: 'unused-product-counts-members',
    file: 'src/platform/limits/functions/gauges.sql',
    find: "continue when not exists (select from entitlements.snapshots s where s.account_id = v_account and s.product = c->>'p')",
    replace: 'continue when false',
    expects: `${ONBOARDING} the onboarding > invites no more than its plan has members, and members of who never opened Orbit are not counted`,
  },
];
