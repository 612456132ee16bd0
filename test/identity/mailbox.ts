import type { TestApp } from '@plinth/testkit/services/app';
import { forgetRates } from '@plinth/testkit/services/forget-rates';
import type { SentMail } from '@plinth/testkit/services/outbox';

export const PASSWORD = 'Analytical-Engine-1843';
export const OTHER = 'Difference-Engine-1822';

let made = 0;

/** An address without a user. */
export function newEmail(): string {
  made += 1;
  return `mailbox-${process.pid}-${made}@example.com`;
}

/** A person at a keyboard, with a mailbox. */
export interface Somebody {
  readonly email: string;
  /** A call to `/v1/auth/…`, without a token. */
  auth(call: string, body: object): Promise<CodedAnswer>;
  login(password?: string, email?: string): Promise<CodedAnswer>;
  /** The tokens of a log-in that must succeed. */
  enter(password?: string, email?: string): Promise<{ access: string; refresh: string }>;
  /** Their mails, the oldest first. */
  mails(at?: string): Promise<SentMail[]>;
  /** The secret of the last link that they were sent. */
  link(at?: string): Promise<string>;
}

interface CodedAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly code: string | undefined;
}

/** A person who has registered, and has not opened their mail yet. */
export async function register(app: TestApp, more: object = {}): Promise<Somebody> {
  const email = newEmail();
  const somebody = somebodyAt(app, email);
  const { status } = await somebody.auth('register', { email, password: PASSWORD, ...more });
  if (status !== 201) throw new Error(`the registration was answered with ${status}`);
  return somebody;
}

export function somebodyAt(app: TestApp, email: string): Somebody {
  const auth = async (call: string, body: object) => {
    await forgetRates(app);
    return toAnswer(await app.call(undefined, `POST /v1/auth/${call}`, { body }));
  };
  const login = (password = PASSWORD, as = email) => auth('login', { email: as, password });
  const mails = async (at = email) => (await app.outbox()).filter(({ to }) => to === at);
  return {
    email,
    auth,
    login,
    mails,
    async enter(password, as) {
      const { body, code } = await login(password, as);
      if (code !== undefined) throw new Error(`the log-in was refused: ${code}`);
      return { access: String(body['access_token']), refresh: String(body['refresh_token']) };
    },
    async link(at) {
      const last = (await mails(at)).findLast(({ text }) => LINK.test(text));
      return LINK.exec(last?.text ?? '')?.[1] ?? 'no link was sent';
    },
  };
}

const LINK = /^http:\/\/127\.0\.0\.1:\d+\/v1\/auth\/(?:verify-email|reset-password)\/(ple_[\w-]{43})$/m;

export function toAnswer({
  status,
  body,
}: {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}): CodedAnswer {
  const { code } = (body['error'] ?? {}) as { readonly code?: string };
  return { status, body, code };
}

/** Calls of a signed-in user to `/v1/auth/…`. */
export function signedIn(app: TestApp, token: string) {
  return async (call: string, body: object): Promise<CodedAnswer> => {
    await forgetRates(app);
    return toAnswer(await app.call(token, `POST /v1/auth/${call}`, { body }));
  };
}
