import { isAnswer, ownCookie, type Route } from '#platform/http';
import { AppError, declareErrors, sha256 } from '#platform/kernel';
import type { CallRequest, InFlightRequest } from './in-flight.ts';
import type { ServerSettings } from './parts.ts';

declareErrors({
  own_origin_required: {
    status: 403,
    message:
      'A session in a cookie is for pages of this server, and of SESSION_ORIGINS: send application/json from there. Behind a proxy, PUBLIC_URL says what its own origin is.',
  },
  same_site_required: {
    status: 403,
    message:
      'This page is on another site than this server, so that browsers keep no session of it in a cookie: put both below one domain, both with https.',
  },
});

/** Seconds that a browser keeps the cookie: as long as an unused refresh token is good. */
const KEPT = 30 * 86_400;
const JSON_TYPE = /^application\/json\s*(?:;|$)/i;

type Handle = (call: object, service: unknown) => Promise<unknown>;

type CookieSettings = Pick<ServerSettings, 'publicUrl' | 'sessionOrigins'>;

/** Parts of a call for the handler of a session's route. */
interface SessionCall {
  readonly origin: Pick<InFlightRequest, 'request' | 'responder'>;
  readonly body?: { readonly refresh_token?: string };
}

/**
 * The handler of a route, which keeps the session of a call with `Plinth-Session: cookie` in a cookie: the refresh token is taken out of
 * the answer before anything else sees it, and only a refresh reads it. CORS allows the header itself to pages of SESSION_ORIGINS alone, which have a cookie of their own each: a page that is
 * taken over has no way to the console's session, nor to another app's.
 */
export function withSessionCookie(route: Route, settings: CookieSettings): Handle {
  const handle = route.handle as unknown as Handle;
  const { session } = route.shape;
  if (session === undefined) return handle;
  return async (call, service) => {
    const { origin, body } = call as SessionCall;
    const cookie = cookieOf(origin.request, settings);
    if (cookie === undefined) return handle(call, service);
    const set = (text: string) => origin.responder.setHeader('set-cookie', text);
    if (session === 'ends') {
      const result = await handle(call, service);
      set(cookie.clear());
      return result;
    }
    try {
      const given = session === 'refreshes' ? { ...call, body: cookie.tokenFor(body) } : call;
      const result = await handle(given, service);
      if (isAnswer(result)) throw new Error(`${route.name}: the reply of a session is a plain value`);
      const { refresh_token: token, ...rest } = result as { readonly refresh_token?: string };
      if (token === undefined) return result;
      set(cookie.write(token));
      return rest;
    } catch (error) {
      if (session === 'refreshes' && isOver(error)) set(cookie.clear());
      throw error;
    }
  };
}

/** Not a call that came too often, or an outage: the session goes on then. */
const isOver = (error: unknown) => error instanceof AppError && error.code === 'unauthenticated';

/** The cookie of a call that asks for one; throws where no page makes the call that may have one. */
function cookieOf(request: CallRequest, { publicUrl, sessionOrigins = [] }: CookieSettings) {
  const { headers, protocol, host } = request;
  const asked = headers['plinth-session'];
  if (asked === undefined) return undefined;
  if (asked !== 'cookie')
    throw new AppError('validation_failed', { message: 'The only value of Plinth-Session is "cookie".' });
  const own = URL.parse(publicUrl ?? `${protocol}://${host}`);
  const isJson = JSON_TYPE.test(headers['content-type'] ?? '');
  const { origin = '' } = headers;
  const isListed = sessionOrigins.includes(origin);
  if (own === null || !isJson || (origin !== own.origin && !isListed))
    throw new AppError('own_origin_required');
  // Browsers know by a list of theirs which hosts are one site, and no page can change this word of theirs.
  if (headers['sec-fetch-site'] === 'cross-site') throw new AppError('same_site_required');
  const of = origin === own.origin ? '' : `_${sha256(origin).slice(0, 16)}`;
  const cookie = ownCookie({
    isSecure: own.protocol === 'https:',
    names: [`__Host-plinth_refresh${of}`, `plinth_refresh_${own.port === '' ? '80' : own.port}${of}`],
    value: '[\\w-]{1,200}',
    path: '/',
    sameSite: 'Strict',
  });
  return {
    write: (token: string) => cookie.write(token, KEPT),
    clear: () => cookie.write('', 0),
    /** The body of a refresh, with the token of the cookie. */
    tokenFor(body: SessionCall['body']) {
      if (body?.refresh_token !== undefined)
        throw new AppError('validation_failed', { message: 'The refresh token is in the cookie alone.' });
      const token = cookie.read(headers.cookie);
      if (token === undefined)
        throw new AppError('unauthenticated', { message: 'There is no session in a cookie. Sign in.' });
      return { refresh_token: token };
    },
  };
}
