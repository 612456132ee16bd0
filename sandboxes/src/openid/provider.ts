import { createHash, randomBytes } from 'node:crypto';
import { importSPKI, jwtVerify } from 'jose';
import { Faults, type TokenFault } from './faults.ts';
import { KeyRing } from './keys.ts';

/** A person with an account at the provider. */
export interface Person {
  readonly subject: string;
  readonly email: string;
  readonly emailVerified: boolean;
  readonly name: string;
  /** The organization whose account it is; the domain of the email when not said, undefined for a private account. */
  readonly hostedDomain: string | undefined;
  /** The organization's tenant at Microsoft. */
  readonly tenant?: string;
  /** Claims of ID tokens besides, or in place of the usual ones: a test may have a provider lie. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** A vendor that a stand-in behaves as; OpenID Connect alone when not said. */
export type Vendor = 'apple' | 'microsoft';

/** The tenant of people when not said. */
export const TENANT = '0f5c8ad2-7e5b-4c1e-9d2a-3b6f1c9e7a40';

/** A program that may send people here. */
export interface Client {
  readonly clientId: string;
  /** undefined: a public client, which must use PKCE. */
  readonly clientSecret?: string | undefined;
  /** As Apple's: secrets are ES256 JWTs of this team, by this key (SPKI in PEM). */
  readonly appleKey?: { readonly teamId: string; readonly keyId: string; readonly publicKey: string };
  /** Where people may be sent back to, letter by letter; anywhere when not said. */
  readonly redirectUris?: readonly string[];
}

/** A request that is refused, in the words of OAuth. */
export class OAuthError extends Error {
  readonly error: string;
  readonly status: number;
  constructor(error: string, says: string, status = 400) {
    super(says);
    this.error = error;
    this.status = status;
  }
}

interface Grant {
  readonly client: Client;
  readonly redirectUri: string;
  readonly challenge: string | undefined;
  readonly nonce: string | undefined;
  readonly person: Person;
  readonly until: number;
}

export interface ProviderOptions {
  readonly issuer: () => string;
  readonly vendor?: Vendor | undefined;
  readonly clients: readonly Client[];
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Milliseconds that a code is good. */
const CODE_LIVES = 60_000;
/** Seconds that an ID token is good, as Google's are. */
const TOKEN_LIVES = 3_600;

/** What an OpenID provider knows and decides. */
export class Provider {
  readonly faults = new Faults();
  readonly keys = new KeyRing();
  readonly people = new Map<string, Person>();
  /** Whether ID tokens hold no email, so that it must be asked for at userinfo. */
  thin = false;
  readonly #options: ProviderOptions;
  readonly #grants = new Map<string, Grant>();
  readonly #bearers = new Map<string, Person>();

  constructor(options: ProviderOptions) {
    this.#options = options;
  }

  /** A person by their email; made up when it is unknown. */
  person(email: string, more: Partial<Person> = {}): Person {
    const known = this.people.get(email);
    const subject = createHash('sha256').update(email).digest('hex').slice(0, 21);
    const hostedDomain = email.split('@')[1];
    const made = { subject, email, emailVerified: true, name: 'Sandbox Person', hostedDomain };
    const person = { ...made, ...known, ...more };
    this.people.set(email, person);
    return person;
  }

  /** Checks the authorization request; errors of the client are shown to the person, never sent back. */
  client(query: URLSearchParams): Client {
    const client = this.#options.clients.find(({ clientId }) => clientId === query.get('client_id'));
    const redirectUri = query.get('redirect_uri') ?? '';
    if (client === undefined) throw new OAuthError('invalid_client', 'There is no such client.');
    if (redirectUri === '' || client.redirectUris?.includes(redirectUri) === false)
      throw new OAuthError('redirect_uri_mismatch', 'This client is not sent back to there.');
    if (query.get('response_type') !== 'code')
      throw new OAuthError('unsupported_response_type', 'Only code.');
    if (query.get('scope')?.split(' ').includes('openid') !== true)
      throw new OAuthError('invalid_scope', 'Ask for openid.');
    if (this.#options.vendor === 'apple' && query.get('response_mode') !== 'form_post')
      throw new OAuthError(
        'invalid_request',
        'response_mode must be form_post when name or email scope is requested.',
      );
    return client;
  }

  /** A code for a person who has agreed. */
  grant(query: URLSearchParams, person: Person): string {
    const client = this.client(query);
    const challenge = query.get('code_challenge') ?? undefined;
    if (challenge !== undefined && query.get('code_challenge_method') !== 'S256')
      throw new OAuthError('invalid_request', 'Only S256.');
    if (challenge === undefined && client.clientSecret === undefined && client.appleKey === undefined)
      throw new OAuthError('invalid_request', 'A public client must use PKCE.');
    const code = randomBytes(24).toString('base64url');
    const redirectUri = query.get('redirect_uri') ?? '';
    const nonce = query.get('nonce') ?? undefined;
    const until = this.#options.now() + CODE_LIVES;
    this.#grants.set(code, { client, redirectUri, challenge, nonce, person, until });
    return code;
  }

  /** Tokens for a code, which is used up. */
  async exchange(client: Client, form: URLSearchParams): Promise<object> {
    if (form.get('grant_type') !== 'authorization_code')
      throw new OAuthError('unsupported_grant_type', 'Only authorization_code.');
    const code = form.get('code') ?? '';
    const grant = this.#grants.get(code);
    this.#grants.delete(code);
    if (grant === undefined || grant.until <= this.#options.now() || grant.client !== client)
      throw new OAuthError('invalid_grant', 'The code is not good.');
    // A device's own sign-in has no redirect.
    const isDevice = this.#options.vendor === 'apple' && !form.has('redirect_uri');
    if (!isDevice && form.get('redirect_uri') !== grant.redirectUri)
      throw new OAuthError('invalid_grant', 'The redirect_uri is another.');
    const verifier = form.get('code_verifier') ?? '';
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    if (grant.challenge !== undefined && grant.challenge !== challenge)
      throw new OAuthError('invalid_grant', 'The code_verifier does not fit.');
    const bearer = randomBytes(24).toString('base64url');
    this.#bearers.set(bearer, grant.person);
    const id_token = await this.#idToken(grant);
    return { access_token: bearer, token_type: 'Bearer', expires_in: TOKEN_LIVES, scope: 'openid', id_token };
  }

  /** Who an access token is of. */
  userinfo(authorization: string | undefined): object {
    const person = this.#bearers.get(authorization?.replace(/^bearer /i, '') ?? '');
    if (person === undefined) throw new OAuthError('invalid_token', 'Unknown.', 401);
    return claimsOf(person);
  }

  /** The client of a token request, by either way of saying the secret. */
  async authenticated(authorization: string | undefined, form: URLSearchParams): Promise<Client> {
    const [, basic] = /^basic (.+)$/i.exec(authorization ?? '') ?? [];
    const [id, secret] =
      basic === undefined
        ? [form.get('client_id'), form.get('client_secret') ?? undefined]
        : Buffer.from(basic, 'base64').toString().split(':').map(decodeURIComponent);
    const client = this.#options.clients.find(({ clientId }) => clientId === id);
    if (client?.appleKey !== undefined) await this.#assertAppleSecret(client, secret ?? '');
    else if (client === undefined || client.clientSecret !== secret)
      throw new OAuthError('invalid_client', 'Client and secret do not belong together.', 401);
    return client;
  }

  /** A secret as developer.apple.com asks for it: Creating a client secret. */
  async #assertAppleSecret({ clientId, appleKey }: Client, secret: string): Promise<void> {
    const { teamId = '', keyId, publicKey = '' } = appleKey ?? {};
    const checks = {
      algorithms: ['ES256'],
      issuer: teamId,
      audience: this.#options.issuer(),
      subject: clientId,
      maxTokenAge: 15_777_000,
      currentDate: new Date(this.#options.now()),
    };
    const checked = await jwtVerify(secret, await importSPKI(publicKey, 'ES256'), checks).catch(
      () => undefined,
    );
    if (checked?.protectedHeader.kid !== keyId)
      throw new OAuthError('invalid_client', 'The secret is wrong.');
  }

  /** An ID token of Firebase's, of a project; claims that are given replace those that fit. */
  async firebaseToken(projectId: string, person: Person, claims: object = {}): Promise<string> {
    const now = Math.floor(this.#options.now() / 1_000);
    const { sub, hd: _, ...said } = claimsOf(person);
    const payload = {
      iss: `https://securetoken.google.com/${projectId}`,
      aud: projectId,
      iat: now,
      exp: now + TOKEN_LIVES,
      auth_time: now,
      sub,
      user_id: sub,
      ...said,
      firebase: { sign_in_provider: 'password', identities: {} },
      ...claims,
    };
    return this.#signed(payload, this.faults.nextToken());
  }

  async #idToken({ client, nonce, person }: Grant): Promise<string> {
    const fault = this.faults.nextToken();
    const shift = fault === 'expired' ? -2 * TOKEN_LIVES : fault === 'issued later' ? TOKEN_LIVES : 0;
    const now = Math.floor(this.#options.now() / 1_000) + shift;
    const { tenant = TENANT, claims } = person;
    const said = this.thin ? { sub: person.subject } : this.#claimsOf(person);
    const nonces = { 'wrong nonce': 'another', 'no nonce': undefined } as const;
    const payload = {
      ...said,
      iss:
        fault === 'wrong issuer'
          ? 'https://another.example'
          : this.#options.issuer().replace('{tenantid}', tenant),
      aud: fault === 'wrong audience' ? 'another-client' : client.clientId,
      iat: now,
      exp: now + TOKEN_LIVES,
      nonce: fault === 'wrong nonce' || fault === 'no nonce' ? nonces[fault] : nonce,
      ...claims,
    };
    return this.#signed(payload, fault);
  }

  /** Apple's have no name; Microsoft's have `xms_edov` in place of `email_verified`. */
  #claimsOf(person: Person): object {
    const { subject: sub, email, emailVerified, name, tenant: tid = TENANT } = person;
    if (this.#options.vendor === 'apple') return { sub, email, email_verified: emailVerified };
    if (this.#options.vendor !== 'microsoft') return claimsOf(person);
    const oid = `00000000-0000-0000-0000-${createHash('sha256').update(sub).digest('hex').slice(0, 12)}`;
    return { sub, email, name, tid, oid, ...(emailVerified ? { xms_edov: true } : {}) };
  }

  async #signed(payload: object, fault: TokenFault | undefined): Promise<string> {
    if (fault === 'not signed by us') return this.keys.forge({ ...payload });
    if (fault === 'signed by the public key') return this.keys.confuse({ ...payload });
    if (fault === 'by an unknown key') return this.keys.forge({ ...payload }, 'nobody-knows');
    if (fault !== 'unsigned') return this.keys.sign({ ...payload });
    return `${part({ alg: 'none', typ: 'JWT' })}.${part(payload)}.`;
  }
}

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

const claimsOf = ({ subject, email, emailVerified, name, hostedDomain }: Person) => ({
  sub: subject,
  email,
  email_verified: emailVerified,
  name,
  hd: hostedDomain,
});
