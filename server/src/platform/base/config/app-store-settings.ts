import { numberIn } from '#platform/kernel';
import { z } from 'zod';
import { count, httpUrl, key, setting, text, toggle } from './setting.ts';

const group = 'Stores';

/** Purchases in the App Store (docs/app-store.md). */
export const APP_STORE_SETTINGS = {
  APP_STORE_BUNDLE_ID: setting(key.optional(), {
    group,
    says: 'Purchases in this app of the App Store are sold plans. Not set: nothing is sold there.',
    example: 'com.example.app',
  }),
  APP_STORE_APP_ID: setting(
    z.preprocess(numberIn, z.number('must be a number').int().positive('must be a number')).optional(),
    {
      group,
      says: 'Apple’s number of the app, as App Store Connect shows it.',
      example: '1234567890',
    },
  ),
  APP_STORE_ISSUER_ID: setting(key.optional(), {
    group,
    says: 'Who issues the key of the App Store Server API: App Store Connect, Users and Access, Integrations.',
    example: '57246542-96fe-1a63-e053-0824d011072a',
  }),
  APP_STORE_KEY_ID: setting(key.optional(), {
    group,
    says: 'The name of that key.',
    example: '2X9R4HXF34',
  }),
  APP_STORE_PRIVATE_KEY: setting(text.includes('PRIVATE KEY', 'must be the text of a .p8 file').optional(), {
    group,
    says: 'That key: the text of its .p8 file, with \\n for the ends of lines.',
    secret: true,
    example: '-----BEGIN PRIVATE KEY-----\\n…',
  }),
  APP_STORE_ENVIRONMENT: setting(
    z.enum(['production', 'sandbox'], 'must be production or sandbox').default('production'),
    {
      group,
      says: 'production: what is sold, and beside it Apple’s sandbox, whose purchases are granted to STORE_SANDBOX_ACCOUNTS. sandbox: that alone, granted to everybody, while an app is made.',
    },
  ),
  APP_STORE_OCSP: setting(toggle.default(true), {
    group,
    says: 'Whether Apple is asked, each quarter of an hour, if a certificate that signs was revoked.',
  }),
  APP_STORE_COMMISSION_PERCENT: setting(count(100, 0).default(30), {
    group,
    says: 'What Apple keeps of a price: 15 in its program for small businesses. Of what a subscriber pays past a year it keeps 15 in any case.',
  }),
  APP_STORE_CUSTOMERS_CONSENT: setting(toggle.default(false), {
    group,
    says: 'Whether your customers have agreed that Apple is told how a purchase was used when they want the money back: then Apple’s requests for that are answered (docs/app-store.md), and otherwise none.',
  }),
  APP_STORE_REFUND_PREFERENCE: setting(
    z
      .enum(['decline', 'grant_full', 'grant_prorated'], 'must be decline, grant_full or grant_prorated')
      .optional(),
    {
      group,
      says: 'What such an answer says that you prefer, of a purchase that was delivered. Not set: nothing.',
    },
  ),
  APP_STORE_READS_PER_SECOND: setting(count(1_000).default(20), {
    group,
    says: 'How many reads a second all processes together send the App Store, at most.',
  }),
  APP_STORE_API_URL: setting(httpUrl.optional(), {
    group,
    says: 'Where the App Store Server API is, in place of Apple’s own addresses.',
  }),
  SANDBOX_APP_STORE: setting(toggle.optional(), {
    group,
    says: 'Whether a sandbox of our own stands in for the App Store, where nobody pays. Not set: in development without APP_STORE_BUNDLE_ID. Refused in production.',
  }),
} as const;
