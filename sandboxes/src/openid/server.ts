import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Place, WireFault } from './faults.ts';
import { type Client, type Person, type Provider, OAuthError, type Vendor } from './provider.ts';

interface OpenIdRequest {
  readonly provider: Provider;
  /** With `{tenantid}` in it, as Microsoft's. */
  readonly issuer: string;
  /** http://127.0.0.1:PORT */
  readonly url: string;
  readonly vendor: Vendor | undefined;
  /** What the discovery document says otherwise than it would. */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly query: URLSearchParams;
  readonly form: URLSearchParams;
  readonly authorization: string | undefined;
}

interface Answer {
  readonly status: number;
  readonly json?: object;
  readonly html?: string;
  readonly location?: string;
}

const PLACES: Readonly<Record<string, Place>> = {
  '/.well-known/openid-configuration': 'discovery',
  '/jwks': 'jwks',
  '/token': 'token',
  '/userinfo': 'userinfo',
  '/firebase/keys': 'firebase',
};

const CALLS: Readonly<Record<string, (asked: OpenIdRequest) => Promise<Answer>>> = {
  'GET /.well-known/openid-configuration': async (asked) =>
    okAnswer({ ...discovery(asked), ...asked.metadata }),
  'GET /jwks': async ({ provider }) => okAnswer(await provider.keys.jwks()),
  'GET /firebase/keys': async ({ provider }) => okAnswer(await provider.keys.jwks()),
  'GET /authorize': async ({ provider, query }) => {
    return { status: 200, html: authorizePage(provider.client(query), query) };
  },
  'POST /authorize': async (asked) => answerDecision(asked),
  'POST /token': async ({ provider, authorization, form }) =>
    okAnswer(await provider.exchange(await provider.authenticated(authorization, form), form)),
  'GET /userinfo': async ({ provider, authorization }) => okAnswer(provider.userinfo(authorization)),
};

const okAnswer = (json: object): Answer => ({ status: 200, json });

/** OpenID Connect Discovery 1.0, section 3. */
const discovery = ({ issuer, url, vendor }: OpenIdRequest) => ({
  issuer,
  authorization_endpoint: `${url}/authorize`,
  token_endpoint: `${url}/token`,
  ...(vendor === 'apple' ? {} : { userinfo_endpoint: `${url}/userinfo` }),
  jwks_uri: `${url}/jwks`,
  response_types_supported: ['code'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256'],
  token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic', 'none'],
  scopes_supported: ['openid', 'email', 'profile'],
  claims_supported: ['sub', 'email', 'email_verified', 'name'],
  code_challenge_methods_supported: ['S256'],
  ...(vendor === undefined ? { authorization_response_iss_parameter_supported: true } : {}),
});

/** Answers the calls that come to the provider; `asked` is read anew for each request. */
export function providerListener(
  provider: Provider,
  asked: () => Pick<OpenIdRequest, 'issuer' | 'url' | 'vendor' | 'metadata'>,
): RequestListener {
  return (request, response) => {
    const url = new URL(request.url ?? '/', 'http://sandbox');
    // A tenant is a part of the path, as at Microsoft.
    const path = url.pathname.replace(/^\/[\w-]+\/v2\.0\//, '/');
    const place = PLACES[path];
    const fault = place === undefined ? undefined : provider.faults.nextAt(place);
    if (fault !== undefined) return fail(fault, response);
    void respond({ ...asked(), provider, query: url.searchParams }, request, path).then((answer) =>
      send(response, answer),
    );
  };
}

async function respond(
  known: Omit<OpenIdRequest, 'form' | 'authorization'>,
  request: IncomingMessage,
  path: string,
): Promise<Answer> {
  const call = CALLS[`${request.method} ${path}`];
  if (call === undefined) return { status: 404, json: { error: 'not_found' } };
  try {
    const form = new URLSearchParams(request.method === 'POST' ? await text(request) : '');
    return await call({ ...known, form, authorization: request.headers.authorization });
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    const { status, message, error: code } = error;
    return path === '/authorize'
      ? { status, html: refusalPage(message) }
      : { status, json: { error: code, error_description: message } };
  }
}

/** Sends the person back with a code, or with their no. */
function answerDecision({ provider, issuer, vendor, query, form }: OpenIdRequest): Answer {
  provider.client(query);
  const back = new URL(query.get('redirect_uri') ?? '');
  const person = provider.person(form.get('email') ?? '', {
    emailVerified: form.get('verified') !== null,
    ...(form.get('name') === null ? {} : { name: form.get('name') ?? '' }),
  });
  const said: Record<string, string> =
    form.get('decision') === 'allow' ? { code: provider.grant(query, person) } : { error: 'access_denied' };
  const state = query.get('state');
  const answer = { ...said, ...(state === null ? {} : { state }) };
  if (vendor === 'apple')
    return { status: 200, html: postingPage(back.href, { ...answer, ...userOf(person) }) };
  for (const [name, value] of Object.entries({ ...answer, ...(vendor === undefined ? { iss: issuer } : {}) }))
    back.searchParams.set(name, value);
  return { status: 303, location: back.href };
}

function send(response: ServerResponse, { status, json, html, location }: Answer): void {
  const type = html === undefined ? 'application/json' : 'text/html; charset=utf-8';
  response.writeHead(status, {
    'cache-control': 'no-store',
    ...(location === undefined ? { 'content-type': type } : { location }),
    ...(status === 401 ? { 'www-authenticate': 'Basic realm="sandbox"' } : {}),
  });
  response.end(html ?? (json === undefined ? undefined : JSON.stringify(json)));
}

function fail(fault: WireFault, response: ServerResponse): void {
  if (fault === 'hang') return;
  if (fault === 'reset') return void response.destroy();
  if (fault === 'html') return send(response, { status: 200, html: refusalPage('We are away.') });
  if (fault === 'redirect')
    return void response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
  if (fault === 'endless') {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.on('drain', () => response.write(' '.repeat(65_536)));
    return void response.write(' '.repeat(65_536));
  }
  response.writeHead(fault.status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: 'server_error' }));
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escapeHtml = (words: string) => words.replace(/[&<>"]/g, (sign) => ESCAPES[sign] ?? '');

/** The page on which a person says who they are, and whether they agree. */
function authorizePage({ clientId }: Client, query: URLSearchParams): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Sandbox sign-in</title>
<h1>Sandbox sign-in</h1>
<p>${escapeHtml(clientId)} wants to know who you are. This provider believes whatever you say.</p>
<form method="post" action="/authorize?${escapeHtml(query.toString())}">
<p><label>Email <input name="email" type="email" value="${escapeHtml(query.get('login_hint') ?? 'ada@example.com')}" required></label></p>
<p><label>Name <input name="name" value="Ada Lovelace"></label></p>
<p><label><input name="verified" type="checkbox" checked> The email is verified</label></p>
<button name="decision" value="allow">Sign in</button>
<button name="decision" value="deny" formnovalidate>Cancel</button>
</form>
</html>
`;
}

/** The name that Apple's form has at the first sign-in, with an address that no signature covers. */
function userOf({ name, email }: Person): { readonly user: string } {
  const [firstName, lastName] = name.split(' ');
  return { user: JSON.stringify({ name: { firstName, lastName }, email }) };
}

/** A page that posts a form by itself (OAuth 2.0 Form Post Response Mode). */
const postingPage = (action: string, fields: Readonly<Record<string, string>>) =>
  `<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>Sandbox sign-in</title>\n<form method="post" action="${escapeHtml(action)}">\n${Object.entries(
    fields,
  )
    .map(([name, value]) => `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`)
    .join('\n')}\n<button>Go on</button>\n</form>\n<script>document.forms[0].submit()</script>\n</html>\n`;

/** The page for what can't be sent back to a client. */
const refusalPage = (says: string) =>
  `<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>Sandbox sign-in</title>\n<h1>This request is refused</h1>\n<p>${escapeHtml(says)}</p>\n</html>\n`;
