import { type Database, statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { createAppStoreSandbox, type AppStoreSandbox } from '#sandbox/app-store';
import { atEndOfFile } from '@plinth/testkit/closing';
import { testApp, type TestApp, type TestAppOptions } from '@plinth/testkit/services/app';

/** The account that is listed in STORE_SANDBOX_ACCOUNTS. */
export const LISTED = '01932c07-1f6e-7d0a-8b9a-2f6d3c1e5a44' as AccountId;

/** An app that sells in the App Store, whose two worlds are sandboxes on one clock of their own. */
export interface SellingApp extends TestApp {
  readonly live: AppStoreSandbox;
  readonly trial: AppStoreSandbox;
  /** Another process on the same database. */
  beside(): Promise<TestApp>;
  /** What was told was heard, and what follows is done. */
  settled(): Promise<void>;
  /** The plan of Reel that an account has now, and where it comes from. */
  plan(accountId: AccountId): Promise<readonly [plan: string | null, source: string | null]>;
}

export async function openSellingApp(
  more: Pick<TestAppOptions, 'settings' | 'crashHook' | 'googlePlay'> = {},
): Promise<SellingApp> {
  const driven = new Date();
  const live = await createAppStoreSandbox({ driven, app: { environment: 'Production' } });
  const trial = await createAppStoreSandbox({ driven });
  for (const sandbox of [live, trial]) atEndOfFile(() => sandbox.close());
  const selling: TestAppOptions = {
    ...more,
    appStore: [
      { ...live, mode: 'live' },
      { ...trial, mode: 'test' },
    ],
    settings: { STORE_SANDBOX_ACCOUNTS: LISTED, ...more.settings },
    // What a test says, and no job: it drains by itself.
    work: false,
  };
  const app = await testApp(selling);
  for (const sandbox of [live, trial]) sandbox.notifyAt(`${app.url}/v1/webhooks/app-store`);
  await openAccount(app.db, LISTED);
  const { inbox, entitlements } = app.app.modules;
  return {
    ...app,
    live,
    trial,
    beside: () => testApp({ ...selling, beside: app }),
    async settled() {
      for (const sandbox of [live, trial]) await sandbox.idle();
      await inbox.drain();
    },
    async plan(accountId) {
      const reel = (await entitlements.current(accountId)).find(({ product }) => product === 'reel');
      return [reel?.plan ?? null, reel?.source ?? null];
    },
  };
}

/** An account of an id that was known before. */
export async function openAccount(db: Database, accountId: AccountId): Promise<void> {
  await db.asMigrator(
    statement(
      `with person as (
         insert into identity.users (user_id, email) values ($1::uuid, $1::uuid::text || '@example.com') returning user_id),
       account as (
         insert into accounts.accounts (account_id, kind, name, created_by)
         select $1::uuid, 'organization', 'Listed', user_id from person returning account_id)
       insert into accounts.members (account_id, user_id, role) select account_id, $1::uuid, 'owner' from account`,
      [accountId],
    ),
  );
}
