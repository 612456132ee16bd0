import { expect, test } from 'vitest';
import { createAudit } from '#platform/audit';
import { commitPoint, statement } from '#platform/db';
import { type AccountId, createIds, systemClock, systemRandom } from '#platform/kernel';
import { createSecrets, newMasterKey } from '#platform/secrets';
import { createWebhooks } from '#platform/webhooks';
import { advanceTo } from '@plinth/testkit/factories';
import { denialOf, openLimits, permitOf, request, tally } from '@plinth/testkit/fixtures/limits';
import { testDatabase } from '@plinth/testkit/services';
import { type AddOnPurchase, createPackBook, limitExceeded } from '../index.ts';

const { db } = await testDatabase();
const BOOKED = commitPoint('test.limits.packs', 'packs that a test books');
const fixture = await openLimits(db, {
  limits: { coins: { kind: 'credits', per: 'month', by: 'account' } },
  plans: { only: { coins: 10 } },
});
const sold = (credits: number, months: number) => ({
  name: 'A pack',
  price: { currency: 'usd', once: 100 },
  limit: 'coins',
  credits,
  months,
});
const addOns = { short: sold(60, 1), long: sold(100, 12), small: sold(20, 12) };
const ids = createIds({ clock: systemClock, random: systemRandom });
const audit = createAudit({ ids });
const secrets = createSecrets({ keys: [newMasterKey(systemRandom)] });
const webhooks = createWebhooks({ db, ids, random: systemRandom, secrets, audit, allowLoopback: false });
const letters: (readonly [string, unknown])[] = [];
const mail = {
  sending({ template, facts }: { readonly template: unknown; readonly facts: unknown }) {
    letters.push([String(template), facts]);
    return [];
  },
};
const book = createPackBook({
  catalogues: new Map([['demo', { ...fixture.catalogue, addOns }]]),
  audit,
  webhooks,
  mail,
});

const at = (time: string) => advanceTo(db, time);
const bought = (addOn: keyof typeof addOns, paidAt: string, gone = 0): AddOnPurchase => ({
  externalId: `line of ${addOn} ${paidAt}`,
  product: 'demo',
  addOn,
  quantity: 1,
  paidAt: new Date(paidAt),
  total: 100,
  gone,
});
const books = (accountId: AccountId, purchases: readonly AddOnPurchase[]) =>
  db.system('billing.inbox', BOOKED, (tx) => book(tx, { accountId, provider: 'stripe', purchases }));
const left = async (accountId: AccountId) =>
  (await fixture.limits.usage(accountId))[0]?.grants?.map(
    ({ source, remaining, amount }) => `${source} ${remaining}/${amount}`,
  );
const balance = async (accountId: AccountId) => (await fixture.limits.usage(accountId))[0]?.balance;

test('a pack is added once, ends months after it was paid, and is used after what was given and ends with it', async () => {
  await at('2041-01-31T10:00:00Z');
  const member = await fixture.member();
  const { accountId } = member;
  const packs = [bought('short', '2041-01-31T10:00:00Z'), bought('long', '2041-01-31T10:00:00Z')];
  await Promise.all([books(accountId, packs), books(accountId, packs)]);
  await books(accountId, packs);
  expect(await left(accountId)).toEqual(['plan 10/10', 'top_up 60/60', 'top_up 100/100']);
  // In February the plan's end with March, and the pack at the same hour of the last day of February.
  await at('2041-02-01T00:00:00Z');
  permitOf(await fixture.admit(member, { units: 65 }));
  expect(await left(accountId)).toEqual(['plan 5/10', 'top_up 100/100']);
  const told = await db.asMigrator(
    statement<{ type: string }>('select type from webhooks.events where account_id = $1', [accountId]),
  );
  expect(told).toEqual([{ type: 'credits.granted' }, { type: 'credits.granted' }]);
});

test('of those that end together what was given is used before what was bought', async () => {
  await at('2041-03-31T00:00:00Z');
  const member = await fixture.member();
  // It ends when the credits of March do.
  await books(member.accountId, [bought('short', '2041-03-01T00:00:00Z')]);
  permitOf(await fixture.admit(member, { units: 8 }));
  expect(await left(member.accountId)).toEqual(['plan 2/10', 'top_up 60/60']);
});

test('money that went back takes the same part of the units: those that were used are owed, block calls, and are paid by the next', async () => {
  await at('2041-05-10T00:00:00Z');
  const member = await fixture.member();
  const { accountId } = member;
  const pack = (gone: number) => [bought('long', '2041-05-10T00:00:00Z', gone)];
  await books(accountId, pack(0));
  const permit = permitOf(await fixture.admit(member, { units: 90 }));
  letters.length = 0;
  await books(accountId, pack(15));
  expect(await left(accountId)).toEqual(['top_up 5/85']);
  await books(accountId, pack(100));
  await books(accountId, pack(100));
  expect(await left(accountId)).toEqual(['top_up -80/0']);
  expect(letters).toMatchObject([
    ['credits_taken_back', { taken: '15', amount: '100', next: '5 of the pack are left.' }],
    ['credits_taken_back', { taken: '100', next: expect.stringMatching(/^80 of them were used before/) }],
  ]);
  // The next month's credits leave 70 owed, so that no date is told.
  const denial = denialOf(await fixture.admit(member));
  expect(denial).toMatchObject({ limit: 'coins', used: 90, max: 10, resetsAt: null });
  expect(limitExceeded(denial, null).message).toBe(
    'The limit coins is used up, and 80 are owed for credits that were refunded.',
  );
  // Ten of the next month pay for ten of them.
  await at('2041-06-01T00:00:00Z');
  expect(await balance(accountId)).toBe(-70);
  expect(tally([await fixture.admit(member)])).toEqual({ denied: 1 });
  expect(await left(accountId)).toEqual(['top_up -70/0']);
  // A pack that is bought pays for the rest, and what is left of it is there.
  const more = bought('long', '2041-06-01T00:00:00Z');
  await books(accountId, [...pack(100), more]);
  permitOf(await fixture.admit(member, { units: 30 }));
  expect(tally([await fixture.admit(member)])).toEqual({ denied: 1 });
  // A dispute that is won gives them back to where they came from, and so does work that failed.
  await books(accountId, [...pack(0), more]);
  expect(await balance(accountId)).toBe(100);
  await permit.release('failed');
  expect(await balance(accountId)).toBe(180);
});

test('what is owed does not end with the pack; what is left of a purchase that is gone does', async () => {
  await at('2041-07-01T00:00:00Z');
  const member = await fixture.member();
  const { accountId } = member;
  const pack = bought('short', '2041-07-01T00:00:00Z');
  await books(accountId, [pack]);
  permitOf(await fixture.admit(member, { units: 50 }));
  await at('2041-09-01T00:00:00Z');
  await books(accountId, [{ ...pack, gone: 100 }]);
  // The plan has 10 in September: 40 of the pack were used, of July's own 10 each.
  expect(await balance(accountId)).toBe(-30);
  await books(accountId, []);
  expect(await left(accountId)).toEqual(['top_up -40/0', 'plan 10/10']);
  const other = await fixture.member();
  await books(other.accountId, [pack]);
  await books(other.accountId, []);
  expect(await balance(other.accountId)).toBe(10);
});

test('200 callers of two processes draw soonest expiry first while a pack ends: nothing over, nothing lost', async () => {
  await at('2041-10-15T00:00:00Z');
  const other = await fixture.another();
  const member = await fixture.member();
  const { accountId } = member;
  await books(accountId, [
    bought('short', '2041-09-15T00:01:00Z'),
    bought('long', '2041-10-01T00:00:00Z'),
    bought('small', '2041-10-02T00:00:00Z'),
  ]);
  const ask = (many: number) =>
    Array.from({ length: many }, (_, i) => (i % 2 === 0 ? fixture : other).limits.admit(request(member)));
  const early = ask(40);
  await Promise.race(early);
  const all = await Promise.all([...early, at('2041-10-15T00:01:00Z'), ...ask(160)]);
  const rows = await db.asMigrator(
    statement<{ drawn: number; expired: number; early: boolean }>(
      `select (c.amount - c.remaining)::int as drawn, case when c.expires_at <= app.now() then c.remaining::int else 0 end as expired,
         not exists (select from limits.permits p, jsonb_array_elements(p.charges) charge
           where p.account_id = c.account_id and charge->>0 = c.id::text and p.created_at >= c.expires_at) as early
       from limits.credits c where account_id = $1`,
      [accountId],
    ),
  );
  const sum = (of: 'drawn' | 'expired') => rows.reduce((total, row) => total + row[of], 0);
  const permits = all.filter((one) => one?.kind === 'permit').length;
  expect(rows.every(({ early: isEarly }) => isEarly)).toBe(true);
  expect(sum('drawn')).toBe(permits);
  expect(permits).toBe(Math.min(200, 190 - sum('expired')));
});
