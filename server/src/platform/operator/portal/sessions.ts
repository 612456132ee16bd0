import './errors.ts';
import { ownCookie } from '#platform/http';
import { type AccountId, AppError, type Clock, equalInConstantTime, type UserId } from '#platform/kernel';
import { createSignedTokens, type Secrets, type SignedTokens } from '#platform/secrets';

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
  const { clock, secrets } = parts;
  const links = createSignedTokens(parts, 'customer portal: links');
  const sessions = createSignedTokens(parts, 'customer portal: sessions');

  function read(
    tokens: SignedTokens,
    token: string,
    error: 'portal_link_over' | 'portal_closed',
  ): PortalSession {
    const found = tokens.read(token);
    if (found === undefined) throw new AppError(error);
    const [session] = found.values as [PortalSession];
    if (found.until <= clock.now()) throw new AppError(error, { details: { product: session.product } });
    return session;
  }
  function cookie() {
    const { protocol, port } = new URL(parts.reachedAt());
    return ownCookie({
      isSecure: protocol === 'https:',
      names: ['__Secure-portal', `portal_${port === '' ? '80' : port}`],
      value: '[\\w.-]{1,4000}',
      path: PORTAL,
      // A payment page of the provider leads back here.
      sameSite: 'Lax',
    });
  }

  return {
    link: (session) => ({
      url: `${parts.reachedAt()}${PORTAL}/open?token=${links.write([session], LINK_LASTS)}`,
      expiresAt: clock.now() + LINK_LASTS,
    }),
    readLink: (token) => read(links, token, 'portal_link_over'),
    cookieFor: (session) => cookie().write(sessions.write([session], SESSION_LASTS), SESSION_LASTS / 1_000),
    read(cookies) {
      const token = cookie().read(cookies);
      if (token === undefined) throw new AppError('portal_closed');
      const session = read(sessions, token, 'portal_closed');
      const [formToken = ''] = secrets.derived(token, 'customer portal: forms');
      return { session, formToken };
    },
    assertOwnForm(origin, [expected, sent]) {
      const isOwn = origin === new URL(parts.reachedAt()).origin && equalInConstantTime(expected, sent);
      if (!isOwn) throw new AppError('foreign_form');
    },
  };
}
