import type { Config } from '#platform/config';
import { createFirebase, createOpenIdClient, type OpenIdParts, type Providers } from '#platform/identity';
import type { Clock } from '#platform/kernel';
import { openIdSandbox, type SandboxParts } from './sandboxes.ts';

type SignIn = Pick<Config['signIn'], 'google' | 'firebase'>;

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
export function providersOf(parts: OpenIdParts, { google, firebase }: SignIn): Providers {
  const client = (of: { readonly clientId: string; readonly clientSecret: string | undefined } | undefined) =>
    google && of && createOpenIdClient(parts, { issuer: google.issuer, ...of });
  return {
    google: { web: client(google?.web), app: client(google?.app) },
    firebase: firebase && createFirebase(parts, firebase),
  };
}

async function openSandbox({ now }: Clock, sandboxes: SandboxParts): Promise<SignIn> {
  const { url: issuer, web, app, firebaseKeysUrl } = await openIdSandbox(sandboxes, now);
  return {
    google: { issuer, web, app },
    firebase: { projectId: 'plinth-sandbox', keysUrl: firebaseKeysUrl },
  };
}
