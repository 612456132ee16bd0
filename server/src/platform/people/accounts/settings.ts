import { actorOf, type Audit, type RequestOrigin } from '#platform/audit';
import { commitPoint, type Database, type Transaction } from '#platform/db';
import type { Caller } from '#platform/http';
import { type AccountId, AppError, hasCode } from '#platform/kernel';
import { settingsOf, type SettingsRow, setTimeZone } from './store.ts';

const CHANGE = commitPoint('accounts.settings-change', 'the time zone of an account');

export interface SettingsView {
  readonly id: string;
  readonly kind: 'personal' | 'organization';
  readonly name: string;
  readonly time_zone: string;
}

/** A change of an account's settings, and its caller. */
export interface SettingsChange {
  readonly caller: Caller;
  readonly accountId: AccountId;
  readonly origin: RequestOrigin;
}

/** Settings of an account. */
export interface Settings {
  get(accountId: AccountId): Promise<SettingsView>;
  /** The name is one of the time zone database; PostgreSQL refuses what it does not know. */
  changeTimeZone(by: SettingsChange, zone: string): Promise<SettingsView>;
  /** The same in a transaction of the account's, where more is changed with it. */
  changeTimeZoneIn(tx: Transaction, by: SettingsChange, zone: string): Promise<SettingsView>;
}

export function createSettings({ db, audit }: { readonly db: Database; readonly audit: Audit }): Settings {
  async function changeTimeZoneIn(
    tx: Transaction,
    { caller, accountId, origin }: SettingsChange,
    zone: string,
  ): Promise<SettingsView> {
    const before = viewOf(await tx.run(settingsOf(accountId)));
    const after = viewOf(await tx.run(setTimeZone(accountId, zone)).catch(refuseUnknownZone));
    await audit.recordIn(tx, {
      action: 'account.time_zone_changed',
      actor: actorOf(caller),
      accountId,
      target: { kind: 'account', id: accountId },
      changes: { time_zone: { before: before.time_zone, after: after.time_zone } },
      origin,
    });
    return after;
  }

  return {
    async get(accountId) {
      const [rows] = await db.tenant(accountId, [settingsOf(accountId)]);
      return viewOf(rows);
    },
    changeTimeZone: (by, zone) => db.tenant(by.accountId, CHANGE, (tx) => changeTimeZoneIn(tx, by, zone)),
    changeTimeZoneIn,
  };
}

function viewOf([row]: readonly SettingsRow[]): SettingsView {
  if (row === undefined) throw new AppError('not_found');
  return { id: row.account_id, kind: row.kind, name: row.name, time_zone: row.time_zone };
}

/** A check violation: this server's PostgreSQL has an older list of zones than this program. */
export function refuseUnknownZone(error: unknown): never {
  const isRefused = hasCode(error, '23514');
  throw isRefused
    ? new AppError('validation_failed', {
        details: { issues: [{ path: 'body.time_zone', message: 'is no time zone' }] },
        cause: error,
      })
    : error;
}
