import type { Config } from '#platform/config';
import { createFirebase, createOpenIdClient, type OpenIdParts, type Providers } from '#platform/identity';
import type { Clock } from '#platform/kernel';
import { createOpenIdSandbox } from '#sandbox/openid';

type SignIn = Pick<Config['signIn'], 'google' | 'firebase'>;

/** Who else says who somebody is: those of the settings; the sandbox where it stands in for them. */
export async function openProviders(
  config: Config,
  clock: Clock,
  opened: AsyncDisposableStack,
): Promise<Providers> {
  const signIn = config.signIn.sandbox ? await sandboxed(clock, opened) : config.signIn;
  const providers = providersOf({ clock, allowLoopback: config.environment !== 'production' }, signIn);
  return { ...providers, isSandbox: config.signIn.sandbox };
}

/** The providers that the settings name. */
export function providersOf(parts: OpenIdParts, { google, firebase }: SignIn): Providers {
  const client = (of: { readonly clientId: string; readonly clientSecret: string | undefined } | undefined) =>
    google && of && createOpenIdClient(parts, { issuer: google.issuer, ...of });
  return {
    google: { web: client(google?.web), app: client(google?.app) },
    firebase: firebase && createFirebase(parts, firebase),
  };
}

async function sandboxed(clock: Clock, opened: AsyncDisposableStack): Promise<SignIn> {
  const sandbox = await createOpenIdSandbox({ now: clock.now });
  opened.defer(() => sandbox.close());
  const { url, clientId, clientSecret, appClientId, firebaseKeysUrl } = sandbox;
  return {
    google: {
      issuer: url,
      web: { clientId, clientSecret },
      app: { clientId: appClientId, clientSecret: undefined },
    },
    firebase: { projectId: 'plinth-sandbox', keysUrl: firebaseKeysUrl },
  };
}
