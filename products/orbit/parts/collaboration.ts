import { erased, erasedWith, type ProductJob, routesOf, THE_ACCOUNTS } from 'plinth/product';
import * as activityRoutes from '../activity/routes.ts';
import * as commentRoutes from '../comments/routes.ts';
import * as favouriteRoutes from '../favourites/routes.ts';
import * as liveRoutes from '../live/routes.ts';
import * as templateAdminRoutes from '../templates/admin-routes.ts';
import * as templateRoutes from '../templates/routes.ts';
import type { Orbit, OrbitPart } from '../service.ts';

const ONE_COMMIT = 'one commit is all there is: before it nothing happened, after it everything did';

/** Deletes changes that no client comes back for, and what processes that are gone said of who is here. */
const pruning: ProductJob<Orbit> = {
  run: async ({ changes, live }) => {
    await changes.prune();
    await live.prunePresence();
  },
};

/** Following a scope live, comments, templates, favourites, activity. */
export const collaborationPart: OrbitPart = {
  dataRules: [
    { table: 'orbit.scope_heads', account: erasedWith('orbit.scopes') },
    { table: 'orbit.scope_changes', account: erasedWith('orbit.scopes') },
    { table: 'orbit.activities', account: erased() },
    { table: 'orbit.presence', account: erasedWith('orbit.scopes'), user: erased() },
    { table: 'orbit.comments', account: erasedWith('orbit.scopes'), user: THE_ACCOUNTS },
    { table: 'orbit.comment_mentions', account: erasedWith('orbit.comments'), user: erased() },
    { table: 'orbit.templates', account: erased() },
    { table: 'orbit.public_templates', nobodys: 'what the operator publishes for all workspaces' },
    { table: 'orbit.favourites', account: erasedWith('orbit.scopes'), user: erased() },
  ],
  crashPoints: {
    'orbit.changes-pruned': { because: 'what one run leaves the next one deletes', lost: 'again' },
    'orbit.presence': {
      because: 'who is here is said again every few seconds, and runs out of what a process says no more',
      lost: 'again',
    },
    'orbit.presence-section': { because: ONE_COMMIT, lost: 'same' },
    'orbit.presence-pruned': { because: 'it ran out long ago, and is read by nobody', lost: 'again' },
    'orbit.comment-add': { because: ONE_COMMIT, lost: 'keyed' },
    'orbit.comment-change': { because: ONE_COMMIT, lost: 'same' },
    'orbit.comment-delete': { because: ONE_COMMIT, lost: 'same' },
    'orbit.comment-resolve': { because: ONE_COMMIT, lost: 'same' },
    'orbit.template-add': { because: ONE_COMMIT, lost: 'keyed' },
    'orbit.template-change': { because: ONE_COMMIT, lost: 'same' },
    'orbit.template-delete': { because: ONE_COMMIT, lost: 'same' },
    'orbit.template-apply': { because: ONE_COMMIT, lost: 'keyed' },
    'orbit.public-template-publish': { because: ONE_COMMIT, lost: 'keyed' },
    'orbit.public-template-change': { because: ONE_COMMIT, lost: 'same' },
    'orbit.public-template-delete': { because: ONE_COMMIT, lost: 'same' },
    'orbit.favourite-add': { because: ONE_COMMIT, lost: 'same' },
    'orbit.favourite-remove': { because: ONE_COMMIT, lost: 'same' },
  },
  routes: [
    ...routesOf(liveRoutes),
    ...routesOf(commentRoutes),
    ...routesOf(templateRoutes),
    ...routesOf(templateAdminRoutes),
    ...routesOf(favouriteRoutes),
    ...routesOf(activityRoutes),
  ],
  jobs: { 'prune-changes': pruning },
  schedules: {
    'prune-changes': { cron: '41 * * * *', job: 'prune-changes' },
  },
};
