import { generateSync } from 'otplib';
import { advance, databaseTime } from '@plinth/testkit/factories';
import type { TestApp } from '@plinth/testkit/services/app';
import { forgetRates } from '@plinth/testkit/services/forget-rates';
import { toAnswer, register, type Somebody } from './mailbox.ts';

/** A user who is signed in, and calls as that session. */
export interface SignedInSession {
  readonly ada: Somebody;
  readonly access: string;
  call(line: string, body?: object): ReturnType<Somebody['auth']>;
}

/** Calls with a token, or without one; never refused for being one too many. */
export function callsAs(app: TestApp, token: string | undefined): SignedInSession['call'] {
  return async (line, body) => {
    await forgetRates(app);
    return toAnswer(await app.call(token, line, body === undefined ? {} : { body }));
  };
}

/** A new user, who has just signed in. */
export async function newcomer(app: TestApp): Promise<SignedInSession> {
  const ada = await register(app);
  const { access } = await ada.enter();
  return { ada, access, call: callsAs(app, access) };
}

/** An authenticator app that holds a secret. */
export function authenticatorOf({ db }: TestApp, secret: string) {
  /** The code of a step of time: this one, the one before (-1), the one after. */
  return async (step = 0): Promise<string> => {
    const now = Math.floor((await databaseTime(db)).getTime() / 1_000);
    return generateSync({ secret, epoch: now + step * 30 });
  };
}

export interface Factors {
  readonly code: ReturnType<typeof authenticatorOf>;
  readonly recoveryCodes: readonly string[];
}

/** Gives a caller an authenticator app, half a minute ago: its code of now is not used yet. */
export async function enrol(app: TestApp, call: SignedInSession['call']): Promise<Factors> {
  const { body } = await call('POST /v1/auth/mfa/totp');
  const code = authenticatorOf(app, String(body['secret']));
  const confirmed = await call('POST /v1/auth/mfa/totp/confirm', { code: await code() });
  if (confirmed.status !== 200) throw new Error(`the code was refused: ${confirmed.code}`);
  await advance(app.db, '30 seconds');
  return { code, recoveryCodes: confirmed.body['recovery_codes'] as string[] };
}

/** A user with an authenticator app. */
export async function withAuthenticator(app: TestApp): Promise<SignedInSession & Factors> {
  const signed = await newcomer(app);
  return { ...signed, ...(await enrol(app, signed.call)) };
}

/** The token of a log-in that is answered with a challenge. */
export async function challengeOf({ ada }: Pick<SignedInSession, 'ada'>, password?: string): Promise<string> {
  const { body } = await ada.login(password);
  return String(body['mfa_token']);
}
