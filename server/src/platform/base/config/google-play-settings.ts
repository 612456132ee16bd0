import { z } from 'zod';
import { count, httpUrl, key, setting, toggle } from './setting.ts';

/** Purchases at Google Play (docs/google-play.md). */
export const GOOGLE_PLAY_SETTINGS = {
  GOOGLE_PLAY_PACKAGE: setting(
    z
      .string()
      .regex(/^[a-zA-Z]\w*(\.[a-zA-Z]\w*)+$/, 'must be the name of an app, such as com.example.app')
      .optional(),
    {
      group: 'Stores',
      says: 'The Android app whose purchases are taken, by its package name.',
      example: 'com.example.app',
    },
  ),
  GOOGLE_PLAY_SERVICE_ACCOUNT: setting(
    z
      .string()
      .refine(isServiceAccount, 'must be the JSON of a service account’s key, on one line')
      .optional(),
    {
      group: 'Stores',
      says: 'The key of the service account that may read purchases and orders, as Google Cloud gives it.',
      secret: true,
      example:
        '{"client_email":"plinth@project.iam.gserviceaccount.com","private_key":"-----BEGIN PRIVATE KEY-----…"}',
    },
  ),
  GOOGLE_PLAY_PUSH_ACCOUNT: setting(z.email('must be the email address of a service account').optional(), {
    group: 'Stores',
    says: 'The service account that Pub/Sub signs its pushes as.',
    example: 'play-push@project.iam.gserviceaccount.com',
  }),
  GOOGLE_PLAY_PUSH_AUDIENCE: setting(key.optional(), {
    group: 'Stores',
    says: 'The audience of the push subscription, where one is set; not set: its address, PUBLIC_URL/v1/webhooks/google-play.',
  }),
  GOOGLE_PLAY_API_URL: setting(httpUrl.optional(), {
    group: 'Stores',
    says: 'In place of Google’s hosts: for tests against a sandbox.',
  }),
  GOOGLE_PLAY_READS_PER_SECOND: setting(count(1_000).default(40), {
    group: 'Stores',
    says: 'How many reads a second all processes together send to Google Play, at most. It takes 3,000 a minute.',
  }),
  SANDBOX_GOOGLE_PLAY: setting(toggle.optional(), {
    group: 'Stores',
    says: 'Whether a sandbox of our own stands in for Google Play, where nobody pays. Not set: in development without GOOGLE_PLAY_PACKAGE. Refused in production.',
  }),
} as const;

function isServiceAccount(json: string): boolean {
  const account = z.object({ client_email: z.email(), private_key: z.string().includes('PRIVATE KEY') });
  try {
    return account.safeParse(JSON.parse(json)).success;
  } catch {
    return false;
  }
}
