import './errors.ts';
import { declareLongUses, defineProduct, type PolicyInput, routesOf } from 'plinth/product';
import { DOCUMENT_PACKAGES } from '@plinth/documents';
import * as activityRoutes from './activity/routes.ts';
import * as analysisRoutes from './analysis/routes.ts';
import * as commentRoutes from './comments/routes.ts';
import * as documentRoutes from './documents/routes.ts';
import * as exportRoutes from './exports/routes.ts';
import * as extractionRoutes from './extraction/routes.ts';
import { MOST_CHUNKS } from './extraction/run.ts';
import * as favouriteRoutes from './favourites/routes.ts';
import * as liveRoutes from './live/routes.ts';
import { orbitMails } from './mails.ts';
import * as onboardingRoutes from './onboarding/routes.ts';
import * as collaboration from './parts/collaboration.ts';
import * as core from './parts/core.ts';
import * as documents from './parts/documents.ts';
import * as exported from './parts/exports.ts';
import * as extraction from './parts/extraction.ts';
import { orbitCatalogue } from './plans.ts';
import * as projectRoutes from './projects/routes.ts';
import * as scopeRoutes from './scopes/routes.ts';
import * as sectionRoutes from './scopes/sections/routes.ts';
import { createOrbit } from './service.ts';
import { orbitSettings } from './settings.ts';
import * as templateAdminRoutes from './templates/admin-routes.ts';
import * as templateRoutes from './templates/routes.ts';
import * as versionRoutes from './versions/routes.ts';
import * as logoRoutes from './workspaces/logo-routes.ts';
import * as workspaceRoutes from './workspaces/routes.ts';

/** It is waited for no longer than a job takes: a chunk is asked for three times. */
const reading: PolicyInput = {
  models: ['small', 'large'],
  temperature: 0.1,
  maxOutputTokens: 4_000,
  tries: 3,
  // A chunk is a round.
  rounds: MOST_CHUNKS,
  timeouts: { total: 60_000 },
  caps: { runTime: 180_000, inputBytes: 131_072, answerBytes: 262_144 },
};

/** Uses of `db.system` by this product, with the reason why no single account or user owns the work. */
const systemUses = {
  'orbit.workspaces': 'a person’s workspaces are listed together, and each is an account of its own',
  'orbit.activity': 'the feed of a person is of all workspaces that they are a member of at that instant',
  'orbit.changes': 'old changes of scopes of all accounts go',
  'orbit.live':
    'all who follow scopes at a process are looked at in one query: may they still, what was missed, who is here',
  'orbit.presence':
    'a process says of all who follow scopes at it that they are here, whichever workspaces these are of',
  'orbit.mentions': 'whether somebody is a member still is asked by the job that sends them a mail',
  'orbit.public-templates': 'what the operator publishes for all workspaces is no account’s',
  'orbit.documents': 'uploads of all accounts that were never completed are found',
  'orbit.exports': 'exports whose time is over are swept, those of all accounts',
};

declare module 'plinth/product' {
  interface ProductSystemUses extends Readonly<typeof systemUses> {}
}

declareLongUses('orbit.changes');

/** Orbit: scopes of work out of clients' documents. */
export const orbit = defineProduct({
  ...orbitCatalogue,
  folder: import.meta.url,
  packages: DOCUMENT_PACKAGES,
  settings: orbitSettings,
  dataRules: [
    ...core.dataRules,
    ...collaboration.dataRules,
    ...documents.dataRules,
    ...extraction.dataRules,
    ...exported.dataRules,
  ],
  systemUses,
  crashPoints: {
    ...core.crashPoints,
    ...collaboration.crashPoints,
    ...documents.crashPoints,
    ...extraction.crashPoints,
    ...exported.crashPoints,
  },
  routes: [
    ...routesOf(onboardingRoutes),
    ...routesOf(workspaceRoutes),
    ...routesOf(logoRoutes),
    ...routesOf(projectRoutes),
    ...routesOf(scopeRoutes),
    ...routesOf(sectionRoutes),
    ...routesOf(versionRoutes),
    ...routesOf(liveRoutes),
    ...routesOf(commentRoutes),
    ...routesOf(templateRoutes),
    ...routesOf(templateAdminRoutes),
    ...routesOf(favouriteRoutes),
    ...routesOf(activityRoutes),
    ...routesOf(documentRoutes),
    ...routesOf(extractionRoutes),
    ...routesOf(analysisRoutes),
    ...routesOf(exportRoutes),
  ],
  jobs: {
    ...core.jobs,
    ...collaboration.jobs,
    ...documents.jobs,
    ...extraction.jobs,
    ...exported.jobs,
  },
  schedules: {
    ...core.schedules,
    ...collaboration.schedules,
    ...documents.schedules,
    ...extraction.schedules,
    ...exported.schedules,
  },
  mails: orbitMails,
  policies: { ai: reading },
  service: createOrbit,
});
