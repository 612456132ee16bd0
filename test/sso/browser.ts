import { createHash, randomBytes } from 'node:crypto';
import { statement } from '#platform/db';
import type { OpenIdSandbox } from '#sandbox/openid';
import { outcomeOf } from '../organizations/fixture.ts';
import type { TestApp } from '@plinth/testkit/services/app';

/** Where browsers are sent back to in the end. */
export const RETURN_TO = 'http://localhost:4000/signed-in';

/** What a browser holds when the provider has sent it back. */
export interface Trip {
  readonly cookie: string;
  readonly verifier: string;
  /** Where the provider sent it back to. */
  readonly back: URL;
}

interface Organization {
  readonly id: string;
}

/** Browsers of people who sign in to an app by their organization's provider. */
export function browsersOf(app: TestApp, provider: OpenIdSandbox) {
  /** All come from one address here: the server must not take them for a flood. */
  const forgetRates = () => app.db.asMigrator(statement('delete from limits.rates'));

  /** Opens an address of the app as a browser does, without following where it leads. */
  const open = (address: string, cookie = '') => {
    const { pathname, search } = new URL(address);
    return fetch(`${app.url}${pathname}${search}`, { redirect: 'manual', headers: { cookie } });
  };

  /** To the provider and back, up to the callback: as a person with the address `email` there, or one who says no. */
  async function depart(of: Organization, email: string | undefined, at = provider): Promise<Trip> {
    await forgetRates();
    const verifier = randomBytes(32).toString('base64url');
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const started = await app.call(undefined, 'POST /v1/auth/sso/start', {
      body: { organization: of.id, return_to: RETURN_TO, code_challenge: challenge },
    });
    const sent = await open(String(started.body['url']));
    const [cookie = ''] = (sent.headers.get('set-cookie') ?? '').split(';');
    return { cookie, verifier, back: await at.decide(sent.headers.get('location') ?? '', email) };
  }

  /** What a browser is sent on with; or what the app itself says. */
  async function arrive({ back, cookie }: Pick<Trip, 'back' | 'cookie'>): Promise<URLSearchParams | string> {
    const answered = await open(back.href, cookie);
    const location = answered.headers.get('location');
    if (location !== null) return new URL(location).searchParams;
    const { error } = (await answered.json()) as { error: { code: string } };
    return `${answered.status} ${error.code}`;
  }

  /** The one-time code of a trip that went well. */
  async function codeOf(trip: Trip): Promise<string> {
    const arrived = await arrive(trip);
    const code = typeof arrived === 'string' ? arrived : arrived.get('code');
    if (code === null || !code.startsWith('plo_')) throw new Error(`there is no code: ${String(arrived)}`);
    return code;
  }

  const exchange = (code: string, verifier: string) =>
    app.call(undefined, 'POST /v1/auth/exchange', { body: { code, code_verifier: verifier } });

  /** The whole way: an access token, or the code of an error. */
  async function signIn(of: Organization, email: string, at = provider): Promise<string> {
    const trip = await depart(of, email, at);
    const arrived = await arrive(trip);
    if (typeof arrived === 'string') return arrived;
    const code = arrived.get('code');
    if (code === null) return arrived.get('error') ?? 'nothing';
    const reply = await exchange(code, trip.verifier);
    return reply.status === 200 ? String(reply.body['access_token']) : outcomeOf(reply);
  }

  return { forgetRates, open, depart, arrive, codeOf, exchange, signIn };
}
