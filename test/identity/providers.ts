import { generateKeyPairSync } from 'node:crypto';
import { createGitHubSandbox } from '#sandbox/github';
import { atEndOfFile } from '@plinth/testkit/closing';
import { openProvider } from '@plinth/testkit/services/provider';
import { RETURN_TO } from './browser.ts';

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const appleKey = {
  teamId: 'TEAM123456',
  keyId: 'KEY1234567',
  publicKey: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
};
const privateKey = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

/** A stand-in for each provider that speaks OpenID Connect. */
export const openProviders = async () => ({
  google: await openProvider(),
  apple: await openProvider({
    vendor: 'apple',
    clients: [
      { clientId: 'com.example.web', appleKey },
      { clientId: 'com.example.app', appleKey },
    ],
  }),
  microsoft: await openProvider({ vendor: 'microsoft' }),
});

export type OpenedProviders = Awaited<ReturnType<typeof openProviders>>;

/** Settings by which an app takes them for the providers. */
export const settingsOfAll = ({ google, apple, microsoft }: OpenedProviders) => ({
  GOOGLE_ISSUER: google.url,
  GOOGLE_CLIENT_ID: google.clientId,
  GOOGLE_CLIENT_SECRET: google.clientSecret,
  APPLE_ISSUER: apple.url,
  APPLE_CLIENT_ID: 'com.example.web',
  APPLE_APP_CLIENT_ID: 'com.example.app',
  APPLE_TEAM_ID: appleKey.teamId,
  APPLE_KEY_ID: appleKey.keyId,
  APPLE_PRIVATE_KEY: privateKey,
  MICROSOFT_URL: microsoft.url,
  MICROSOFT_CLIENT_ID: microsoft.clientId,
  MICROSOFT_CLIENT_SECRET: microsoft.clientSecret,
  SIGN_IN_RETURN_TO: `${RETURN_TO},app://`,
});

/** A stand-in for GitHub, and the settings by which an app takes it for GitHub. */
export async function openGitHub() {
  const github = await createGitHubSandbox();
  atEndOfFile(() => github.close());
  const { url, clientId, clientSecret } = github;
  const settings = {
    GITHUB_URL: url,
    GITHUB_API_URL: url,
    GITHUB_CLIENT_ID: clientId,
    GITHUB_CLIENT_SECRET: clientSecret,
    SIGN_IN_RETURN_TO: `${RETURN_TO},app://`,
  };
  return { github, settings };
}
