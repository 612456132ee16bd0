import { declareMails, mailTemplate } from 'plinth/product';
import { z } from 'zod';

const plan = { account: z.string(), plan: z.string(), seats: z.int(), until: z.string() };
const planExample = {
  account: 'Analytical Engines',
  plan: 'Pro',
  seats: 10,
  until: '2027-03-23 09:00 UTC',
};

/** Files of a mail: the licence as bytes that are signed, and both signatures. */
const FILES = [
  { name: 'license.json', type: 'application/json', content: '{"format":"coditect-license-1"}' },
  { name: 'license.rsa-4096.sig', type: 'application/octet-stream', content: 'a signature' },
  { name: 'license.ed25519.sig', type: 'application/octet-stream', content: 'a signature' },
];

/** What people are told of licences beside what the platform tells of payments, cancellations and passwords. */
export const licencesMails = declareMails('coditect', import.meta.url, {
  license_issued: mailTemplate(
    z.strictObject({ ...plan, key: z.string(), machines: z.int() }),
    { ...planExample, key: 'CODITECT-7Q2M-94KX-TB0E-HZ6P-3W80', machines: 30 },
    FILES,
  ),
  subscription_confirmed: mailTemplate(z.strictObject({ ...plan, next: z.string() }), {
    ...planExample,
    next: 'It is tried for nothing until 2027-02-23 09:00 UTC, and paid from then on.',
  }),
  subscription_renewed: mailTemplate(z.strictObject(plan), planExample, FILES),
});
