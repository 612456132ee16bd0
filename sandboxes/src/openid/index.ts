import { listen, type ListeningOptions } from '../listen.ts';
import type { Faults } from './faults.ts';
import { type Client, type Person, Provider, type Vendor } from './provider.ts';
import { providerListener } from './server.ts';

export type { Faults, TokenFault, WireFault } from './faults.ts';
export { type Client, type Person, TENANT, type Vendor } from './provider.ts';

export interface OpenIdSandboxOptions extends ListeningOptions {
  /** Who may send people here; one client with a secret, and one without, when not said. */
  readonly clients?: readonly Client[];
  /** The vendor that it behaves as; OpenID Connect alone, as Google's, when not said. */
  readonly vendor?: Vendor;
  /** Epoch milliseconds; the wall clock when not said. */
  readonly now?: () => number;
}

/** A stand-in for Google, Apple, Microsoft, Firebase's key server, or an organization's own provider. */
export interface OpenIdSandbox {
  /** Its issuer: http://127.0.0.1:PORT. */
  readonly url: string;
  /** The client with a secret. */
  readonly clientId: string;
  readonly clientSecret: string;
  /** The client without one, as apps are. */
  readonly appClientId: string;
  /** Google's keys for Firebase, as this stand-in has them. */
  readonly firebaseKeysUrl: string;
  readonly faults: Faults;
  /** What the discovery document says otherwise than it would; may be written to. */
  readonly metadata: Record<string, unknown>;
  /** A person with an account here, by their email; made up or changed by this. */
  person(email: string, more?: Partial<Person>): Person;
  /**
   * Sends a person back as the button of the page does: one who agrees, or `undefined`, who says no. The fields that
   * Apple's page posts are in its query.
   */
  decide(authorizationUrl: string, email: string | undefined): Promise<URL>;
  /** Whether ID tokens hold no email, so that it must be asked for at userinfo. */
  keepEmailOut(isOut: boolean): void;
  /** Another key signs from now on, and the old one is served no more. */
  rotateKeys(): Promise<void>;
  /** An ID token of Firebase's; claims that are given replace those that fit. */
  firebaseToken(projectId: string, person: Person, claims?: object): Promise<string>;
  close(): Promise<void>;
}

const CLIENT = { clientId: 'sandbox-client', clientSecret: 'sandbox-secret' } as const;
const APP = { clientId: 'sandbox-app' } as const;

/**
 * Starts a server on loopback that speaks OpenID Connect: discovery, keys, a page to sign in on, tokens with client
 * authentication and PKCE, userinfo. It believes every address that a person gives. It can be told to fail.
 */
export async function createOpenIdSandbox(options: OpenIdSandboxOptions = {}): Promise<OpenIdSandbox> {
  const { clients = [CLIENT, APP], vendor, now = Date.now } = options;
  const metadata: Record<string, unknown> = {};
  let url = '';
  const issuer = () => (vendor === 'microsoft' ? `${url}/{tenantid}/v2.0` : url);
  const provider = new Provider({ issuer, clients, vendor, now });
  const listener = providerListener(provider, () => ({ issuer: issuer(), url, vendor, metadata }));
  const listening = await listen('OpenID Connect', listener, options);
  url = listening.url;
  return {
    url,
    ...CLIENT,
    appClientId: APP.clientId,
    firebaseKeysUrl: `${url}/firebase/keys`,
    faults: provider.faults,
    metadata,
    person: (email, more) => provider.person(email, more),
    decide: (address, email) => decide(provider, address, email),
    keepEmailOut(isOut) {
      provider.thin = isOut;
    },
    rotateKeys: () => provider.keys.rotate(),
    firebaseToken: (projectId, person, claims) => provider.firebaseToken(projectId, person, claims),
    close: listening.close,
  };
}

/** Posts the form of the page, as a browser does, and answers where that leads. */
async function decide(provider: Provider, address: string, email: string | undefined): Promise<URL> {
  const person = email === undefined ? undefined : provider.person(email);
  const form = new URLSearchParams({ decision: person === undefined ? 'deny' : 'allow' });
  if (person !== undefined) {
    form.set('email', person.email);
    form.set('name', person.name);
    if (person.emailVerified) form.set('verified', 'on');
  }
  const response = await fetch(address, { method: 'POST', body: form, redirect: 'manual' });
  const location =
    response.headers.get('location') ?? postedTo(response.ok ? await response.clone().text() : '');
  if (location === undefined) throw new Error(`the provider refuses: ${await response.text()}`);
  return new URL(location);
}

const unescape = (text = '') =>
  text.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

/** The address that a page posts its form to, with the form's fields as a query; undefined for a page without one. */
function postedTo(html: string): string | undefined {
  const action = /<form method="post" action="([^"]+)"/.exec(html)?.[1];
  if (action === undefined) return undefined;
  const url = new URL(unescape(action));
  for (const [, name = '', value] of html.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)">/g))
    url.searchParams.set(name, unescape(value));
  return url.href;
}
