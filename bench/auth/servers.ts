/** The servers that `npm run bench -- auth` asks, in a process of their own. It is forked, and tells its parent where they are. */
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fastify, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { readConfig } from '#platform/config';
import { commitPoint } from '#platform/db';
import { answer, routesFor } from '#platform/http';
import { createServer } from '#server';
import { type App, openApp } from '../../server/src/app.ts';
import { serverParts } from '../../server/src/app/server-parts.ts';
import { openBetterAuth } from './better-auth.ts';

const PREPARE = commitPoint('bench.auth', 'a user with a key');
/** As long as the id that the others answer. */
const SOMEBODY = '01930000-0000-7000-8000-000000000000';
const PASSWORD = 'Analytical-Engine-1843';

/** Where the servers are, and what callers say to them. */
export interface Servers {
  readonly ports: Readonly<Record<'bare' | 'ours' | 'walk' | 'better' | 'betterCached', number>>;
  readonly bearer: { readonly token: string; readonly key: string };
  readonly better: { readonly version: string; readonly cookie: string; readonly cachedCookie: string };
}

const [url = ''] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'plinth-bench-'));
const config = readConfig({
  NODE_ENV: 'production',
  DATABASE_URL: url,
  DATA_DIR: folder,
  PORT: '0',
  SANDBOX_AI: 'true',
  MAIL_TRANSPORT: 'outbox',
  EMBEDDED_MASTER_KEY: 'true',
  SINGLE_DATABASE_LOGIN: 'true',
  EMAIL_VERIFICATION: 'off',
  LOG_LEVEL: 'error',
});
const onLost = (reason: string) => {
  throw new Error(reason);
};
const options = { config, version: 'bench', serve: true, work: false, migrate: true, onLost } as const;
const app = await openApp(options);
const bearer = await customerOf(app);
const { identify } = app.modules.identity;
const better = await openBetterAuth(url);
const walk = await createServer({
  ...serverParts(app.modules, options),
  mounted: [{ module: 'bench', routes: [benchRoute()], service: {} }],
});

const servers: Servers = {
  ports: {
    bare: await serve(async () => SOMEBODY),
    ours: await serve(async ({ headers, ip }) => {
      const caller = await identify(headers.authorization?.slice('Bearer '.length) ?? '', ip);
      return caller?.userId;
    }),
    walk: (await walk.listen()).port,
    better: await serve(better.userOf),
    betterCached: await serve(better.cachedUserOf),
  },
  bearer,
  better: { version: better.version, ...better.cookies },
};
process.send?.(servers);
process.once('message', () => void stop());

async function stop(): Promise<void> {
  await walk.stop(0);
  await app.stop();
  await better.close();
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
}

/** Bare Fastify with one route that says who called; 401 for an unknown caller. */
async function serve(who: (request: FastifyRequest) => Promise<string | undefined>): Promise<number> {
  const server = fastify({ logger: false });
  server.get('/v1/bench', async (request, reply) => {
    const userId = await who(request);
    return userId === undefined ? reply.code(401).send({}) : { ok: true, user_id: userId };
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  return (server.server.address() as AddressInfo).port;
}

/** The same route on our own server. */
function benchRoute() {
  return routesFor<object>()(
    'GET /v1/bench',
    {
      summary: 'Say who calls',
      tag: 'Bench',
      auth: 'user',
      scope: 'account:read',
      rate: { by: 'user', perMinute: 100_000_000 },
      reply: { 200: z.strictObject({ ok: z.literal(true), user_id: z.string() }) },
      example: { reply: { ok: true, user_id: 'ada' } },
    },
    async ({ caller }) => answer(200, { ok: true, user_id: caller.userId }),
  );
}

async function customerOf({ modules: { db, identity }, server }: App): Promise<Servers['bearer']> {
  const email = 'ada@example.com';
  const { key } = await db.system('owner.first-start', PREPARE, async (tx) => {
    const user = await identity.createUser(tx, { email, password: PASSWORD, emailVerified: true });
    return identity.createKey(tx, { ...user, name: 'bench', scopes: ['*'], actor: { kind: 'system' } });
  });
  const { url: reached } = await server.listen();
  const response = await fetch(`${reached}/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password: PASSWORD }),
  });
  const { access_token: token } = (await response.json()) as { access_token: string };
  return { token, key };
}
