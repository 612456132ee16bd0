import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Blobs, blobsModule, createBlobStorage, createFolderHome, type BlobHome } from '#platform/blobs';
import { commitPoint, type CrashHook, type Database, type Statement, statement } from '#platform/db';
import { answer, type Caller, namedObject, routesOf } from '#platform/http';
import { type AccountId, createIds, systemRandom } from '#platform/kernel';
import { productRoutes } from '#platform/product';
import { createSecrets } from '#platform/secrets';
import { createTelemetry } from '#platform/telemetry';
import { atEndOfFile } from '@plinth/testkit/closing';
import type { Member } from '@plinth/testkit/factories';
import { type LimitsFixture, openLimits } from '@plinth/testkit/fixtures/limits';
import { drivenClock, MASTER_KEY } from '@plinth/testkit/people';
import { temporaryFolder, testDatabase } from '@plinth/testkit/services';
import { serve } from '@plinth/testkit/shop';
import { z } from 'zod';

const FORGOTTEN = commitPoint('test.blobs.forgotten', 'what files were for, gone');
export const RULES = {
  product: 'vault',
  limits: {
    storage: { kind: 'gauge', by: 'account', unit: 'bytes' },
    uses: { kind: 'quota', per: 'day', by: 'account' },
  },
  plans: { small: { storage: 1_000, uses: 5 }, big: { storage: 50_000_000, uses: 5 } },
  features: { use: ['uses'] },
} as const;

interface Vault {
  readonly blobs: Blobs;
  readonly db: Database;
}

const route = productRoutes<Vault>();
const common = {
  tag: 'Vault',
  auth: 'account',
  scope: 'vault:write',
  rate: { perMinute: 10_000, by: 'account' },
} as const;
const ID = '01939c2e-8f4b-7c3a-9d21-5b6c7d8e9f06';
const file = z.record(z.string(), z.unknown());

/** A product that keeps files, as any would. */
const routes = {
  begin: route(
    'POST /v1/vault/uploads',
    {
      ...common,
      summary: 'Start an upload',
      may: 'member',
      body: namedObject('VaultUpload', {
        filename: z.string().max(2_000),
        type: z.string().max(200),
        bytes: z.number(),
        sha256: z.string().max(200),
        part_bytes: z.number().optional(),
      }),
      reply: { 201: file },
      errors: ['upload_invalid', 'limit_exceeded', 'storage_unavailable'],
      example: { body: { filename: 'a.txt', type: 'text/plain', bytes: 1, sha256: 'a' }, reply: {} },
    },
    async ({ accountId, caller, body: { part_bytes: partBytes, ...body } }, { blobs }) => {
      const multipart = partBytes === undefined ? {} : { multipart: { partBytes } };
      const asked = {
        ...body,
        ...multipart,
        accountId,
        gauge: 'storage',
        purpose: 'document',
        createdBy: caller.userId,
      };
      return answer(201, await blobs.presign(asked));
    },
  ),
  complete: route(
    'POST /v1/vault/files/:id/complete',
    {
      ...common,
      summary: 'Complete an upload',
      may: 'member',
      idempotency: 'none',
      reply: { 200: file },
      errors: ['blob_not_found', 'upload_missing', 'upload_mismatch', 'upload_expired'],
      example: { params: { id: ID }, reply: {} },
    },
    ({ accountId, params }, { blobs }) => blobs.complete(accountId, params.id),
  ),
  download: route(
    'GET /v1/vault/files/:id',
    {
      ...common,
      summary: 'Read where a file is downloaded',
      may: 'viewer',
      query: z.strictObject({ filename: z.string().max(2_000).optional() }),
      reply: { 200: file },
      errors: ['blob_not_found'],
      example: { params: { id: ID }, reply: {} },
    },
    ({ accountId, params, query }, { blobs }) => blobs.download(accountId, params.id, query),
  ),
};

export const sha256 = (bytes: Uint8Array | string): string =>
  createHash('sha256').update(bytes).digest('hex');

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  readonly json: Readonly<Record<string, unknown>> & {
    readonly error?: { readonly code: string; readonly details?: object };
  };
}

/** The code of a refusal, or its status. */
export const outcomeOf = ({ status, json }: Answer): string =>
  json.error === undefined ? String(status) : `${status} ${json.error.code}`;

export async function read(response: Response): Promise<Answer> {
  const bytes = Buffer.from(await response.arrayBuffer());
  const isJson = response.headers.get('content-type')?.includes('application/json; charset') === true;
  return {
    status: response.status,
    headers: response.headers,
    bytes,
    json: isJson ? (JSON.parse(bytes.toString()) as Answer['json']) : {},
  };
}

/** A user with an account on a plan of the product, and their calls. */
export interface Owner extends Member {
  call(call: string, body?: object): Promise<Answer>;
  /** Bytes of the gauge that are used. */
  used(): Promise<number>;
  begin(body: Uint8Array | string, more?: object): Promise<Begun>;
  /** Begins, sends and completes. */
  store(body: Uint8Array | string, more?: object): Promise<string>;
}

export interface SignedUpload {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly expires_at: string;
}

export interface Begun {
  readonly id: string;
  readonly upload: SignedUpload & { readonly parts: readonly (SignedUpload & { readonly bytes: number })[] };
}

/** A process that died at a commit: what it would have done next it does not. */
export class Killed extends Error {}

const roleIn = (callers: ReadonlyMap<string, Caller>, { userId, accountId }: Member) =>
  callers.get(userId)?.accountId === accountId ? ('owner' as const) : undefined;

/** Runs statements in an account's scope. */
const forgettingIn = (db: Database) => (accountId: AccountId, statements: readonly Statement[]) =>
  db.tenant(accountId, FORGOTTEN, statements);

const ownersOf =
  (limits: LimitsFixture, callers: Map<string, Caller>, url: string) =>
  async (plan: keyof typeof RULES.plans = 'big'): Promise<Owner> => {
    const member = await limits.member(plan);
    const { userId, accountId } = member;
    callers.set(userId, { userId, accountId, platformRole: 'user', sessionId: 's', scopes: [] });
    return ownerOf(member, url, limits);
  };

const rowsOf = (db: Database) =>
  db.asMigrator(statement<{ id: string; status: string }>('select id, status from blobs.blobs order by id'));

/** A hook that kills once, where it is told to. */
function createCrashHook(): { readonly crashHook: CrashHook; readonly kill: (at: string) => void } {
  let armed: string | undefined;
  return {
    kill: (at) => void (armed = at),
    crashHook(point, phase) {
      if (`${point}:${phase}` !== armed) return;
      armed = undefined;
      throw new Killed(`killed ${phase} ${point}`);
    },
  };
}

export interface BlobsFixtureOptions {
  /** The home that is used in place of the folder. */
  readonly over?: (folder: BlobHome) => BlobHome;
}

/** A product that keeps files, on a server of its own, with a folder and a driven clock. */
export async function openBlobs({ over = (home) => home }: BlobsFixtureOptions = {}) {
  const { crashHook, kill } = createCrashHook();
  const { db } = await testDatabase({ crashHook });
  const clock = drivenClock(db);
  const limits = await openLimits(db, RULES);
  const secrets = createSecrets({ keys: [MASTER_KEY] });
  const folder = join(temporaryFolder(), 'blobs');
  const telemetry = createTelemetry({ logLevel: 'silent' });
  let url = '';
  const home = createFolderHome({ folder, baseUrl: () => url, secrets, clock, random: systemRandom });
  const parts = {
    db,
    ids: createIds({ clock, random: systemRandom }),
    clock,
    limits: limits.limits,
    secrets,
    upgradeFor: () => 'vault.big',
    metrics: telemetry.metrics,
    log: telemetry.logger,
  };
  const storage = createBlobStorage({ ...parts, home: over(home) });
  const vault: Vault = { blobs: storage.of('vault'), db };
  const callers = new Map<string, Caller>();
  const server = await serve(
    {},
    {
      clock,
      mounted: [
        { module: 'vault', routes: routesOf(routes), service: vault },
        { module: 'blobs', routes: blobsModule.routes, service: storage },
      ],
      identify: async (bearer) => callers.get(bearer),
      roleOf: async (userId, accountId) => roleIn(callers, { userId, accountId }),
      kindOf: async () => 'organization',
    },
    db,
  );
  atEndOfFile(() => server.server.stop(1));
  ({ url } = server);

  return {
    db,
    clock,
    home,
    folder,
    storage,
    blobs: vault.blobs,
    /** A further process on the same database and folder. */
    another: () => createBlobStorage({ ...parts, home }),
    server,
    telemetry,
    owner: ownersOf(limits, callers, url),
    /** The next pass of a commit kills the process: `blobs.stored:after`. */
    kill,
    forget: forgettingIn(db),
    /** All files in the folder, finished or not. */
    files: () => filesIn(folder),
    rows: () => rowsOf(db),
  };
}

function ownerOf(member: Member, url: string, { limits }: LimitsFixture): Owner {
  const { userId, accountId } = member;
  const call: Owner['call'] = async (named, body) => {
    const [method = 'GET', path = ''] = named.split(' ');
    const headers = { authorization: `Bearer ${userId}`, 'content-type': 'application/json' };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    return read(await fetch(url + path, { method, headers, ...sent }));
  };
  const begin: Owner['begin'] = async (body, more = {}) => {
    const bytes = Buffer.byteLength(body);
    const facts = { filename: 'a file.txt', type: 'text/plain', bytes, sha256: sha256(body), ...more };
    const reply = await call('POST /v1/vault/uploads', facts);
    if (reply.status !== 201) throw new Error(outcomeOf(reply));
    return { id: String(reply.json['blobId']), upload: reply.json['upload'] as Begun['upload'] };
  };
  return {
    ...member,
    call,
    begin,
    async used() {
      const all = await limits.usage(accountId);
      return all.find(({ limit }) => limit === 'storage')?.used ?? 0;
    },
    async store(body, more) {
      const { id, upload } = await begin(body, more);
      const sent = await send(upload, body);
      const completed = await call(`POST /v1/vault/files/${id}/complete`);
      if (sent.status !== 204 || completed.status !== 200)
        throw new Error(`${outcomeOf(sent)}, ${outcomeOf(completed)}`);
      return id;
    },
  };
}

export type BlobsFixture = Awaited<ReturnType<typeof openBlobs>>;

/** Sends what a signed request asks for. */
export async function send(
  upload: SignedUpload,
  body?: Uint8Array | string,
  more: RequestInit = {},
): Promise<Answer> {
  const { method, url, headers } = upload;
  return read(await fetch(url, { method, headers, ...(body === undefined ? {} : { body }), ...more }));
}

/** Names below a folder, but for the marker of whose it is. */
function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'installation')
    .map(({ name }) => name)
    .sort();
}
