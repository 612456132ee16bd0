import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { commitPoint, statement } from '#platform/db';
import { type Customer, testApp, type TestApp, type TestAppOptions } from '@plinth/testkit/services/app';
import { forgetRates } from '@plinth/testkit/services/forget-rates';

const CHANGED = commitPoint('test.adiuva.changed-plan', 'another plan of an account');
const COLLEAGUE = commitPoint('test.adiuva.colleague', 'a further member of an account');

export const sha256 = (bytes: Uint8Array | string): string =>
  createHash('sha256').update(bytes).digest('hex');
export const ABSENT = { 'if-none-match': '*' };

export interface OctetsReply {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  readonly json: Readonly<Record<string, unknown>>;
}

/** `201`, or the status and code of a refusal. */
export function outcomeOf({ status, json }: Pick<OctetsReply, 'status' | 'json'>): string {
  const { code } = (json['error'] ?? {}) as { readonly code?: string };
  return code === undefined ? String(status) : `${status} ${code}`;
}

/** A member who keeps something here, and their calls. */
export interface Keeper extends Customer {
  call(call: string, body?: Uint8Array | object, headers?: Record<string, string>): Promise<OctetsReply>;
  /** A record as octets: `POST` of a new one, or `PUT` of one by its id. */
  put(
    id: string | undefined,
    bytes: Uint8Array | string,
    headers?: Record<string, string>,
  ): Promise<OctetsReply>;
  backup(bytes: Uint8Array | string, headers?: Record<string, string>): Promise<OctetsReply>;
  used(gauge?: 'storage' | 'backup'): Promise<number>;
}

export function keeperOf(app: Pick<TestApp, 'app' | 'db' | 'url'>, customer: Customer): Keeper {
  const call: Keeper['call'] = async (named, body, headers = {}) => {
    const [method = 'GET', path = ''] = named.split(' ');
    const isJson = body !== undefined && !(body instanceof Uint8Array);
    const type = isJson ? 'application/json' : 'application/octet-stream';
    await forgetRates(app);
    const response = await fetch(app.url + path, {
      method,
      headers: {
        authorization: `Bearer ${customer.key}`,
        ...(body === undefined ? {} : { 'content-type': type }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isJson ? JSON.stringify(body) : Buffer.from(body) }),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    const saysJson = response.headers.get('content-type')?.startsWith('application/json') === true;
    const json = saysJson ? (JSON.parse(bytes.toString()) as OctetsReply['json']) : {};
    return { status: response.status, headers: response.headers, bytes, json };
  };
  return {
    ...customer,
    call,
    put(id, bytes, headers) {
      const body = Buffer.from(bytes);
      const path = `/v1/storage/records${id === undefined ? '' : `/${id}`}?table=notes`;
      return call(`${id === undefined ? 'POST' : 'PUT'} ${path}`, body, {
        'x-checksum': sha256(body),
        ...headers,
      });
    },
    backup(bytes, headers) {
      const body = Buffer.from(bytes);
      return call('PUT /v1/backup', body, {
        'x-backup-version': '1',
        'x-backup-timestamp': '1795000000000',
        'x-backup-checksum': sha256(body),
        ...headers,
      });
    },
    async used(gauge = 'storage') {
      const [row] = await app.db.asMigrator(
        statement<{ used: number }>(
          `select used::double precision as used from limits.gauges where account_id = $1 and name = $2`,
          [customer.accountId, gauge],
        ),
      );
      return row?.used ?? 0;
    },
  };
}

/** The whole server with people who keep something here. */
export async function openStorage(options: TestAppOptions = {}) {
  const app = await testApp(options);
  const folder = join(app.app.modules.options.config.dataDir, 'blobs');
  /** Paths of the files of accounts in the folder, finished or not. */
  const onDisk = (): string[] =>
    existsSync(folder)
      ? readdirSync(folder, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile() && !entry.parentPath.startsWith(join(folder, 'plinth')))
          .map((entry) => join(entry.parentPath, entry.name))
      : [];
  return {
    ...app,
    keeper: async (plan = 'adiuva.power') => keeperOf(app, await app.customer(plan)),
    /** An account's bytes, by each of those who count them: rows, files that are not forgotten, and bytes in the folder. */
    async sums({ accountId }: Customer) {
      const [row] = await app.db.asMigrator(
        statement<{ rows: number; files: number; reserved: number }>(
          `select (select coalesce(sum(bytes), 0) from adiuva.records where account_id = $1 and deleted_at is null)::float8 as rows,
             (select coalesce(sum(bytes), 0) from blobs.blobs where account_id = $1 and status = 'stored')::float8 as files,
             (select count(*) from blobs.blobs where account_id = $1 and status = 'reserved')::int as reserved`,
          [accountId],
        ),
      );
      return row ?? { rows: -1, files: -1, reserved: -1 };
    },
    onDisk,
    /** Files that were not there before. What others have deleted leaves the disk at any time: a number of files is no proof. */
    madeSince: (before: readonly string[]) => onDisk().filter((path) => !before.includes(path)),
    /** Leaves a gauge with so many bytes of room, under any plan. */
    leaveRoom: ({ accountId }: Customer, gauge: 'storage' | 'backup', used: number) =>
      app.db.asMigrator(
        statement(
          `insert into limits.gauges (account_id, product, name, used) values ($1, 'adiuva', $2, $3)
           on conflict (account_id, product, name) do update set used = $3`,
          [accountId, gauge, used],
        ),
      ),
    /** Gives an account another plan in place of those that it has. */
    async changePlan({ accountId }: Customer, plan: string): Promise<void> {
      const { entitlements } = app.app.modules;
      const by = { kind: 'system' } as const;
      const grants = await app.db.asMigrator(
        statement<{ id: string }>(
          `select id from entitlements.grants where account_id = $1 and product = 'adiuva' and revoked_at is null`,
          [accountId],
        ),
      );
      await app.db.system('owner.first-start', CHANGED, async (tx) => {
        for (const { id } of grants) await entitlements.revokeIn(tx, { grantId: id, by });
        const grant = { accountId, product: 'adiuva', plan, source: 'admin', cause: 'test', by } as const;
        await entitlements.grantIn(tx, grant);
      });
      entitlements.announce(accountId);
    },
    /** A further member of a customer's account, with a key of it. */
    async colleagueOf(of: Customer): Promise<Keeper> {
      const { identity } = app.app.modules;
      const other = await app.customer();
      const { accountId } = of;
      const { userId } = other;
      const { key } = await app.db.system('owner.first-start', COLLEAGUE, async (tx) => {
        await tx.run(
          statement(`insert into accounts.members (account_id, user_id, role) values ($1, $2, 'member')`, [
            accountId,
            userId,
          ]),
        );
        const actor = { kind: 'system' } as const;
        return identity.createKey(tx, { accountId, userId, name: 'test', scopes: ['*'], actor });
      });
      return keeperOf(app, { ...other, accountId, key });
    },
  };
}

/**
 * Sends the first bytes of a PUT over a socket of its own, and cuts it once `begun` resolves; done when the connection is closed, which may
 * be before the server has so much as looked at the call.
 */
export function cutOff(
  url: string,
  head: string,
  ...[body, begun = () => Promise.resolve()]: [body: Uint8Array, begun?: () => Promise<unknown>]
): Promise<void> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(head);
      socket.write(body, () => void begun().finally(() => socket.end()));
    });
    socket.on('data', () => {});
    socket.once('close', () => resolve());
    socket.once('error', () => resolve());
  });
}
