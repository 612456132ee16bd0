import type { Firebase } from './firebase.ts';
import type { CodeProvider, Provider } from '../sessions/sign-in-replies.ts';
import type { SignInClient } from './openid.ts';

/** As mails and pages call them. */
export const NAMES: Readonly<Record<Provider, string>> = {
  google: 'Google',
  apple: 'Apple',
  microsoft: 'Microsoft',
  github: 'GitHub',
  firebase: 'Firebase',
};

/** Clients of a provider, for browsers and for apps, which mostly are clients of their own there. */
export interface ProviderClients {
  readonly web: SignInClient | undefined;
  readonly app: SignInClient | undefined;
}

/** The providers that sign users in; sign-ins by one that is not there are refused. */
export interface Providers {
  readonly clients: Readonly<Partial<Record<CodeProvider, ProviderClients>>>;
  readonly firebase: Firebase | undefined;
  /** Whether they are a sandbox, which believes all that a caller on this machine says: it speaks for no platform admin. */
  readonly isSandbox?: boolean;
}
