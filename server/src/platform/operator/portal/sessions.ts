import { createHmac } from 'node:crypto';
import './errors.ts';
import { type AccountId, AppError, type Clock, equalInConstantTime, type UserId } from '#platform/kernel';
import type { Secrets } from '#platform/secrets';

/** How long a link opens the portal, and how long that stays open then. */
const LINK_LASTS = 300_000;
const SESSION_LASTS = 3_600_000;
export const PORTAL = '/portal';

/** A customer at their portal: what it shows is of this account and product alone. */
export interface PortalSession {
  readonly accountId: AccountId;
  /** In whose name it acts: the account's owner, or the user who made the link. */
  readonly userId: UserId;
  /** External id, where the operator's backend named the customer by it. */
  readonly customer: string | null;
  readonly product: string;
  readonly returnUrl: string;
  /** Its link is followed once. */
  readonly id: string;
}

export interface PortalSessions {
  link(session: PortalSession): { readonly url: string; readonly expiresAt: number };
  /** The session that a link opens. Throws `portal_link_over`. */
  readLink(token: string): PortalSession;
  cookieFor(session: PortalSession): string;
  /** The session of a request, and the secret of its forms. Throws `portal_closed`. */
  read(cookies: string | undefined): { readonly session: PortalSession; readonly formToken: string };
  /** Throws `foreign_form` for a form that another page sent, or that is of another session. */
  assertOwnForm(origin: string | undefined, formTokens: readonly [expected: string, sent: string]): void;
}

export interface SessionsParts {
  readonly secrets: Pick<Secrets, 'derived'>;
  readonly clock: Clock;
  readonly reachedAt: () => string;
}

/** Sessions are signed, and kept by their browser alone. */
export function createPortalSessions(parts: SessionsParts): PortalSessions {
  const { clock } = parts;
  const keysOf = (purpose: string) => parts.secrets.derived('', `customer portal: ${purpose}`);
  const [links, sessions, forms] = [keysOf('links'), keysOf('sessions'), keysOf('forms')];

  function write([key = '']: readonly string[], session: PortalSession, lasts: number): string {
    const text = Buffer.from(JSON.stringify([session, clock.now() + lasts])).toString('base64url');
    return `${text}.${sign(key, text)}`;
  }
  function read(
    keys: readonly string[],
    token: string,
    error: 'portal_link_over' | 'portal_closed',
  ): PortalSession {
    const [text = '', signature = ''] = token.split('.', 2);
    if (!keys.some((key) => equalInConstantTime(sign(key, text), signature))) throw new AppError(error);
    const [session, until] = JSON.parse(Buffer.from(text, 'base64url').toString()) as [PortalSession, number];
    if (until <= clock.now()) throw new AppError(error, { details: { product: session.product } });
    return session;
  }
  /** Ports of a host share cookies; the prefix keeps a page without TLS from setting it. */
  function cookie() {
    const { protocol, port } = new URL(parts.reachedAt());
    const isSecure = protocol === 'https:';
    return { isSecure, name: isSecure ? '__Secure-portal' : `portal_${port === '' ? '80' : port}` };
  }

  return {
    link: (session) => ({
      url: `${parts.reachedAt()}${PORTAL}/open?token=${write(links, session, LINK_LASTS)}`,
      expiresAt: clock.now() + LINK_LASTS,
    }),
    readLink: (token) => read(links, token, 'portal_link_over'),
    cookieFor(session) {
      const { name, isSecure } = cookie();
      const value = write(sessions, session, SESSION_LASTS);
      // Lax: a payment page of the provider leads back here.
      return `${name}=${value}; Path=${PORTAL}; Max-Age=${SESSION_LASTS / 1_000}; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
    },
    read(cookies = '') {
      const token = new RegExp(`(?:^|;\\s*)${cookie().name}=([\\w.-]{1,4000})(?:;|$)`).exec(cookies)?.[1];
      if (token === undefined) throw new AppError('portal_closed');
      const [key = ''] = forms;
      return { session: read(sessions, token, 'portal_closed'), formToken: sign(key, token) };
    },
    assertOwnForm(origin, [expected, sent]) {
      const isOwn = origin === new URL(parts.reachedAt()).origin && equalInConstantTime(expected, sent);
      if (!isOwn) throw new AppError('foreign_form');
    },
  };
}

const sign = (key: string, text: string) => createHmac('sha256', key).update(text).digest('base64url');
