import { erased, erasedWith, type ProductJob, routesOf, THE_ACCOUNTS } from 'plinth/product';
import * as onboardingRoutes from '../onboarding/routes.ts';
import * as projectRoutes from '../projects/routes.ts';
import * as scopeRoutes from '../scopes/routes.ts';
import * as sectionRoutes from '../scopes/sections/routes.ts';
import * as versionRoutes from '../versions/routes.ts';
import * as logoRoutes from '../workspaces/logo-routes.ts';
import * as workspaceRoutes from '../workspaces/routes.ts';
import type { Orbit, OrbitPart } from '../service.ts';

const ONE_COMMIT = 'one commit is all there is: before it nothing happened, after it everything did';
const TAKEN_UP =
  'what Orbit knows of an organization is made at the next look, and the organization is taken up by its name';

/** Deletes for good what was deleted 30 days ago; what one night leaves the next one finds. */
const purge: ProductJob<Orbit> = { run: async ({ scopes }) => void (await scopes.purge()) };

/** Workspaces, projects, scopes with their sections and versions. */
export const corePart: OrbitPart = {
  dataRules: [
    { table: 'orbit.workspaces', account: erased() },
    { table: 'orbit.projects', account: erased(), user: THE_ACCOUNTS, withheld: ['archived', 'client_key'] },
    {
      table: 'orbit.scopes',
      account: erased(),
      user: THE_ACCOUNTS,
      withheld: ['trashed', 'search', 'section_words', 'title_key', 'client_key'],
    },
    { table: 'orbit.sections', account: erasedWith('orbit.scopes') },
    { table: 'orbit.scope_versions', account: erasedWith('orbit.scopes'), user: THE_ACCOUNTS },
  ],
  crashPoints: {
    'orbit.workspace-organization': { because: TAKEN_UP, lost: 'keyed' },
    'orbit.organization-made': {
      because: 'what Orbit knows of an organization is made at the next look',
      lost: 'keyed',
    },
    'orbit.workspace-made': { because: TAKEN_UP, lost: 'same' },
    'orbit.workspace-change': { because: ONE_COMMIT, lost: 'same' },
    'orbit.logo-change': {
      because: 'one commit has the logo and its file, and gives the former one’s storage back',
      lost: 'keyed',
    },
    'orbit.onboarding-step': { because: 'a step is taken again, and has one effect', lost: 'same' },
    'orbit.project-add': { because: ONE_COMMIT, lost: 'keyed' },
    'orbit.project-change': { because: ONE_COMMIT, lost: 'same' },
    'orbit.scope-create': {
      because:
        'one commit has the scope, its place in the month and the answer; before it the permit is given back',
      lost: 'told',
    },
    'orbit.scope-change': { because: ONE_COMMIT, lost: 'same' },
    'orbit.scope-restore': { because: ONE_COMMIT, lost: 'keyed' },
    'orbit.scopes-purged': {
      because: 'one delete that is due again and again: what it left undone the next one does',
      lost: 'again',
    },
    'orbit.section-add': { because: ONE_COMMIT, lost: 'keyed' },
    'orbit.section-move': { because: ONE_COMMIT, lost: 'keyed' },
    'orbit.section-change': { because: ONE_COMMIT, lost: 'same' },
  },
  routes: [
    ...routesOf(onboardingRoutes),
    ...routesOf(workspaceRoutes),
    ...routesOf(logoRoutes),
    ...routesOf(projectRoutes),
    ...routesOf(scopeRoutes),
    ...routesOf(sectionRoutes),
    ...routesOf(versionRoutes),
  ],
  jobs: { purge },
  schedules: {
    purge: { cron: '7 4 * * *', job: 'purge' },
  },
};
