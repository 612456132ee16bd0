import { type Database, statement } from '#platform/db';
import { type Catalogue, isPack, timelineOf, type TimedGrant } from '#platform/entitlements';
import {
  type AccountId,
  createIds,
  type Ids,
  type KeyId,
  randomToken,
  sha256,
  systemClock,
  systemRandom,
  type UserId,
} from '#platform/kernel';

/** Rows made directly, past the rules of who may make them, and the time of the database, driven. */

export const ids: Ids = createIds({ clock: systemClock, random: systemRandom });

/** A user and an account that the user acts for. */
export interface Member {
  readonly accountId: AccountId;
  readonly userId: UserId;
}

/** A user who owns nothing yet. */
export async function makeUser(db: Database): Promise<UserId> {
  const userId = ids.next<UserId>();
  await db.asMigrator(
    statement('insert into identity.users (user_id, email) values ($1, $2)', [
      userId,
      `${userId}@example.com`,
    ]),
  );
  return userId;
}

/** An organization with its owner. */
export async function makeAccount(db: Database): Promise<Member> {
  const userId = await makeUser(db);
  const accountId = ids.next<AccountId>();
  await db.asMigrator(
    statement(
      `insert into accounts.accounts (account_id, kind, name, created_by) values ($1, 'organization', 'An account', $2)`,
      [accountId, userId],
    ),
  );
  await addMember(db, { accountId, userId }, 'owner');
  return { accountId, userId };
}

/** Another user of an account. */
export async function makeMember(db: Database, accountId: AccountId): Promise<Member> {
  const member = { accountId, userId: await makeUser(db) };
  await addMember(db, member, 'member');
  return member;
}

async function addMember(db: Database, { accountId, userId }: Member, role: string): Promise<void> {
  await db.asMigrator(
    statement('insert into accounts.members (account_id, user_id, role) values ($1, $2, $3)', [
      accountId,
      userId,
      role,
    ]),
  );
}

/** An API key of a member; its token is not kept, for who calls with it is settled before. */
export async function makeKey(db: Database, { accountId, userId }: Member): Promise<KeyId> {
  const keyId = ids.next<KeyId>();
  const token = randomToken(systemRandom);
  await db.asMigrator(
    statement(
      `insert into identity.api_keys (account_id, id, user_id, name, prefix, token_hash, scopes)
       values ($1, $2, $3, 'A key', 'pk', $4, '{}')`,
      [accountId, keyId, userId, sha256(token)],
    ),
  );
  return keyId;
}

export async function revokeKey(db: Database, keyId: KeyId): Promise<void> {
  await db.asMigrator(
    statement('update identity.api_keys set revoked_at = app.now() where id = $1', [keyId]),
  );
}

export async function suspendAccount(db: Database, accountId: AccountId): Promise<void> {
  await db.asMigrator(
    statement(`update accounts.accounts set status = 'suspended' where account_id = $1`, [accountId]),
  );
}

export async function setTimeZone(db: Database, accountId: AccountId, zone: string): Promise<void> {
  await db.asMigrator(
    statement('update accounts.accounts set time_zone = $2 where account_id = $1', [accountId, zone]),
  );
}

export async function suspendUser(db: Database, userId: UserId): Promise<void> {
  await db.asMigrator(
    statement(`update identity.users set status = 'suspended' where user_id = $1`, [userId]),
  );
}

/** A plan or an add-on, from now on when not said otherwise. */
export interface GivenGrant {
  readonly catalogue: Catalogue;
  readonly plan?: string;
  readonly addOn?: string;
  readonly startsAt?: Date;
  readonly until?: Date;
}

/** Gives a plan or an add-on: the grant, and the timeline that it amounts to with those before. */
export async function makeGrant(db: Database, accountId: AccountId, given: GivenGrant): Promise<string> {
  const { catalogue, plan, addOn } = given;
  const id = ids.next();
  const sold = given.until === undefined ? catalogue.addOns[addOn ?? ''] : undefined;
  const days = sold === undefined || isPack(sold) ? null : sold.days;
  await db.asMigrator(
    statement(
      `insert into entitlements.grants (account_id, id, product, plan, add_on, source, starts_at, ends_at, days, cause)
       values ($1, $2, $3, $4, $5, 'admin', coalesce($6::timestamptz, date_trunc('milliseconds', app.now())), $7, $8, 'test')`,
      [
        accountId,
        id,
        catalogue.product,
        plan ?? null,
        addOn ?? null,
        given.startsAt ?? null,
        given.until ?? null,
        days ?? null,
      ],
    ),
  );
  await writeTimeline(db, accountId, catalogue);
  return id;
}

/** Ends a grant now. */
export async function revokeGrant(db: Database, grantId: string, catalogue: Catalogue): Promise<void> {
  const rows = await db.asMigrator(
    statement<{ account_id: AccountId }>(
      `update entitlements.grants set revoked_at = date_trunc('milliseconds', app.now()) where id = $1 returning account_id`,
      [grantId],
    ),
  );
  for (const { account_id } of rows) await writeTimeline(db, account_id, catalogue);
}

async function writeTimeline(db: Database, accountId: AccountId, catalogue: Catalogue): Promise<void> {
  const grants = await db.asMigrator(
    statement<TimedGrant>(
      `select id, external_id as "externalId", plan, add_on as "addOn", source, quantity, starts_at as "startsAt", ends_at as "endsAt", days, revoked_at as "revokedAt", overrides,
         (select v.terms from entitlements.plan_versions v where v.product = g.product and v.plan = g.plan and v.version = g.plan_version) as terms
       from entitlements.grants g where account_id = $1 and product = $2`,
      [accountId, catalogue.product],
    ),
  );
  await db.asMigrator(
    statement(
      `insert into entitlements.snapshots (account_id, product, version, timeline, cause)
       select $1::uuid, $2::text, coalesce(max(version), 0) + 1, $3::text::jsonb, 'granted'
       from entitlements.snapshots where account_id = $1::uuid and product = $2::text`,
      [accountId, catalogue.product, JSON.stringify(timelineOf(catalogue, grants))],
    ),
  );
}

/** Moves the database's time on, `'2 hours'`; leases of processes that are alive move with it. */
export async function advance(db: Database, interval: string): Promise<void> {
  // Two statements: within one, the clock would be read both before and after it moved.
  await db.script(`
    begin;
    update limits.holders set expires_at = expires_at + interval '${interval}' where expires_at > app.now();
    update app.clock set ahead = ahead + interval '${interval}';
    commit;`);
}

/** Moves the database's time on as if no process had renewed its lease meanwhile. */
export async function advanceWithout(db: Database, interval: string): Promise<void> {
  await db.asMigrator(statement('update app.clock set ahead = ahead + $1::interval', [interval]));
}

/** Sets the database's time to an instant; leases of processes that are alive move with it. */
export async function advanceTo(db: Database, instant: string): Promise<void> {
  const rows = await db.asMigrator(
    statement<{ seconds: number }>(
      'select extract(epoch from $1::timestamptz - app.now())::double precision as seconds',
      [instant],
    ),
  );
  await advance(db, `${rows[0]?.seconds ?? 0} seconds`);
}

/**
 * Moves the time past the hour that ends within ten minutes, unless a test has moved it already: no hour, day or month of a
 * limit is then over between what a test uses and what it counts.
 */
export async function passTheHour(db: Database): Promise<void> {
  const [row] = await db.asMigrator(
    statement<{ left: number }>(
      `select extract(epoch from date_trunc('hour', app.now()) + interval '1 hour 1 second' - app.now())::double precision as left
       from app.clock where ahead = '0' and app.now() - date_trunc('hour', app.now()) > interval '50 minutes'`,
    ),
  );
  if (row !== undefined) await advance(db, `${row.left} seconds`);
}

/** Moves the time on to the second day of the next month: of what a test counts for some weeks, no month ends meanwhile. */
export async function passTheMonth(db: Database): Promise<void> {
  const now = await databaseTime(db);
  await advanceTo(db, new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 2)).toISOString());
}

/** Stops the database's time, so that it moves by `advance` alone: what is decided by seconds hangs on no machine. */
export async function stopTime(db: Database): Promise<void> {
  const [row] = await db.asMigrator(statement<{ at: Date }>('select app.now() - ahead as at from app.clock'));
  const at = row?.at.toISOString() ?? '';
  await db.script(
    `create or replace function app.now() returns timestamptz language plpgsql volatile parallel safe
     as $$ begin return timestamptz '${at}' + (select ahead from app.clock); end $$`,
  );
}

/** The database's time. */
export async function databaseTime(db: Database): Promise<Date> {
  const [row] = await db.asMigrator(statement<{ now: Date }>('select app.now() as now'));
  if (row === undefined) throw new Error('the database did not say what time it is');
  return row.now;
}
