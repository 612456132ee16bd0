import type { CrashHook } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { createAppStoreSandbox } from '#sandbox/app-store';
import { createGooglePlaySandbox, type SentNotification } from '#sandbox/google-play';
import { createStripeSandbox } from '#sandbox/stripe';
import { testApp, type TestApp } from '@plinth/testkit/services/app';
import { atEndOfFile } from '@plinth/testkit/closing';
import { advanceTo, databaseTime, stopTime } from '@plinth/testkit/factories';
import { basePlans } from '../../server/src/app/google-play.ts';
import { packageAt } from '../../sandboxes/src/stripe/testing/package.ts';
import { testDatabase } from '@plinth/testkit/services';
import { StripeCustomer } from './stripe-customer.ts';

const TO = {
  audience: 'http://127.0.0.1/v1/webhooks/google-play',
  email: 'play-push@sandbox.iam.gserviceaccount.com',
};
const DAY = 86_400;

/** An app that sells on the web and in both stores, with their events, on one driven clock. */
export async function openStores(crashHook: CrashHook = () => {}, at?: string) {
  const database = await testDatabase({ crashHook });
  await stopTime(database.db);
  if (at !== undefined) await advanceTo(database.db, at);
  const driven = await databaseTime(database.db);
  const apple = await createAppStoreSandbox({ driven, app: { environment: 'Production' } });
  const play = await createGooglePlaySandbox({ plans: basePlans(), startsAt: driven });
  const stripe = await createStripeSandbox({ driven });
  for (const sandbox of [apple, play, stripe]) atEndOfFile(() => sandbox.close());
  const settings = { GOOGLE_PLAY_PUSH_AUDIENCE: TO.audience };
  const selling = { appStore: [apple], googlePlay: play, settings, work: false, crashHook };
  const app = await testApp({ ...selling, stripe, on: database });
  apple.notifyAt(`${app.url}/v1/webhooks/app-store`);
  const { db } = app;
  let pushed = 0;

  async function push(told: SentNotification, { url }: Pick<TestApp, 'url'> = app): Promise<number> {
    const request = await play.push(told, TO);
    return (await fetch(`${url}/v1/webhooks/google-play`, { method: 'POST', ...request })).status;
  }

  /** Processes all events of the stores. */
  async function drainEvents(): Promise<void> {
    for (const told of play.told().slice(pushed)) await push(told);
    pushed = play.told().length;
    for (const sandbox of [apple, stripe]) await sandbox.idle();
    await app.app.modules.inbox.drain();
  }

  return {
    ...app,
    apple,
    play,
    push,
    heard: drainEvents,
    /** Another process on the same database. */
    beside: () => testApp({ ...selling, beside: app }),
    async passes(days: number): Promise<void> {
      apple.world.advance(days);
      play.advance(days);
      stripe.advance(days * DAY);
      await advanceTo(db, play.now().toISOString());
      await drainEvents();
    },
    /** A customer who has subscribed on the web. */
    async subscribesAtStripe(accountId: AccountId, plan: string): Promise<StripeCustomer> {
      const customer = new StripeCustomer({ stripe: packageAt(stripe), sandbox: stripe });
      await customer.register(accountId);
      await customer.subscribes(plan);
      return customer;
    },
    /** The plan of Reel that an account has now, and where it comes from. */
    async plan(accountId: AccountId): Promise<readonly [plan: string | null, source: string | null]> {
      const held = await app.app.modules.entitlements.current(accountId);
      const reel = held.find(({ product }) => product === 'reel');
      return [reel?.plan ?? null, reel?.source ?? null];
    },
  };
}
