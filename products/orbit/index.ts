import './tags.ts';
import './errors.ts';
import { declareLongUses, defineProduct, type PolicyInput } from 'plinth/product';
import { DOCUMENT_PACKAGES } from '@plinth/documents';
import { MOST_CHUNKS } from './extraction/run.ts';
import { orbitMails } from './mails.ts';
import { collaborationPart } from './parts/collaboration.ts';
import { corePart } from './parts/core.ts';
import { documentsPart } from './parts/documents.ts';
import { exportsPart } from './parts/exports.ts';
import { extractionPart } from './parts/extraction.ts';
import { orbitCatalogue } from './plans.ts';
import { createOrbit, type OrbitPart } from './service.ts';
import { orbitSettings } from './settings.ts';

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

const parts = [corePart, collaborationPart, documentsPart, extractionPart, exportsPart];
const merge = <Value>(pick: (part: OrbitPart) => Readonly<Record<string, Value>>) =>
  Object.fromEntries(parts.flatMap((part) => Object.entries(pick(part))));

/** Orbit: scopes of work out of clients' documents. */
export const orbit = defineProduct({
  ...orbitCatalogue,
  folder: import.meta.url,
  packages: DOCUMENT_PACKAGES,
  settings: orbitSettings,
  seed: async (server, say) => (await import('./seed/seed.ts')).seedOrbit(server, say),
  dataRules: parts.flatMap(({ dataRules }) => dataRules),
  systemUses,
  crashPoints: merge(({ crashPoints }) => crashPoints),
  routes: parts.flatMap(({ routes }) => routes),
  jobs: merge(({ jobs }) => jobs),
  schedules: merge(({ schedules }) => schedules),
  mails: orbitMails,
  policies: { ai: reading },
  service: createOrbit,
});
