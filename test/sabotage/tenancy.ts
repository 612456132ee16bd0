import type { Patch } from './patch.ts';

const MATRIX =
  'test/walkers/access.test.ts :: the access matrix > is what every route really answers to every caller';
const READING = 'test/walkers/isolation.test.ts :: reading >';

/** The two layers of isolation between tenants, and who is let in where. */
export const TENANCY: readonly Patch[] = [
  {
    name: 'role-not-asked-for-an-account',
    file: 'src/server/caller-context.ts',
    find: "if (shape.may !== undefined && !atLeast(role, shape.may)) throw new AppError('forbidden');",
    replace: '',
    expects: MATRIX,
  },
  {
    name: 'role-not-asked-for-in-an-organization',
    file: 'src/platform/accounts/members/authorize-member.ts',
    find: "if (role === undefined || kind !== 'organization') throw new AppError('not_found');\n  if (!atLeast(role, least)) throw new AppError('forbidden');",
    replace: "if (role === undefined || kind !== 'organization') throw new AppError('not_found');",
    expects: MATRIX,
  },
  {
    name: 'step-up-not-asked-for-by-the-walk',
    file: 'src/server/walk.ts',
    find: '    await assertProven(route, context, parts);\n',
    replace: '',
    expects: MATRIX,
  },
  {
    name: 'filter-dropped-from-a-list',
    file: 'src/products/reel/drafts/store.ts',
    find: "    'account_id = $1',\n",
    replace: "    '$1::uuid is not null',\n",
    expects: `${READING} behind filters alone shows what is the caller’s, and nothing of another`,
  },
  {
    name: 'filter-dropped-from-a-read',
    file: 'src/products/reel/drafts/store.ts',
    find: 'select ${SHOWN} from reel.drafts where account_id = $1 and id = $2',
    replace: 'select ${SHOWN} from reel.drafts where $1::uuid is not null and id = $2',
    expects:
      'test/walkers/isolation.test.ts :: behind filters alone, every route > is 404 for every id of another in path, query and body, tells nothing of theirs and changes no row',
  },
  {
    name: 'second-policy-lets-everybody-read',
    file: 'src/platform/jobs/migrations/0001_jobs.up.sql',
    find: "call app.protect_tenant('jobs.jobs');",
    replace:
      "call app.protect_tenant('jobs.jobs'); create policy all_of_them on jobs.jobs for select to plinth_tenant using (true);",
    expects: `${READING} behind row security alone shows what is the caller’s, and nothing of another`,
  },
  {
    name: 'layer-said-to-be-away-that-stands',
    file: 'test/walkers/isolation/filters.ts',
    find: "place === undefined ? 'true' : `(${place}::uuid is not null or true)`,",
    replace: '_whole,',
    expects: `${READING} behind neither shows what is another’s: taking a layer away really takes it away`,
  },
  {
    name: 'function-of-the-system-asks-for-no-scope',
    file: 'src/platform/accounts/functions/accounts.sql',
    find: "where m.account_id = p_account and p_account = any (accounts.reachable('viewer'))",
    replace: 'where m.account_id = p_account',
    expects:
      'test/walkers/tables.test.ts :: roles and rights > functions that run as the system are the system’s, with a search path that nobody can bend, and those for tenants keep to the scope',
  },
];
