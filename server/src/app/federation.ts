import type { Config } from '#platform/config';
import {
  APPLE,
  appleSecret,
  createFirebase,
  createGitHubClient,
  createOpenIdClient,
  microsoft,
  type OpenIdParts,
  type OpenIdSettings,
  type Providers,
} from '#platform/identity';
import type { Clock } from '#platform/kernel';
import { openIdSandbox, type SandboxParts } from './sandboxes.ts';

type SignIn = Pick<Config['signIn'], 'google' | 'apple' | 'microsoft' | 'github' | 'firebase'>;
type ProviderSettings = NonNullable<SignIn['google']>;
type Client = NonNullable<ProviderSettings['web']>;

/** Providers that sign users in: those of the settings; the sandbox where it stands in for them. */
export async function openProviders(
  config: Config,
  clock: Clock,
  sandboxes: SandboxParts,
): Promise<Providers> {
  const signIn = config.signIn.sandbox ? await openSandbox(clock, sandboxes) : config.signIn;
  const providers = providersOf({ clock, allowLoopback: config.environment !== 'production' }, signIn);
  return { ...providers, isSandbox: config.signIn.sandbox };
}

/** The providers that the settings name. */
export function providersOf(parts: OpenIdParts, signIn: SignIn): Providers {
  const { google, apple, microsoft: atMicrosoft, github, firebase } = signIn;
  const atGitHub = github && createGitHubClient(parts, { ...github, url: github.issuer });
  const clients = (
    { issuer, web, app }: ProviderSettings,
    more: (client: Client) => Partial<OpenIdSettings> = () => ({}),
  ) => {
    const client = (one: Client | undefined) =>
      one && createOpenIdClient(parts, { issuer, ...one, ...more(one) });
    return { web: client(web), app: client(app) };
  };
  return {
    clients: {
      ...(google && { google: clients(google) }),
      ...(apple && {
        apple: clients(apple, ({ clientId }) => ({
          clientSecret: appleSecret(parts.clock, { ...apple.key, ...apple, clientId }),
          dialect: APPLE,
        })),
      }),
      ...(atMicrosoft && {
        microsoft: clients(atMicrosoft, () => ({ dialect: microsoft(atMicrosoft.tenant) })),
      }),
      ...(atGitHub && { github: { web: atGitHub, app: atGitHub } }),
    },
    firebase: firebase && createFirebase(parts, firebase),
  };
}

async function openSandbox({ now }: Clock, sandboxes: SandboxParts): Promise<SignIn> {
  const { url: issuer, web, app, firebaseKeysUrl } = await openIdSandbox(sandboxes, now);
  return {
    google: { issuer, web, app },
    apple: undefined,
    microsoft: undefined,
    github: undefined,
    firebase: { projectId: 'plinth-sandbox', keysUrl: firebaseKeysUrl },
  };
}
