import { Writable } from 'node:stream';
import type { Database } from '#platform/db';
import type { Caller, Role } from '#platform/http';
import { createIdempotency } from '#platform/idempotency';
import {
  type AccountId,
  createIds,
  type KeyId,
  systemClock,
  systemRandom,
  type UserId,
} from '#platform/kernel';
import { createPostgresRates } from '#platform/limits';
import { createTelemetry } from '#platform/telemetry';
import { answers } from '@plinth/testkit/answers';
import { testDatabase } from '@plinth/testkit/services';
import { createServer, type Server, type ServerParts, type ServerSettings } from '#server';
import { openShop, type Shop, shopRoutes } from './shop.ts';

export { shopRoutes };

export const MINE = '0193a000-0000-7000-8000-000000000001' as AccountId;
export const THEIRS = '0193a000-0000-7000-8000-000000000002' as AccountId;
const ME = '0193a000-0000-7000-8000-00000000000a' as UserId;

export const me: Caller = { userId: ME, platformRole: 'user', sessionId: 's', scopes: [], accountId: MINE };
const CALLERS: Readonly<Record<string, Caller>> = {
  token: me,
  admin: { ...me, platformRole: 'admin' },
  key: { userId: ME, platformRole: 'user', keyId: 'k' as KeyId, scopes: ['shop:read'], accountId: MINE },
  viewer: { ...me, userId: '0193a000-0000-7000-8000-00000000000b' as UserId },
};

export interface ServedShop {
  readonly url: string;
  readonly port: number;
  readonly server: Server;
  readonly shop: Shop;
  readonly lines: string[];
  readonly parts: ServerParts;
  call(path: string, init?: RequestInit & { as?: string }): Promise<HttpAnswer>;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: {
    readonly error?: {
      readonly code: string;
      readonly message: string;
      readonly details?: Record<string, unknown>;
      readonly request_id: string;
    };
  } & Record<string, unknown>;
  readonly text: string;
}

/** A real server on a free port with the test shop mounted, on a database of its own where none is given. */
export async function serve(
  settings: Partial<ServerSettings> = {},
  more: Partial<ServerParts> = {},
  on?: Database,
): Promise<ServedShop> {
  const db = on ?? (await testDatabase()).db;
  const { shop, mounted } = openShop();
  const lines: string[] = [];
  const logTo = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  const parts: ServerParts = {
    settings: {
      version: '0.0.0',
      environment: 'test',
      host: '127.0.0.1',
      port: 0,
      corsOrigins: [],
      ...settings,
    },
    mounted: [mounted],
    telemetry: createTelemetry({ logLevel: 'debug', logTo }),
    clock: systemClock,
    ids: createIds({ clock: systemClock, random: systemRandom }),
    rates: createPostgresRates({
      db,
      clock: systemClock,
      onFailure: (error) => lines.push(`rates failed: ${String(error)}`),
    }),
    idempotency: createIdempotency({ db, answers }),
    dependencies: [{ name: 'database', required: true, check: () => db.ping() }],
    waitingIn: db.waitingIn,
    identify: async (bearer) => CALLERS[bearer],
    roleOf: async (userId, accountId): Promise<Role | undefined> =>
      accountId !== MINE ? undefined : userId === ME ? 'owner' : 'viewer',
    admit: async () => ({ kind: 'running' }),
    ...more,
  };
  const server = await createServer(parts);
  const { url, port } = await server.listen();
  return { url, port, server, shop, lines, parts, call: createCall(url) };
}

function createCall(url: string): ServedShop['call'] {
  return async (path, { as, ...init } = {}) => {
    const headers = new Headers(init.headers);
    if (as !== undefined) headers.set('authorization', `Bearer ${as}`);
    if (init.body !== undefined && !headers.has('content-type'))
      headers.set('content-type', 'application/json');
    const response = await fetch(`${url}${path}`, { ...init, headers });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: isJson && text !== '' ? JSON.parse(text) : {},
    };
  };
}
