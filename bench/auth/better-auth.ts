import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { betterAuth, type BetterAuthOptions } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import type { FastifyRequest } from 'fastify';
import { Pool } from 'pg';

/** As many as our program opens. */
const CONNECTIONS = 10;

type UserOf = (request: FastifyRequest) => Promise<string | undefined>;

export interface BetterAuth {
  readonly version: string;
  /** Whose session a request's cookie is, as it comes: it asks the database at each call. */
  readonly userOf: UserOf;
  /** The same with its cookie cache: for five minutes the cookie is believed, revoked or not. */
  readonly cachedUserOf: UserOf;
  readonly cookies: { readonly cookie: string; readonly cachedCookie: string };
  close(): Promise<void>;
}

/** better-auth with tables of its own in a database, and a user who has signed in. */
export async function openBetterAuth(url: string): Promise<BetterAuth> {
  const pool = new Pool({ connectionString: url, max: CONNECTIONS });
  const options = {
    database: pool,
    baseURL: 'http://127.0.0.1',
    secret: 'a-secret-of-a-benchmark-that-is-long-enough',
    emailAndPassword: { enabled: true },
    telemetry: { enabled: false },
    logger: { disabled: true },
  } satisfies BetterAuthOptions;
  const { runMigrations } = await getMigrations(options);
  await runMigrations();
  const plain = betterAuth(options);
  const cached = betterAuth({ ...options, session: { cookieCache: { enabled: true, maxAge: 300 } } });
  return {
    version: versionOf(),
    userOf: ({ headers }) => userOf(plain, headers.cookie),
    cachedUserOf: ({ headers }) => userOf(cached, headers.cookie),
    cookies: { cookie: await signUp(plain, 'plain'), cachedCookie: await signUp(cached, 'cached') },
    close: () => pool.end(),
  };
}

type Auth = Pick<ReturnType<typeof betterAuth>, 'api'>;

async function userOf({ api }: Auth, cookie = ''): Promise<string | undefined> {
  return (await api.getSession({ headers: new Headers({ cookie }) }))?.user.id;
}

/** The cookies of a user who has just signed up. */
async function signUp({ api }: Auth, name: string): Promise<string> {
  const body = { email: `${name}@example.com`, password: 'Analytical-Engine-1843', name };
  const { headers } = await api.signUpEmail({ body, returnHeaders: true });
  const cookies = headers.getSetCookie().map((cookie) => cookie.split(';')[0] ?? '');
  return cookies.join('; ');
}

function versionOf(): string {
  const file = fileURLToPath(new URL('../package.json', import.meta.resolve('better-auth')));
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
