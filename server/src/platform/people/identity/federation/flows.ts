import { createHash, createHmac } from 'node:crypto';
import type { RequestOrigin } from '#platform/audit';
import { commitPoint, type Transaction } from '#platform/db';
import { ownCookie } from '#platform/http';
import { AppError, equalInConstantTime, randomToken, sha256, type UserId } from '#platform/kernel';
import type { DeviceGiven } from '../sessions/devices.ts';
import { completeSignIn, type SessionOpeningParts } from '../sessions/session-opening.ts';
import type { Method, SignedIn } from '../sessions/sign-in-replies.ts';
import { userById } from '../users/user-store.ts';
import { assertReturn, returnRule, type ReturnSettings } from './return-address.ts';
import { codeOf, putCode, putState, useCode, useState } from './state-store.ts';

const BEGUN = commitPoint('identity.sign-in-begun', 'a browser that was sent to a provider');
const RETURNED = commitPoint('identity.sign-in-returned', 'the state that a browser came back with, used up');

export interface FlowsParts extends SessionOpeningParts {
  readonly settings: ReturnSettings;
}

export interface FlowStart {
  /** The provider that the browser is sent to; it must come back from the same one: `google`, or a connection's id. */
  readonly provider: string;
  readonly returnTo: string;
  /** SHA-256 in base64url of a secret that the product's page keeps (RFC 7636, S256): without it a code is worth nothing. */
  readonly codeChallenge: string;
  /** The Cookie header of the request. */
  readonly cookie: string | undefined;
}

/** Facts of one sign-in at a provider. */
export interface StartedFlow {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  /** For a Set-Cookie header. */
  readonly setCookie: string;
}

export interface ReturnedFlow {
  readonly returnTo: string;
  readonly codeChallenge: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

export interface Exchange {
  readonly code: string;
  readonly codeVerifier: string;
  readonly device?: DeviceGiven | undefined;
}

/** Sign-ins that lead a browser to a provider and back; single sign-on of organizations takes the same way. */
export interface SignInFlows {
  /** Throws `validation_failed` for an address that a browser must not be sent back to. */
  begin(asked: FlowStart): Promise<StartedFlow>;
  /** Uses up what a browser came back with. Throws `sign_in_failed`: used, too old, altered, or another browser's. */
  finish(came: {
    readonly provider: string;
    readonly state: string;
    readonly cookie: string | undefined;
  }): Promise<ReturnedFlow>;
  /** A one-time code, good for a minute, for a user whom a provider has named; in the transaction that found them. */
  grant(
    tx: Transaction,
    granted: { readonly userId: UserId; readonly method: Method; readonly codeChallenge: string },
  ): Promise<string>;
  /** Signs in with a one-time code and the secret of its challenge. Throws `sign_in_failed`, and what `enter` throws. */
  exchange(given: Exchange, origin: RequestOrigin): Promise<SignedIn>;
}

const PREFIX = 'plo_';
/** Seconds that a state is good. */
const STATE_LASTS = 600;

export function createSignInFlows(parts: FlowsParts): SignInFlows {
  const { db, random, settings } = parts;
  const isAllowed = returnRule(settings);
  // Binds a sign-in to the browser that began it, so that a link can't sign a user in as another (login CSRF).
  const cookies = ownCookie({
    isSecure: settings.baseUrl.startsWith('https:'),
    names: ['__Host-plinth_sign_in', 'plinth_sign_in'],
    value: '[\\w-]{43}',
    path: '/',
    // It must come along when the provider sends the browser back.
    sameSite: 'Lax',
  });
  return {
    async begin({ provider, returnTo, codeChallenge, cookie }) {
      assertReturn(isAllowed, returnTo);
      const state = randomToken(random);
      // The same for all tabs of a browser, so that none ends what another has begun.
      const browser = cookies.read(cookie) ?? randomToken(random);
      const stateHash = sha256(state);
      const begun = { stateHash, browserHash: sha256(browser), provider, returnTo, codeChallenge };
      await db.system('identity.credentials', BEGUN, (tx) => tx.runAll(putState(begun)));
      return { state, ...secretsOf(state, browser), setCookie: cookies.write(browser, STATE_LASTS) };
    },
    async finish({ provider, state, cookie }) {
      const browser = cookies.read(cookie);
      if (browser === undefined) throw new AppError('sign_in_failed');
      const came = { stateHash: sha256(state), browserHash: sha256(browser), provider };
      const [used] = await db.system('identity.credentials', RETURNED, (tx) => tx.run(useState(came)));
      if (used === undefined) throw new AppError('sign_in_failed');
      return { returnTo: used.return_to, codeChallenge: used.code_challenge, ...secretsOf(state, browser) };
    },
    async grant(tx, granted) {
      const code = randomToken(random, PREFIX);
      await tx.runAll(putCode({ ...granted, codeHash: sha256(code) }));
      return code;
    },
    exchange: (given, origin) => exchange(parts, given, origin),
  };
}

async function exchange(
  parts: FlowsParts,
  { code, codeVerifier, device }: Exchange,
  origin: RequestOrigin,
): Promise<SignedIn> {
  const { db } = parts;
  const codeHash = sha256(code);
  const [[found]] = await db.system('identity.credentials', [codeOf(codeHash)]);
  const challenge = createHash('sha256').update(codeVerifier).digest('base64url');
  if (found === undefined || !equalInConstantTime(found.code_challenge, challenge))
    throw new AppError('sign_in_failed');
  const [[user]] = await db.system('identity.credentials', [userById(found.user_id)]);
  if (user === undefined) throw new AppError('sign_in_failed');
  return completeSignIn(parts, {
    user,
    method: found.method,
    origin,
    device,
    async confirm(tx) {
      const [used] = await tx.run(useCode(found.user_id, codeHash));
      if (used === undefined) throw new AppError('sign_in_failed');
    },
  });
}

/** Made of what the provider hands on and of what the browser alone holds: neither is enough, and nothing of it is stored. */
function secretsOf(state: string, browser: string): { nonce: string; codeVerifier: string } {
  const derive = (what: string) =>
    createHmac('sha256', browser).update(`${what} ${state}`).digest('base64url');
  return { nonce: derive('nonce'), codeVerifier: derive('code verifier') };
}
