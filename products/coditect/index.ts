import './errors.ts';
import { defineProduct, type ProductJob, routesOf } from 'plinth/product';
import * as adminRoutes from './admin/routes.ts';
import * as activityRoutes from './analytics/activity-routes.ts';
import * as analyticsRoutes from './analytics/routes.ts';
import { coditectAuditActions } from './audit-actions.ts';
import { coditectCrashPoints } from './crash-points.ts';
import { coditectDataRules } from './data-rules.ts';
import * as checkoutRoutes from './checkout/routes.ts';
import { KEY_SHAPE } from './licenses/key.ts';
import * as licenseRoutes from './licenses/routes.ts';
import { coditectMails } from './mails.ts';
import * as machineRoutes from './machines/routes.ts';
import { coditectCatalogue } from './plans.ts';
import { type Coditect, createCoditect } from './service.ts';
import * as sessionRoutes from './sessions/routes.ts';
import * as memoryRoutes from './memory/sessions/routes.ts';
import * as sessionFileRoutes from './memory/session-files/routes.ts';
import * as decisionRoutes from './memory/decisions/routes.ts';
import { patternRelease } from './memory/patterns/release.ts';
import * as patternRoutes from './memory/patterns/routes.ts';
import * as graphRoutes from './memory/graph/routes.ts';
import * as documentRoutes from './memory/documents/routes.ts';
import * as contextRoutes from './memory/context/routes.ts';
import * as summaryRoutes from './memory/digests/routes.ts';
import * as mcpRoutes from './memory/mcp/routes.ts';
import * as signingRoutes from './signing/routes.ts';
import { coditectSystemUses } from './system-uses.ts';

/** Writes down which licences have lapsed; what one run leaves the next one finds. */
const lapses: ProductJob<Coditect> = { run: async ({ lifecycle }) => void (await lifecycle.lapse()) };

/** Writes down which sessions ran out, and what a day that is over was; what one run leaves the next one finds. */
const sessions: ProductJob<Coditect> = {
  async run({ holders, analytics }) {
    await holders.close();
    await analytics.roll();
  },
};

/** Issues licences of plans that were given for later; what one run leaves the next one finds. */
const beginnings: ProductJob<Coditect> = { run: async ({ lifecycle }) => void (await lifecycle.begin()) };

/** Hashes licence keys under the present master key; what one run leaves the next one finds. */
const hashes: ProductJob<Coditect> = { run: async (service) => void (await service.rehash()) };

/** Forgets what people keep in memory who are no members any more; what one run leaves the next one finds. */
const departed: ProductJob<Coditect> = { run: (service) => service.forgetDeparted() };

/** Does what changes and deletions left in large sessions of memory; what one run leaves the next one finds. */
const pending: ProductJob<Coditect> = { run: (service) => service.doPending() };

/** Digests sessions that messages came to; what one run leaves the next one finds. A large one is in the way of none beside it. */
const digests: ProductJob<Coditect> = {
  atOnce: 2,
  whenOff: 'ends',
  run: (service, job) => service.digests.run(job),
};

/** Finds what recurs in sessions. It may hold the steps and statements of a thousand of them in memory: a process does one at a time. */
const patterns: ProductJob<Coditect> = {
  atOnce: 1,
  run: (service, job) => service.patterns.extract(job),
};

/** Writes the mails about a licence. */
const letters: ProductJob<Coditect> = {
  attempts: 5,
  // A renewal that is booked meanwhile has its mail.
  whenOff: 'runs',
  run: (service, job) => service.letters.write(job),
};

/** Coditect: licences of a developer tool, and the memory of what was said in it. */
export const coditect = defineProduct({
  ...coditectCatalogue,
  folder: import.meta.url,
  dataRules: coditectDataRules,
  systemUses: coditectSystemUses,
  crashPoints: coditectCrashPoints,
  auditActions: coditectAuditActions,
  redact: [KEY_SHAPE],
  routes: [
    ...routesOf(adminRoutes),
    ...routesOf(activityRoutes),
    ...routesOf(analyticsRoutes),
    ...routesOf(checkoutRoutes),
    ...routesOf(licenseRoutes),
    ...routesOf(machineRoutes),
    ...routesOf(memoryRoutes),
    ...routesOf(sessionFileRoutes),
    ...routesOf(decisionRoutes),
    ...routesOf(documentRoutes),
    ...routesOf(contextRoutes),
    ...routesOf(patternRoutes),
    ...routesOf(graphRoutes),
    ...routesOf(summaryRoutes),
    ...routesOf(mcpRoutes),
    ...routesOf(sessionRoutes),
    ...routesOf(signingRoutes),
  ],
  // A licence key, or the token of a session.
  resolveKey: async ({ licenses, tokens }, secret) => {
    if (!secret.includes('.')) return licenses.byKey(secret);
    const { accountId, licenseId } = await tokens.read(secret);
    return { accountId, id: licenseId };
  },
  mcpOnStdio: async (server) => (await import('./memory/mcp/stdio.ts')).serveMcpOnStdio(server),
  findAccounts: { by: 'license', find: ({ desk }, text) => desk.accountsOf(text) },
  jobs: { lapses, beginnings, sessions, hashes, letters, departed, pending, digests, patterns },
  policies: {
    // A user waits for it.
    summary: {
      models: ['small', 'large'],
      temperature: 0.2,
      maxOutputTokens: 1_000,
      tries: 2,
      timeouts: { total: 45_000 },
      caps: { runTime: 90_000, inputBytes: 131_072, answerBytes: 65_536 },
    },
  },
  mails: coditectMails,
  release: patternRelease,
  schedules: {
    lapses: { cron: '23 * * * *', job: 'lapses' },
    beginnings: { cron: '*/5 * * * *', job: 'beginnings' },
    sessions: { cron: '*/5 * * * *', job: 'sessions' },
    hashes: { cron: '29 * * * *', job: 'hashes' },
    departed: { cron: '43 3 * * *', job: 'departed' },
    pending: { cron: '* * * * *', job: 'pending' },
    digests: { cron: '* * * * *', job: 'digests' },
  },
  onEntitlementChanged: ({ lifecycle }, tx, change) => lifecycle.applyIn(tx, change),
  service: createCoditect,
});
