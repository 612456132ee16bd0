import type { ProductContext, ProductParts } from 'plinth/product';
import { createActivityFeed } from './activity/service.ts';
import { createAnalysis } from './analysis/service.ts';
import { createChanges } from './changes/service.ts';
import { createComments } from './comments/service.ts';
import { createDocuments } from './documents/service.ts';
import { createExports } from './exports/service.ts';
import { createExtraction } from './extraction/service.ts';
import { createFavourites } from './favourites/service.ts';
import { createLive } from './live/service.ts';
import { createOnboarding } from './onboarding/service.ts';
import { createProjects } from './projects/service.ts';
import { createScopes } from './scopes/service.ts';
import { createSections } from './scopes/sections/service.ts';
import type { orbitSettings } from './settings.ts';
import { createTemplates } from './templates/service.ts';
import { createVersions } from './versions/service.ts';
import { createLogos } from './workspaces/logos.ts';
import { createWorkspaces } from './workspaces/service.ts';

/** What Orbit's routes and jobs are called with. */
export function createOrbit(context: ProductContext<typeof orbitSettings>) {
  const workspaces = createWorkspaces(context);
  const changes = createChanges(context);
  const versions = createVersions(context);
  const sections = createSections({ ...context, changes, versions });
  const scopes = createScopes({ ...context, changes, versions });
  const documents = createDocuments({ ...context, changes });
  const inner = { ...context, workspaces, changes, versions, sections, scopes, documents };
  return {
    plan: context.plan,
    workspaces,
    logos: createLogos({ ...context, workspaces }),
    changes,
    versions,
    sections,
    scopes,
    documents,
    onboarding: createOnboarding(inner),
    projects: createProjects(context),
    live: createLive(inner),
    comments: createComments(inner),
    templates: createTemplates(inner),
    favourites: createFavourites(inner),
    activity: createActivityFeed(inner),
    extraction: createExtraction(inner),
    analysis: createAnalysis(inner),
    exports: createExports(inner),
  };
}

export type Orbit = ReturnType<typeof createOrbit>;

/** One of the parts that Orbit is declared in; all are called with one service. */
export type OrbitPart = Required<
  Pick<ProductParts<Orbit>, 'dataRules' | 'crashPoints' | 'routes' | 'jobs' | 'schedules'>
>;
