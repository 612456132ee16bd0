import { type AccountId } from '#platform/kernel';
import { statement } from '#platform/db';
import type { Customer, Reply, TestApp } from '@plinth/testkit/services/app';

/** A session as its program keeps it. */
export interface KeptSession {
  readonly session_id: string;
  readonly signed_token: string;
}

/** A licence, and the calls of the machines that work under it. */
export interface Office<Who = Customer> {
  readonly who: Who;
  readonly key: string;
  readonly id: string;
  acquire(hardware: string, more?: object): Promise<Reply>;
  /** Acquires a seat; it must succeed. */
  seat(hardware: string, more?: object): Promise<KeptSession>;
  beat(kept: KeptSession): Promise<Reply>;
  release(kept: KeptSession): Promise<Reply>;
  borrow(kept: KeptSession, minutes: number): Promise<Reply>;
  seats(): Promise<readonly Row[]>;
  history(): Promise<readonly Row[]>;
}

type Row = Readonly<Record<string, unknown>>;

/** A machine's name, long enough for hardware. */
export const machine = (name: string | number) => `machine-of-test-${name}`;

type App = Pick<TestApp, 'call' | 'customer' | 'db'>;

export async function office(app: App, plan = 'starter'): Promise<Office> {
  const who = await app.customer(`coditect.${plan}`);
  return officeOf(app, who);
}

export async function officeOf<Who extends Pick<Customer, 'key'>>(
  { call }: Pick<App, 'call'>,
  who: Who,
): Promise<Office<Who>> {
  const data = rowsOf(await call(who.key, 'GET /v1/licenses'));
  const id = String(data[0]?.['id']);
  const { body } = await call(who.key, `GET /v1/licenses/${id}`);
  const key = String(body['license_key']);
  const acquire: Office['acquire'] = (hardware, more = {}) =>
    call(undefined, 'POST /v1/licenses/acquire', {
      body: { license_key: key, hardware_id: machine(hardware), ...more },
    });
  return {
    who,
    key,
    id,
    acquire,
    async seat(hardware, more) {
      const reply = await acquire(hardware, more);
      if (reply.status !== 201) throw new Error(`no seat: ${JSON.stringify(reply.body)}`);
      return keptOf(reply);
    },
    beat: (kept) => call(undefined, 'POST /v1/licenses/heartbeat', { body: namesOf(kept) }),
    release: (kept) => call(undefined, 'POST /v1/licenses/release', { body: namesOf(kept) }),
    borrow: (kept, minutes) =>
      call(undefined, 'POST /v1/licenses/borrow', { body: { ...namesOf(kept), minutes } }),
    seats: async () => {
      const { body: seats } = await call(who.key, `GET /v1/licenses/${id}/seats`);
      return seats['seats'] as Row[];
    },
    async history() {
      const rows: Row[] = [];
      for (let cursor = ''; ; ) {
        const page = await call(who.key, `GET /v1/licenses/${id}/sessions?limit=100${cursor}`);
        rows.push(...rowsOf(page));
        const next = page.body['next_cursor'];
        if (typeof next !== 'string') return rows;
        cursor = `&cursor=${encodeURIComponent(next)}`;
      }
    },
  };
}

export const rowsOf = ({ body }: Reply): readonly Row[] => body['data'] as readonly Row[];

const namesOf = ({ session_id, signed_token }: KeptSession) => ({ session_id, signed_token });

export function keptOf({ body }: Reply): KeptSession {
  return { session_id: String(body['session_id']), signed_token: String(body['signed_token']) };
}

/** The code of an error. */
export const codeOf = ({ body }: Reply): unknown => (body['error'] as { code?: string } | undefined)?.code;

/** Claims of a token, unverified. */
export function claimsOf({ signed_token: token }: KeptSession): Readonly<Record<string, unknown>> {
  const [, payload = ''] = token.split('.');
  return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Readonly<Record<string, unknown>>;
}

/** Terms that an admin sets of a licence. */
export async function setLicense(
  { db }: Pick<App, 'db'>,
  accountId: AccountId,
  { seats, offlineMinutes = 30 }: { readonly seats?: number; readonly offlineMinutes?: number },
): Promise<void> {
  await db.asMigrator(
    statement(
      'update coditect.licenses set seats_by_admin = $2, offline_minutes = $3 where account_id = $1',
      [accountId, seats ?? null, offlineMinutes],
    ),
  );
}
