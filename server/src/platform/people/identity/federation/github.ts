import * as openid from 'openid-client';
import { z } from 'zod';
import { fetchSafely } from './fetch-safely.ts';
import {
  authorizationUrl,
  clockSkew,
  fetchingSafely,
  type AuthorizationAnswer,
  type Identified,
  type OpenIdParts,
  type SignInClient,
  tokensOf,
  translateErrors,
} from './openid.ts';

/** Our OAuth app at GitHub. */
export interface GitHubSettings {
  /** https://github.com */
  readonly url: string;
  /** https://api.github.com */
  readonly apiUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

const SCOPE = 'read:user user:email';

const userSchema = z.object({ id: z.int().positive(), name: z.string().max(1_000).nullish() });
const emailsSchema = z.array(
  z.object({ email: z.string().max(254), primary: z.boolean(), verified: z.boolean() }),
);

/**
 * Sign-ins by GitHub: OAuth 2 with PKCE, and no ID token, so that what is believed is what GitHub answers by TLS. The subject is the
 * numeric id, for a login can become another's; the address is the primary one, where GitHub has verified it.
 */
export function createGitHubClient(parts: OpenIdParts, settings: GitHubSettings): SignInClient {
  return {
    authorizationUrl: (asked) =>
      translateErrors(
        authorizationUrl(configurationOf(parts, settings, asked.redirectUri), {
          ...asked,
          further: { scope: SCOPE, ...asked.further },
        }),
      ),
    identify: (answer) => translateErrors(identify(parts, settings, answer)),
    async check() {
      await translateErrors(readJson(parts, `${settings.apiUrl}/meta`));
    },
  };
}

function configurationOf(parts: OpenIdParts, settings: GitHubSettings, redirectUri: string | undefined) {
  const { url, clientId, clientSecret } = settings;
  const server = {
    issuer: `${url}/login/oauth`,
    authorization_endpoint: `${url}/login/oauth/authorize`,
    token_endpoint: `${url}/login/oauth/access_token`,
  };
  const client = { [openid.clockSkew]: clockSkew(parts) };
  const config = new openid.Configuration(server, clientId, client, openid.ClientSecretPost(clientSecret));
  return fetchingSafely(parts, config, redirectUri);
}

async function identify(
  parts: OpenIdParts,
  settings: GitHubSettings,
  answer: AuthorizationAnswer,
): Promise<Identified> {
  const config = configurationOf(parts, settings, answer.redirectUri);
  const { access_token: token } = await tokensOf(config, {
    ...answer,
    query: withoutIssuer(answer.query),
    nonce: undefined,
  });
  const user = userSchema.parse(await readJson(parts, `${settings.apiUrl}/user`, token));
  const emails = emailsSchema.parse(
    await readJson(parts, `${settings.apiUrl}/user/emails?per_page=100`, token),
  );
  const { email, verified } = emails.find(({ primary }) => primary) ?? {};
  return { subject: String(user.id), email, emailVerified: verified === true, name: user.name ?? undefined };
}

/** No document names GitHub's issuer, and no other provider is sent back to the same address. */
const withoutIssuer = (query: AuthorizationAnswer['query']) =>
  Object.fromEntries(Object.entries(query).filter(([name]) => name !== 'iss'));

/** An answer of GitHub's API, which asks for a name of who calls. */
async function readJson(parts: OpenIdParts, url: string, token?: string): Promise<unknown> {
  const headers = {
    accept: 'application/vnd.github+json',
    'user-agent': 'plinth',
    'x-github-api-version': '2022-11-28',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const response = await fetchSafely(parts, url, { method: 'GET', headers });
  if (!response.ok) throw new Error(`GitHub answers with status ${response.status}`);
  return response.json();
}
