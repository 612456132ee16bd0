import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { listen, type ListeningOptions } from '../listen.ts';

/** An account at GitHub. */
export interface GitHubUser {
  readonly id: number;
  /** Can be given up, and then be another's. */
  readonly login: string;
  readonly name: string | null;
  readonly emails: readonly {
    readonly email: string;
    readonly primary: boolean;
    readonly verified: boolean;
  }[];
}

/** Places that can fail: each fault meets one answer, in order. */
export type GitHubPlace = 'token' | 'user' | 'emails';
export type GitHubFault = { readonly status: number } | 'reset' | 'hang' | 'html' | 'redirect' | 'endless';

/** A stand-in for GitHub's sign-in and the part of its API that names the user. */
export interface GitHubSandbox {
  /** In place of https://github.com and of https://api.github.com. */
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** The account of a primary address; made up when it is unknown, changed by what is given. */
  user(email: string, more?: Partial<GitHubUser>): GitHubUser;
  faultAt(place: GitHubPlace, fault: GitHubFault): void;
  /** The address that a user who agrees is sent back to; `undefined` for one who says no. */
  decide(authorizationUrl: string, email: string | undefined): Promise<URL>;
  close(): Promise<void>;
}

interface Grant {
  readonly user: GitHubUser;
  readonly redirectUri: string;
  readonly challenge: string | undefined;
}

const CLIENT = { clientId: 'Ov23liSandbox', clientSecret: 'sandbox-secret' } as const;
const PLACES: Readonly<Record<string, GitHubPlace>> = {
  '/login/oauth/access_token': 'token',
  '/user': 'user',
  '/user/emails': 'emails',
};

/**
 * Starts a server on loopback that speaks as GitHub does (docs.github.com, Authorizing OAuth apps): codes with PKCE, refusals of the
 * token endpoint with status 200, `GET /user` and `/user/emails`. It can be told to fail.
 */
export async function createGitHubSandbox(options: ListeningOptions = {}): Promise<GitHubSandbox> {
  const users = new Map<string, GitHubUser>();
  const grants = new Map<string, Grant>();
  const tokens = new Map<string, GitHubUser>();
  const faults: { readonly place: GitHubPlace; readonly fault: GitHubFault }[] = [];

  const user: GitHubSandbox['user'] = (email, more = {}) => {
    const id = users.get(email)?.id ?? users.size + 1_001;
    const emails = [{ email, primary: true, verified: true }];
    const made = { id, login: `user-${id}`, name: 'Sandbox Person', emails, ...users.get(email), ...more };
    users.set(email, made);
    return made;
  };

  function exchange(form: URLSearchParams): object {
    const grant = grants.get(form.get('code') ?? '');
    grants.delete(form.get('code') ?? '');
    if (form.get('client_id') !== CLIENT.clientId || form.get('client_secret') !== CLIENT.clientSecret)
      return { error: 'incorrect_client_credentials' };
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (grant === undefined || (grant.challenge !== undefined && grant.challenge !== challenge))
      return { error: 'bad_verification_code' };
    if (form.get('redirect_uri') !== grant.redirectUri) return { error: 'redirect_uri_mismatch' };
    const access_token = `gho_${randomBytes(18).toString('hex')}`;
    tokens.set(access_token, grant.user);
    return { access_token, token_type: 'bearer', scope: 'read:user,user:email' };
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'http://sandbox');
    const at = faults.findIndex(({ place }) => place === PLACES[pathname]);
    const [met] = at < 0 ? [] : faults.splice(at, 1);
    if (met !== undefined) return fail(met.fault, response);
    if (pathname === '/meta') return send(response, 200, { verifiable_password_authentication: false });
    if (pathname === '/login/oauth/access_token')
      return send(response, 200, exchange(new URLSearchParams(await text(request))));
    const bearer = tokens.get(/^bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '');
    if (bearer === undefined) return send(response, 401, { message: 'Bad credentials' });
    if (request.headers['user-agent'] === undefined) return send(response, 403, { message: 'User-Agent' });
    const { emails, ...shown } = bearer;
    if (pathname === '/user') return send(response, 200, { ...shown, email: null });
    if (pathname === '/user/emails') return send(response, 200, emails);
    return send(response, 404, { message: 'Not Found' });
  }

  const listening = await listen('GitHub', (request, response) => void answer(request, response), options);
  return {
    url: listening.url,
    ...CLIENT,
    user,
    faultAt: (place, fault) => void faults.push({ place, fault }),
    async decide(authorizationUrl, email) {
      const { searchParams: query } = new URL(authorizationUrl);
      if (query.get('client_id') !== CLIENT.clientId) throw new Error('there is no such OAuth app');
      const redirectUri = query.get('redirect_uri') ?? '';
      const back = new URL(redirectUri);
      back.searchParams.set('state', query.get('state') ?? '');
      if (email === undefined) back.searchParams.set('error', 'access_denied');
      else {
        const code = randomBytes(10).toString('hex');
        grants.set(code, {
          user: user(email),
          redirectUri,
          challenge: query.get('code_challenge') ?? undefined,
        });
        back.searchParams.set('code', code);
      }
      return back;
    },
    close: listening.close,
  };
}

function send(response: ServerResponse, status: number, json: object): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(json));
}

function fail(fault: GitHubFault, response: ServerResponse): void {
  if (fault === 'hang') return;
  if (fault === 'reset') return void response.destroy();
  if (fault === 'html')
    return void response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Unicorn!</h1>');
  if (fault === 'redirect')
    return void response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
  if (fault !== 'endless') return send(response, fault.status, { message: 'Server Error' });
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(`[${' '.repeat(10_000_000)}]`);
}
