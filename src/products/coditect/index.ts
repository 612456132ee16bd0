import './errors.ts';
import { routesOf } from '#platform/http';
import { defineProduct, type ProductJob } from '#platform/product';
import * as adminRoutes from './admin/routes.ts';
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

/** Writes the mails about a licence. */
const letters: ProductJob<Coditect> = {
  attempts: 5,
  run: (service, job) => service.letters.write(job),
};

/** Coditect: licences of a developer tool. */
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
    ...routesOf(analyticsRoutes),
    ...routesOf(checkoutRoutes),
    ...routesOf(licenseRoutes),
    ...routesOf(machineRoutes),
    ...routesOf(sessionRoutes),
    ...routesOf(signingRoutes),
  ],
  // A licence key, or the token of a session.
  resolveKey: async ({ licenses, tokens }, secret) => {
    if (!secret.includes('.')) return licenses.byKey(secret);
    const { accountId, licenseId } = await tokens.read(secret);
    return { accountId, id: licenseId };
  },
  jobs: { lapses, beginnings, sessions, hashes, letters },
  mails: coditectMails,
  schedules: {
    lapses: { cron: '23 * * * *', job: 'lapses' },
    beginnings: { cron: '*/5 * * * *', job: 'beginnings' },
    sessions: { cron: '*/5 * * * *', job: 'sessions' },
    hashes: { cron: '29 * * * *', job: 'hashes' },
  },
  onEntitlementChanged: ({ lifecycle }, tx, change) => lifecycle.applyIn(tx, change),
  onPlanPaid: ({ lifecycle }, tx, accountId) => lifecycle.paidIn(tx, accountId),
  service: createCoditect,
});
