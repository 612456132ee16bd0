import './tags.ts';
import './errors.ts';
import { declareLongUses, definePart, type ProductJob, routesOf } from 'plinth/product';
import * as adminRoutes from './admin/routes.ts';
import * as analyticsRoutes from './analytics/routes.ts';
import { licencesAuditActions } from './audit-actions.ts';
import * as checkoutRoutes from './checkout/routes.ts';
import { licencesCrashPoints } from './crash-points.ts';
import { licencesDataRules } from './data-rules.ts';
import { KEY_SHAPE } from './licenses/key.ts';
import * as licenseRoutes from './licenses/routes.ts';
import * as machineRoutes from './machines/routes.ts';
import { licencesMails } from './mails.ts';
import { createLicences, type Licences } from './service.ts';
import * as sessionRoutes from './sessions/routes.ts';
import * as signingRoutes from './signing/routes.ts';

/** Writes down which licences have lapsed; what one run leaves the next one finds. */
const lapses: ProductJob<Licences> = { run: async ({ lifecycle }) => void (await lifecycle.lapse()) };

/** Writes down which sessions ran out, and what a day that is over was; what one run leaves the next one finds. */
const sessions: ProductJob<Licences> = {
  async run({ holders, analytics }) {
    await holders.close();
    await analytics.roll();
  },
};

/** Issues licences of plans that were given for later; what one run leaves the next one finds. */
const beginnings: ProductJob<Licences> = { run: async ({ lifecycle }) => void (await lifecycle.begin()) };

/** Hashes licence keys under the present master key; what one run leaves the next one finds. */
const hashes: ProductJob<Licences> = { run: async (service) => void (await service.rehash()) };

/** Writes the mails about a licence. */
const letters: ProductJob<Licences> = {
  attempts: 5,
  // A renewal that is booked meanwhile has its mail.
  whenOff: 'runs',
  run: (service, job) => service.letters.write(job),
};

/** Uses of `db.system` by this package, with the reason why no single account or user owns the work. */
const systemUses = {
  'coditect.key': 'a licence key alone says which account it is of',
  'coditect.checkout': 'the id of a checkout alone says which account it was of when its user comes back',
  'coditect.signing': 'the keys that sign licence files are the server’s own',
  'coditect.revocations': 'the list of files that hold no more is of all accounts, and names none',
  'coditect.letters': 'those who manage an account are found, to be written to of its licence',
  'coditect.lapses': 'licences of all accounts lapse, and their hashes are renewed',
  'coditect.admin':
    'a platform admin finds and changes licences that are not their own, and counts those of all',
  'coditect.sessions': 'sessions of all accounts that ran out are written down',
  'coditect.days': 'what licences of all accounts were used for is counted by day',
};

declare module 'plinth/product' {
  interface ProductSystemUses extends Readonly<typeof systemUses> {}
}

declareLongUses('coditect.days');

/** Licences of a tool: keys, machines, seats, and what is signed. A part of Coditect. */
export const licences = definePart({
  product: 'coditect',
  name: 'licences',
  folder: import.meta.url,
  dataRules: licencesDataRules,
  systemUses,
  crashPoints: licencesCrashPoints,
  auditActions: licencesAuditActions,
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
  findAccounts: { by: 'license', find: ({ desk }, text) => desk.accountsOf(text) },
  jobs: { lapses, beginnings, sessions, hashes, letters },
  mails: licencesMails,
  schedules: {
    lapses: { cron: '23 * * * *', job: 'lapses' },
    beginnings: { cron: '*/5 * * * *', job: 'beginnings' },
    sessions: { cron: '*/5 * * * *', job: 'sessions' },
    hashes: { cron: '29 * * * *', job: 'hashes' },
  },
  onEntitlementChanged: ({ lifecycle }, tx, change) => lifecycle.applyIn(tx, change),
  service: createLicences,
});
