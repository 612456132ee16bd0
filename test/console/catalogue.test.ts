import { commitPoint, statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { describe, expect, test } from 'vitest';
import { isHere, PATIENCE, visitConsole } from './visit.ts';

const BOUGHT = commitPoint('test.catalogue', 'a purchase of a test');

const FILE = `# What is sold.
products:
  notes:
    name: Notes
    limits:
      summaries: quota per month # of a person's month
      images: credits per month
    features:
      summarize: { consumes: [summaries] }
    plans:
      free: { price: free, grants: { summaries: 20, images: 0 } }
      pro:
        price: { monthly: 9.90, yearly: 99 }
        grants: { summaries: 1_000, images: 5 }
      team: { price: 20, per_seat: [summaries], grants: { summaries: 2000, images: 9 } }
    add_ons:
      ten: { price: 3, credits: 10, limit: images, months: 12 }
    default_plan: free
`;

describe.runIf(isHere)('an operator who changes plans', { timeout: 4 * PATIENCE }, async () => {
  if (!isHere) return;
  const { page, signIn, broken, faults, look, overflow, unreached, url, api, app, customer } =
    await visitConsole();
  const put = (document: string) => api('PUT /v1/admin/plans', { document });
  const draft = () => api('GET /v1/admin/plans/draft');
  const field = (name: string) => page.getByLabel(name, { exact: true });
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const type = async (name: string, value: string) => {
    await field(name).fill(value);
    await field(name).press('Enter');
  };
  await put(FILE);
  await signIn();

  test('sees the values of the file as tables, and each mistake at its field', async () => {
    await page.getByRole('link', { name: 'Operator', exact: true }).click();
    await page.getByRole('link', { name: 'Catalogue', exact: true }).click();
    await page.getByText('Nothing: these plans are in effect.').waitFor();
    expect(await field('pro price.monthly').inputValue()).toBe('9.90');
    expect(await field('pro grants.summaries').inputValue()).toBe('1_000');
    expect(await field('team per_seat').inputValue()).toBe('summaries');
    expect([...(await faults()), ...(await look()), ...(await unreached())]).toEqual([]);
    await page.setViewportSize({ width: 390, height: 900 });
    expect(await overflow()).toBe(0);
    await page.setViewportSize({ width: 1_440, height: 900 });
    await type('pro grants.summaries', 'many');
    const cell = page.getByRole('cell').filter({ has: field('pro grants.summaries') });
    await cell.getByText(/summaries must be/).waitFor();
    expect([...(await faults()), ...(await look())]).toEqual([]);
    expect(await button('Put into effect').count()).toBe(0);
  });

  test('keeps a draft, sees in words what it changes, and puts it into effect by one confirmation', async () => {
    await type('pro grants.summaries', '800');
    await type('pro price.monthly', '11.90');
    await type('free price.yearly', '0');
    await type('free price.yearly', '');
    await type('team trial_days', '14');
    await type('team per_seat', 'summaries, images');
    await type('ten credits', '12');
    const changes = page.getByRole('region', { name: 'What would change' });
    await changes.getByText('notes plans.pro.price.monthly: $9.90 -> $11.90').waitFor();
    await changes.getByText('notes plans.pro.grants.summaries: 1000 -> 800').waitFor();
    await changes.getByText('notes.pro: 0 accounts').waitFor();
    await button('Keep as a draft').click();
    await button('Discard the draft').waitFor();
    const kept = String((await draft())['document']);
    for (const part of [
      '# What is sold.',
      "# of a person's month",
      'monthly: 11.90',
      'per_seat: [ summaries, images ]',
    ])
      expect(kept).toContain(part);
    await page.reload();
    await expect.poll(() => field('team trial_days').inputValue()).toBe('14');
    await button('Put into effect').click();
    await button('Put into effect: press again').click();
    await page.getByText('version 2 of the plans file is in effect').waitFor();
    expect(await api('GET /v1/admin/plans')).toMatchObject({ version: 2, document: kept });
    expect(await draft()).toMatchObject({ version: 0, document: null });
    const { data } = (await api('GET /v1/admin/audit?action=plans')) as {
      readonly data: readonly { readonly action: string }[];
    };
    expect(data.map(({ action }) => action)).toEqual(['plans.changed', 'plans.drafted', 'plans.changed']);
  });

  test('is told of another operator’s draft, and does not write over it', async () => {
    await type('pro name', 'Mine');
    await api('PUT /v1/admin/plans/draft', { document: FILE, base: 2 });
    await button('Keep as a draft').click();
    await page.getByText('Another operator has changed the draft or the plans').waitFor();
    expect(await draft()).toMatchObject({ document: FILE });
    await button('Take over the new ones').click();
    await expect.poll(() => field('pro name').inputValue()).toBe('');
    await button('Discard the draft').click();
    await button('Discard the draft: press again').click();
    await expect.poll(() => field('pro price.monthly').inputValue()).toBe('11.90');
  });

  test('writes what has no field into the text of the file, whose mistakes are told by their line', async () => {
    await page.getByRole('tab', { name: 'Text of the file' }).click();
    const text = page.getByRole('textbox', { name: 'Text of the file' });
    await text.fill('products:\n  notes: { plans: [');
    await page
      .getByText(/line 2, column \d+: A { or \[ is not closed/)
      .first()
      .waitFor();
    await page.getByRole('tab', { name: 'Form' }).click();
    await text.fill(FILE.replace('free: { price', 'basic: { price'));
    await page
      .getByText(/default_plan|default plan/)
      .first()
      .waitFor();
    expect([...(await faults()), ...(await look())]).toEqual([]);
    await page.goto(`${url}/app/catalogue`);
    await field('pro name').waitFor();
  });

  test('sees who keeps former terms, tells and moves them, and ends the move', async () => {
    const { db, entitlements } = app.modules;
    const { accountId } = await customer();
    const grant = { accountId, product: 'notes', plan: 'pro', source: 'import', cause: 'a test' } as const;
    await db.system('admin.grants', BOUGHT, (tx) =>
      entitlements.grantIn(tx, { ...grant, by: { kind: 'system' } }),
    );
    await put(FILE.replace('1_000', '900'));
    await page.reload();
    const sold = page.getByRole('region', { name: 'Terms at which plans were sold' });
    await sold.getByText('summaries: 800 -> 900').waitFor();
    await field('Days of notice').fill('many');
    await sold.getByText('A whole number from 0 to 365').waitFor();
    expect([...(await faults()), ...(await look())]).toEqual([]);
    await field('Days of notice').fill('14');
    await sold.getByText(/^Accounts: 1\. Their owners and admins are told/).waitFor();
    await button('Tell and move customers of notes.pro').click();
    await button('Tell and move customers of notes.pro: press again').click();
    const moves = page.getByRole('region', { name: 'Moves' });
    await moves.getByText('1 → 2').waitFor();
    await moves.getByText(/^(mails go out|waiting)$/).waitFor();
    await page.setViewportSize({ width: 390, height: 900 });
    expect(await overflow()).toBe(0);
    await page.setViewportSize({ width: 1_440, height: 900 });
    expect([...(await faults()), ...(await look()), ...(await unreached())]).toEqual([]);
    await moves.getByRole('button', { name: 'End', exact: true }).click();
    await moves.getByRole('button', { name: 'End: press again' }).click();
    await moves.getByText('ended', { exact: true }).waitFor();
    expect(await api('GET /v1/admin/plans/moves')).toMatchObject({
      moves: [{ plan: 'notes.pro', from: [1], to: 2, at: 'renewal', state: 'revoked' }],
    });
  });

  test('moves a plan under a customer who goes on calling, and is refused nothing', async () => {
    const { db, entitlements, services } = app.modules;
    const mover = await api('PUT /v1/customers/mover', { name: 'Mover' });
    const accountId = String(mover['account_id']) as AccountId;
    const grant = { accountId, product: 'notes', plan: 'pro', source: 'import', cause: 'a test' } as const;
    await db.system('admin.grants', BOUGHT, (tx) =>
      entitlements.grantIn(tx, { ...grant, by: { kind: 'system' } }),
    );
    const size = async () =>
      (await entitlements.current(accountId)).find(({ product }) => product === 'notes')?.grants['summaries'];
    let calls = 0;
    const call = async () => {
      calls += 1;
      const headers = { 'idempotency-key': `moved-${calls}`, 'x-customer-id': 'mover' };
      await api('POST /v1/permits', { product: 'notes', feature: 'summarize' }, headers);
    };
    await call();
    await put(FILE.replace('1_000', '700'));
    await call();
    await page.reload();
    await page.getByLabel('They pass').selectOption('now');
    await field('Days of notice').fill('0');
    await button('Tell and move customers of notes.pro').click();
    await button('Tell and move customers of notes.pro: press again').click();
    const moves = page.getByRole('region', { name: 'Moves' });
    await moves.getByText('1, 2 → 3').waitFor();
    await Promise.all([services.plans.moves.run(), ...Array.from({ length: 50 }, call)]);
    // The worker may have had the move: it ends it by itself.
    await expect.poll(size).toBe(700);
    await page.reload();
    await moves.getByRole('row').filter({ hasText: '1, 2 → 3' }).getByText('done').waitFor();
    const used = statement<{ uses: number }>(
      `select count(*)::int as uses from limits.permits where account_id = $1 and product = 'notes'`,
      [accountId],
    );
    expect(await db.asMigrator(used)).toEqual([{ uses: calls }]);
    expect([...(await faults()), ...(await look())]).toEqual([]);
  });

  test('breaks nothing on the way', () => {
    expect(broken).toEqual([]);
  });
});
