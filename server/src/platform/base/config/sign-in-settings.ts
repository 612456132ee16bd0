import { z } from 'zod';
import { httpUrl, key, setting, text, toggle } from './setting.ts';

const group = 'Sign-in';

/** Providers that sign users in (docs/sign-in.md). */
export const SIGN_IN_SETTINGS = {
  GOOGLE_CLIENT_ID: setting(key.optional(), {
    group,
    says: 'Sign-ins by Google, of browsers. Google sends them back to PUBLIC_URL/v1/auth/google/callback.',
    example: '1234-abc.apps.googleusercontent.com',
  }),
  GOOGLE_CLIENT_SECRET: setting(key.optional(), {
    group,
    says: 'What goes with GOOGLE_CLIENT_ID.',
    secret: true,
    example: 'GOCSPX-…',
  }),
  GOOGLE_APP_CLIENT_ID: setting(key.optional(), {
    group,
    says: 'The client of apps, which has no secret. Not set: that of browsers.',
    example: '1234-def.apps.googleusercontent.com',
  }),
  GOOGLE_ISSUER: setting(httpUrl.default('https://accounts.google.com'), {
    group,
    says: 'Where Google is.',
  }),
  APPLE_CLIENT_ID: setting(key.optional(), {
    group,
    says: 'Sign-ins by Apple, of browsers: the Services ID. Apple posts their answer to PUBLIC_URL/v1/auth/apple/callback.',
    example: 'com.example.web',
  }),
  APPLE_APP_CLIENT_ID: setting(key.optional(), {
    group,
    says: 'The App ID (bundle id) of apps that use the sign-in of the device.',
    example: 'com.example.app',
  }),
  APPLE_TEAM_ID: setting(key.optional(), {
    group,
    says: 'Your team at Apple: the 10 characters of its membership page.',
    example: '57246542AB',
  }),
  APPLE_KEY_ID: setting(key.optional(), {
    group,
    says: 'The name of the key that Sign in with Apple is enabled for.',
    example: '2X9R4HXF34',
  }),
  APPLE_PRIVATE_KEY: setting(text.includes('PRIVATE KEY', 'must be the text of a .p8 file').optional(), {
    group,
    says: 'That key: the text of its .p8 file, with \\n for the ends of lines.',
    secret: true,
    example: '-----BEGIN PRIVATE KEY-----\\n…',
  }),
  APPLE_ISSUER: setting(httpUrl.default('https://appleid.apple.com'), {
    group,
    says: 'Where Apple is.',
  }),
  MICROSOFT_CLIENT_ID: setting(key.optional(), {
    group,
    says: 'Sign-ins by Microsoft, of browsers. Microsoft sends them back to PUBLIC_URL/v1/auth/microsoft/callback.',
    example: '6731de76-14a6-49ae-97bc-6eba6914391e',
  }),
  MICROSOFT_CLIENT_SECRET: setting(key.optional(), {
    group,
    says: 'What goes with MICROSOFT_CLIENT_ID.',
    secret: true,
    example: 'qWg8Q~…',
  }),
  MICROSOFT_APP_CLIENT_ID: setting(key.optional(), {
    group,
    says: 'The client of apps, which has no secret. Not set: that of browsers.',
    example: '00001111-aaaa-2222-bbbb-3333cccc4444',
  }),
  MICROSOFT_TENANT: setting(
    z
      .string()
      .toLowerCase()
      .regex(
        /^(common|organizations|consumers|[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12})$/,
        'must be common, organizations, consumers or the id of a tenant',
      )
      .default('common'),
    {
      group,
      says: 'Whose people sign in: common (all), organizations, consumers (private accounts), or the id of the one tenant whose addresses are believed.',
    },
  ),
  MICROSOFT_URL: setting(httpUrl.default('https://login.microsoftonline.com'), {
    group,
    says: 'Where Microsoft is.',
  }),
  GITHUB_CLIENT_ID: setting(key.optional(), {
    group,
    says: 'Sign-ins by GitHub: the client ID of your OAuth app, whose callback URL is PUBLIC_URL/v1/auth/github/callback.',
    example: 'Ov23li…',
  }),
  GITHUB_CLIENT_SECRET: setting(key.optional(), {
    group,
    says: 'What goes with GITHUB_CLIENT_ID.',
    secret: true,
    example: '9f1c…',
  }),
  GITHUB_URL: setting(httpUrl.default('https://github.com'), { group, says: 'Where GitHub is.' }),
  GITHUB_API_URL: setting(httpUrl.default('https://api.github.com'), { group, says: 'Where its API is.' }),
  FIREBASE_PROJECT_ID: setting(
    z
      .string()
      .regex(/^[a-z0-9-]+$/, 'must be the id of a Firebase project')
      .optional(),
    {
      group,
      says: 'Sign-ins by ID tokens of this Firebase project.',
      example: 'my-project',
    },
  ),
  FIREBASE_KEYS_URL: setting(
    httpUrl.default(
      'https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com',
    ),
    { group, says: 'Where the keys are that Firebase signs with.' },
  ),
  SANDBOX_SIGN_IN: setting(toggle.optional(), {
    group,
    says: 'Whether a sandbox stands in for Google and Firebase, and believes all that a caller says. Not set: where no provider is set and HOST is this machine. Refused in production.',
  }),
};
