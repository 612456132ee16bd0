import { describe, expect, test } from 'vitest';
import { createAppStoreSandbox } from '#sandbox/app-store';
import { atEndOfFile } from '@plinth/testkit/closing';
import { products } from '#products';
import type { Facts } from '../../server/src/platform/billing/facts.ts';
import type { Body } from '../../server/src/platform/billing/payment-provider.ts';
import { createAppStoreClient } from '../../server/src/platform/billing/providers/app-store/client.ts';
import { createAppStoreProvider } from '../../server/src/platform/billing/providers/app-store/provider.ts';
import { dunningStateOf } from '../../server/src/platform/billing/projection/dunning-state.ts';
import { recordsOf } from '../billing/store-records.ts';
import { HISTORIES, type History, LAST_DAY } from './histories.ts';

const BEGINNING = Date.parse('2031-01-15T12:00:00Z');
const DAY = 86_400_000;
/** With so many bodies every order is tried. */
const MOST = 6;

const sandbox = await createAppStoreSandbox({ driven: new Date(BEGINNING), graceDays: 16 });
atEndOfFile(() => sandbox.close());
const { world, url, root, app, key } = sandbox;
const credentials = { ...app, ...key, privateKey: key.pem, url, root, ocsp: false };
const provider = createAppStoreProvider({
  client: createAppStoreClient({
    environment: 'Sandbox',
    mode: 'sandbox',
    credentials: async () => credentials,
  }),
  terms: { commissionPercent: 30 },
  clock: { now: () => world.now() },
  catalogues: products.map(({ catalogue }) => catalogue),
});
const reading = {
  takeToken: async () => {},
  holdBack: async () => {},
  signal: new AbortController().signal,
};

interface PlayedHistory {
  readonly history: History;
  readonly id: string;
  /** What the store answered after each thing that happened, oldest first. */
  readonly bodies: Body[];
}

const lived = await live();

/** All histories day by day beside each other. */
async function live(): Promise<readonly PlayedHistory[]> {
  const all = HISTORIES.map((history) => ({
    history,
    id: world.buy({ product: 'reel.basic.monthly' }).id,
    bodies: [] as Body[],
  }));
  let told = 0;
  for (let day = 0; day <= LAST_DAY; day += 1) {
    for (const { history, id } of all) history.days[day]?.(world, id);
    const news = sandbox.notifications.slice(told).map(({ of }) => of);
    told = sandbox.notifications.length;
    for (const { id, bodies } of all)
      if (news.includes(id) || day === LAST_DAY) {
        const body = await provider.fetch({ kind: 'subscription', id }, reading);
        if (body !== null) bodies.push(body);
      }
    if (day < LAST_DAY) world.advance(1);
  }
  return all;
}

const read = (id: string, body: Body | undefined): Facts =>
  provider.read({ kind: 'subscription', id }, body ?? null);

/** All that was ever signed of a purchase, in that order, with how the store says that it stands now. */
function mergeBodies(bodies: readonly Body[], last: Body): Body {
  const listAll = (name: 'transactions' | 'renewals') =>
    bodies.flatMap((body) => body[name] as readonly Body[]);
  return { ...last, transactions: listAll('transactions'), renewals: listAll('renewals') };
}

/** Every order of a list. */
function* orders<T>(list: readonly T[]): Generator<readonly T[]> {
  if (list.length < 2) return void (yield list);
  for (const [index, first] of list.entries())
    for (const rest of orders(list.toSpliced(index, 1))) yield [first, ...rest];
}

test('there are twenty histories and more, some with six answers and more', () => {
  expect(lived.length).toBeGreaterThanOrEqual(20);
  expect(lived.filter(({ bodies }) => bodies.length >= MOST).length).toBeGreaterThan(2);
});

describe.each(lived)('$history.name', ({ history, id, bodies }) => {
  const last = bodies.at(-1) ?? {};

  test('ends as it should', () => {
    const facts = read(id, last);
    const records = recordsOf([facts]);
    const [row] = records.subscriptions;
    const until = row && dunningStateOf(row, records).until;
    const day = until == null ? undefined : (until.getTime() - BEGINNING) / DAY;
    const ends = day === undefined || day <= LAST_DAY ? null : { plan: row?.plan, until: day };
    expect(ends).toEqual(history.ends);
  });

  test('every order of what was signed says the same', () => {
    const told = read(id, last);
    for (const order of orders(bodies.slice(-MOST))) expect(read(id, mergeBodies(order, last))).toEqual(told);
  });

  test('twice is once', () => {
    expect(read(id, mergeBodies([...bodies, ...bodies], last))).toEqual(read(id, last));
  });
});
