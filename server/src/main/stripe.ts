import { setTimeout as pause } from 'node:timers/promises';
import {
  createStripeClient,
  createStripeWalk,
  type SyncedEndpoint,
  type SyncedPrice,
  syncStripe,
  type Walked,
} from '#platform/billing';
import type { Config, StripeSettings } from '#platform/config';
import { systemClock } from '#platform/kernel';
import { storedCatalogues } from '#platform/plans';
import { products } from '#products';
import { withTables } from './migrate.ts';
import { OperatorError } from './operator-error.ts';
import { type Invocation, printUsage, type Verb } from './verb.ts';
import { withApp } from './with-app.ts';

const USAGE = `Usage: plinth stripe sync              create products, prices and the webhook endpoints in Stripe
       plinth stripe check [--clear]    walk through what billing assumes of Stripe, in its test mode; --clear: remove what a check left
       plinth stripe reconcile [--all]  find events that Stripe, Google Play or the App Store never sent; --all: read every object they have
       plinth stripe replay --offline   rebuild subscriptions, invoices and grants from stored answers, without Stripe
`;

const NO_STORE =
  'STRIPE_SECRET_KEY is not set, nor GOOGLE_PLAY_PACKAGE, nor APP_STORE_BUNDLE_ID: no provider to set up. The sandboxes are set up at each start.\n';
const NAMES = { stripe: 'Stripe', google_play: 'Google Play', app_store: 'the App Store' } as const;
const STILL_ASKED =
  'What is known of them stays. They are still asked for, but for those that were given up: --all asks for these, too. GET /v1/admin/billing/inbox/dead lists them.\n';
const NO_KEY = 'STRIPE_SECRET_KEY is not set. The sandbox is set up at each start.\n';

/** `stripe sync|check|reconcile|replay`: what an operator does by hand (docs/billing.md). */
export const stripe: Verb = async (invocation) => {
  const { config, words } = invocation;
  switch (words.join(' ')) {
    case 'sync':
      return config.stripe?.account === undefined ? printRefusal() : sync(config, config.stripe);
    case 'check':
    case 'check --clear':
      return config.stripe?.account === undefined
        ? printRefusal()
        : check(config.stripe, words.includes('--clear'));
    case 'reconcile':
    case 'reconcile --all':
      return reconcile(invocation, words.includes('--all'));
    case 'replay --offline':
      return replay(invocation);
    default:
      return printUsage(
        ['sync', 'check', 'reconcile', 'replay'].includes(words[0] ?? '') ? words[1] : words[0],
        USAGE,
      );
  }
};

function printRefusal(why = NO_KEY): number {
  process.stderr.write(why);
  return 1;
}

async function sync(config: Config, { account, url, tax }: StripeSettings): Promise<number> {
  if (account === undefined) return printRefusal();
  const client = createStripeClient({ ...account, url });
  const inSource = products.map(({ catalogue }) => catalogue);
  try {
    const { prices, endpoint, connectEndpoint } = await withTables(config, async (db) => {
      const catalogues = [...inSource, ...(await storedCatalogues(db))];
      // Prices that are made at Stripe are kept here: without the tables they would be lost.
      return syncStripe({ db, client, catalogues, tax, baseUrl: config.publicUrl });
    });
    process.stdout.write(prices.map(line).join(''));
    if (endpoint === undefined)
      process.stdout.write('PUBLIC_URL is not set: Stripe has nowhere to send its events.\n');
    printEndpoint(endpoint, 'events', 'STRIPE_WEBHOOK_SECRET');
    printEndpoint(connectEndpoint, 'events of connected accounts', 'STRIPE_CONNECT_WEBHOOK_SECRET');
    if (connectEndpoint?.was === 'refused')
      process.stdout.write('Connect is not set up at Stripe: nobody can be paid out.\n');
    return 0;
  } finally {
    client.close();
  }
}

function printEndpoint(endpoint: SyncedEndpoint | undefined, what: string, setting: string): void {
  if (endpoint === undefined) return;
  const { was, url, secret } = endpoint;
  process.stdout.write(`${was.padEnd(8)}  ${what} to ${url}\n`);
  if (secret !== undefined)
    process.stdout.write(`\nThis secret is shown only once. Set it:\n${setting}=${secret}\n\n`);
}

/** `made      plinth:reel.pro:monthly  39.95 usd  price_…` */
function line({ was, lookupKey, micros, currency, price }: SyncedPrice): string {
  return `${was.padEnd(8)}  ${lookupKey}  ${micros / 1_000_000} ${currency}  ${price}\n`;
}

/** Seconds: a check that began before may still run. */
const RUNS = 1_800;

/** Ends with 1 where anything differs, or could not be tried that can be. A live key is refused before it is used. */
async function check({ account, url }: StripeSettings, clears: boolean): Promise<number> {
  if (account === undefined) return printRefusal();
  if (account.mode === 'live')
    throw new OperatorError(
      'STRIPE_SECRET_KEY is a live one: a check makes customers and subscriptions. Give it a key of the test mode.',
    );
  const client = createStripeClient({ ...account, url });
  const walk = createStripeWalk({ client, now: systemClock.now, pause });
  try {
    const since = clears ? undefined : await walk.foundSince();
    if (since !== undefined && since > systemClock.now() / 1_000 - RUNS)
      throw new OperatorError(
        'A check runs, or was ended within the last half hour: "plinth stripe check --clear" removes what it left.',
      );
    await walk.clear();
    return clears ? 0 : await printSteps(walk.walk());
  } finally {
    client.close();
  }
}

/** `differs    a phase takes no archived price` and below it what was seen. */
async function printSteps(steps: AsyncIterable<Walked>): Promise<number> {
  const all: Walked[] = [];
  for await (const step of steps) {
    all.push(step);
    process.stdout.write(
      `${step.found.padEnd(9)}  ${step.says}\n${step.why === '' ? '' : `           ${step.why}\n`}`,
    );
  }
  const count = (found: Walked['found']) => all.filter((step) => step.found === found).length;
  const notes = count('note') === 0 ? '' : `${count('note')} notes, `;
  process.stdout.write(
    `${count('ok')} ok, ${notes}${count('differs')} differ, ${count('not tried')} not tried\n`,
  );
  return all.some(({ isProblem }) => isProblem) ? 1 : 0;
}

/** Asks every store that is set; one that is a sandbox runs in another process. Ends with 1 where anything could not be asked or read. */
async function reconcile({ config: all, version, ...rest }: Invocation, isAll: boolean): Promise<number> {
  const config = all.stripe?.account === undefined ? { ...all, stripe: undefined } : all;
  const { stripe: web, googlePlay, appStore } = config;
  if (web === undefined && googlePlay?.account === undefined && appStore?.app === undefined)
    return printRefusal(NO_STORE);
  return withApp({ config, version, ...rest }, 'reconciliation', async ({ modules }) => {
    const { events, applied, unread, silent } = await modules.inbox.catchUp({ all: isAll });
    process.stdout.write(
      `Found ${events} events that had not come; ${applied} objects were read and are applied.\n`,
    );
    for (const { provider, mode, error } of silent)
      process.stderr.write(
        `What ${NAMES[provider]} (${mode}) has can't be asked: ${error.code}. ${error.message}\n`,
      );
    for (const { provider, mode, error, count } of unread)
      process.stderr.write(`${count} objects of ${NAMES[provider]} (${mode}) are not applied: ${error}.\n`);
    if (unread.length > 0) process.stderr.write(STILL_ASKED);
    return silent.length + unread.length > 0 ? 1 : 0;
  });
}

async function replay(invocation: Invocation): Promise<number> {
  return withApp(invocation, 'replay', async ({ modules }) => {
    const { accounts, objects } = await modules.inbox.rebuild();
    process.stdout.write(`Rebuilt ${accounts} accounts from ${objects} stored objects.\n`);
    return 0;
  });
}
