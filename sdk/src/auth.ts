import type { BodyOf, Caller, CallOptions, ReplyOf } from './calls.ts';
import { PlinthError, Unauthenticated } from './errors.ts';
import { type SessionStore, tokensOf } from './sessions.ts';

/** Providers that a server may sign people in by; `GET /v1/auth/methods` says which it does. */
export type SignInProvider = 'google' | 'apple' | 'microsoft' | 'github';

/** Result of a sign-up. */
export type SignUp =
  | { readonly status: 'signed_in' }
  /** The server wants the address verified before anybody signs in. */
  | { readonly status: 'verification_sent'; readonly email: string }
  | SecondFactorAsked;

/** Result of a sign-in. */
export type SignIn = { readonly status: 'signed_in' } | SecondFactorAsked;

/** No session begins before `verifyMfa()` has taken a second factor, by one of these methods. */
export interface SecondFactorAsked {
  readonly status: 'mfa_required';
  /** A secret. */
  readonly mfa_token: string;
  readonly methods: readonly ('totp' | 'recovery_code' | 'passkey')[];
  /** ISO 8601. */
  readonly expires_at: string;
}

export interface AuthParts {
  /** Calls as the signed-in user. */
  readonly caller: Caller;
  /** Calls without credentials. */
  readonly anyone: Caller;
  /** Undefined for a client with an API key: it has no user to sign in. */
  readonly store: SessionStore | undefined;
}

/**
 * A secret for a browser to keep while it is at a provider, and the challenge that it is sent there with (RFC 7636): by
 * `GET /v1/auth/google?return_to=…&code_challenge=…`, or another of `SignInProvider`.
 */
export async function newVerifier(): Promise<{ readonly verifier: string; readonly challenge: string }> {
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  return { verifier, challenge: base64url(new Uint8Array(hash)) };
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCodePoint(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

export type Auth = ReturnType<typeof authCalls>;

export function authCalls({ caller, anyone, store }: AuthParts) {
  function session(): SessionStore {
    if (store === undefined)
      throw new TypeError('this client has an API key: make one with `session` to sign in');
    return store;
  }

  /** Keeps the tokens of a call that signs in. */
  async function keepTokens(call: () => Promise<ReplyOf<'POST /v1/auth/login'>>): Promise<SignIn> {
    const kept = session();
    const answer = await call();
    if ('mfa_token' in answer) {
      const { mfa_token, methods, expires_at } = answer;
      return { status: 'mfa_required', mfa_token, methods, expires_at };
    }
    await kept.write(tokensOf(answer));
    return { status: 'signed_in' };
  }

  /** Throws `invalid_credentials` for a wrong password and for an unknown email alike. */
  const signIn = (body: BodyOf<'POST /v1/auth/login'>, options?: CallOptions) =>
    keepTokens(() => anyone.call('POST /v1/auth/login', { body }, options));

  return {
    signIn,
    /** With the code that a browser came back with from a provider, and the verifier of `newVerifier()`. */
    exchange: (body: BodyOf<'POST /v1/auth/exchange'>, options?: CallOptions) =>
      keepTokens(() => anyone.call('POST /v1/auth/exchange', { body }, options)),
    /** For apps, which were at a provider by themselves: `signInByCode('apple', { code, nonce })`. */
    signInByCode: (
      provider: SignInProvider,
      body: BodyOf<'POST /v1/auth/{provider}'>,
      options?: CallOptions,
    ) => keepTokens(() => anyone.call('POST /v1/auth/{provider}', { params: { provider }, body }, options)),
    /**
     * Has a mail sent with a code and a link. Keep the answer, also where the link opens another tab (`localStorage`): `verifyMailCode`
     * takes its `mail_id` and `code_verifier`, and `exchange` the `code_verifier` with the code that the link brings to `return_to`. The same for
     * known and unknown addresses.
     */
    async signInByMail(
      body: Omit<BodyOf<'POST /v1/auth/mail'>, 'code_challenge'>,
      options?: CallOptions,
    ): Promise<{ readonly mail_id: string; readonly code_verifier: string }> {
      const { verifier, challenge } = await newVerifier();
      const asked = { body: { ...body, code_challenge: challenge } };
      const { mail_id } = await anyone.call('POST /v1/auth/mail', asked, options);
      return { mail_id, code_verifier: verifier };
    },
    /** Throws `mail_code_invalid` for a wrong code; five of them end the mail. */
    verifyMailCode: (body: BodyOf<'POST /v1/auth/mail/verify'>, options?: CallOptions) =>
      keepTokens(() => anyone.call('POST /v1/auth/mail/verify', { body }, options)),
    signInByFirebase: (body: BodyOf<'POST /v1/auth/firebase'>, options?: CallOptions) =>
      keepTokens(() => anyone.call('POST /v1/auth/firebase', { body }, options)),

    /** Ends a sign-in that asked for a second factor. Throws `mfa_refused` for a wrong one, `mfa_over` when it took too long. */
    async verifyMfa(body: BodyOf<'POST /v1/auth/mfa/verify'>, options?: CallOptions): Promise<void> {
      const kept = session();
      await kept.write(tokensOf(await anyone.call('POST /v1/auth/mfa/verify', { body }, options)));
    },

    /** Proves this session once more, for calls that are refused with `step_up_required`. */
    stepUp: (body: BodyOf<'POST /v1/auth/step-up'>, options?: CallOptions) =>
      caller.call('POST /v1/auth/step-up', { body }, options),

    /** Registers, then signs in. An email that is known already is answered as a new one, and then its password counts. */
    async signUp(body: BodyOf<'POST /v1/auth/register'>, options?: CallOptions): Promise<SignUp> {
      const { email, password } = body;
      session();
      const { status } = await anyone.call('POST /v1/auth/register', { body }, options);
      try {
        return await signIn({ email, password }, options);
      } catch (error) {
        if (!(error instanceof PlinthError) || error.code !== 'email_not_verified') throw error;
        return { status, email };
      }
    },

    /** Ends the session here in any case, and on the server if that can be reached; throws when it can not. */
    async signOut(options?: CallOptions): Promise<void> {
      const kept = session();
      try {
        await caller.call('POST /v1/auth/logout', {}, options);
      } catch (error) {
        if (!(error instanceof Unauthenticated)) throw error;
      } finally {
        await kept.write(undefined);
      }
    },

    /** Ends all sessions of the user, on all devices. */
    async signOutEverywhere(options?: CallOptions): Promise<void> {
      const kept = session();
      await caller.call('POST /v1/auth/logout-all', {}, options);
      await kept.write(undefined);
    },

    ...mailCalls(anyone),
    changeEmail: (body: BodyOf<'POST /v1/auth/change-email'>, options?: CallOptions) =>
      caller.call('POST /v1/auth/change-email', { body }, options),

    /** Ends all sessions, this one too: sign in again. */
    async changePassword(
      body: BodyOf<'POST /v1/auth/change-password'>,
      options?: CallOptions,
    ): Promise<void> {
      const kept = session();
      await caller.call('POST /v1/auth/change-password', { body }, options);
      await kept.write(undefined);
    },

    /** Whether there is a session here; whether it still holds is known by the next call. */
    async isSignedIn(): Promise<boolean> {
      return (await session().read()) !== undefined;
    },

    /** The devices on which the user is signed in. */
    sessions: (options?: CallOptions) => caller.call('GET /v1/auth/sessions', {}, options),
    endSession: (id: string, options?: CallOptions) =>
      caller.call('DELETE /v1/auth/sessions/{id}', { params: { id } }, options),
  };
}

/** Calls that go by a mail and the token in its link. An unknown address gets the same answer as a known one. */
function mailCalls({ call }: Caller) {
  return {
    verifyEmail: (body: BodyOf<'POST /v1/auth/verify-email'>, options?: CallOptions) =>
      call('POST /v1/auth/verify-email', { body }, options),
    resendVerification: (body: BodyOf<'POST /v1/auth/resend-verification'>, options?: CallOptions) =>
      call('POST /v1/auth/resend-verification', { body }, options),
    forgotPassword: (body: BodyOf<'POST /v1/auth/forgot-password'>, options?: CallOptions) =>
      call('POST /v1/auth/forgot-password', { body }, options),
    /** Ends all sessions of the user. */
    resetPassword: (body: BodyOf<'POST /v1/auth/reset-password'>, options?: CallOptions) =>
      call('POST /v1/auth/reset-password', { body }, options),
  };
}
