import { statement } from '#platform/db';
import { describe, expect, test } from 'vitest';
import { isHere, PATIENCE, visitConsole } from './visit.ts';

const HTML = `<img src=x onerror="document.title='run'">`;
const MANY = 100_000;

describe.runIf(isHere)('the ledger', { timeout: 6 * PATIENCE }, async () => {
  if (!isHere) return;
  const { page, open, signIn, broken, faults, url, db, app, customer, call } = await visitConsole({
    work: false,
  });
  await signIn();
  const { accountId, userId } = await page.evaluate(async () => {
    const session = await fetch('/v1/auth/refresh', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'plinth-session': 'cookie' },
      body: '{}',
    });
    const { access_token: token } = (await session.json()) as { access_token: string };
    const me = await fetch('/v1/me', { headers: { authorization: `Bearer ${token}` } });
    const { id, default_account_id: account } = (await me.json()) as {
      id: string;
      default_account_id: string;
    };
    return { accountId: account, userId: id };
  });

  /** Rows without a charge: `voided`, so that no sum is made of them. */
  const addRows = (count: number, model: string, age = '01900000') =>
    db.asMigrator(
      statement(
        `insert into limits.usage_events (account_id, id, permit_id, attempt, fence, user_id, product, feature, provider, model, reserve, price_version, state, request_id, created_at)
         select $1, ($6 || '-' || lpad(to_hex(n / 65536), 4, '0') || '-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, gen_random_uuid(), 1, 1, $2,
           'gateway', $4, 'p', $3, 0, 'v', 'voided', 'r-' || n, app.now() - ($5::int + 1 - n) * interval '1 second'
         from generate_series(1, $5::int) n`,
        [accountId, userId, model, HTML, count, age],
      ),
    );

  test('says how its first call is made where there is none, and of an address that means nothing shows all', async () => {
    await page.goto(`${url}/app/ledger`);
    await page.getByText('No call yet.').waitFor();
    expect(await faults()).toEqual([]);
    await page.goto(`${url}/app/ledger?status=no&span=__proto__&key=x&from=2026-99-01&until=x`);
    await page.getByText('No call yet.').waitFor();
  });

  test('shows by itself what came since, without asking for older rows again', async () => {
    const tab = await open();
    await tab.clock.install();
    await tab.goto(`${url}/app/ledger`);
    await tab.getByText('No call yet.').waitFor();
    await addRows(3, 'came-later');
    await tab.clock.fastForward(11_000);
    await tab.getByText('came-later').first().waitFor();
    expect(await tab.getByText('came-later').count()).toBe(3);
    await tab.close();
    await db.asMigrator(statement('delete from limits.usage_events where account_id = $1', [accountId]));
  });

  test('opens a call that is not among the loaded rows, says why it was voided, and copies it', async () => {
    await addRows(MANY, 'the-model');
    await db.asMigrator(
      statement(
        `insert into limits.permits (account_id, id, user_id, product, feature, plan, units, reserve, state, holder, fence, slots, charges, due_at, request_id, reason)
         select account_id, permit_id, user_id, product, feature, 'gateway.scale', 1, 0, 'voided', gen_random_uuid(), 1, '{}', '[]', app.now(), request_id, 'provider_unavailable'
         from limits.usage_events where account_id = $1 and request_id = 'r-99'`,
        [accountId],
      ),
    );
    const [row] = await db.asMigrator(
      statement<{ id: string }>(
        `select id from limits.usage_events where account_id = $1 and request_id = 'r-99'`,
        [accountId],
      ),
    );
    await page.goto(`${url}/app/ledger?call=${row?.id}&model=no-such-model`);
    const opened = page.getByRole('complementary');
    await opened.getByText('It ended with the error provider_unavailable.').waitFor();
    expect(await opened.innerText()).toContain(HTML);
    expect(await page.title()).not.toBe('run');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const copied = async (name: string) => {
      await opened.getByRole('button', { name }).click();
      return page.evaluate<string>('navigator.clipboard.readText()');
    };
    expect(await copied('Copy as curl')).toMatch(/^curl http:\/\/[\d.:]+\/v1\/ai\/chat\/completions \\\n/);
    expect(await copied('Copy as SDK code')).toContain("plinth.call('POST /v1/ai/chat/completions', {");
    expect(await faults()).toEqual([]);
    await opened.getByRole('button', { name: 'Close' }).click();
    await opened.waitFor({ state: 'detached' });
  });

  test('shows nothing of a call of another account, nor of what is no id', async () => {
    const other = await customer('gateway.developer');
    const chat = { model: 'sandbox-small', messages: [{ role: 'user', content: 'Hello' }] };
    expect((await call(other.key, 'POST /v1/ai/chat/completions', { body: chat })).status).toBe(200);
    const { body } = await call(other.key, 'GET /v1/usage?limit=1');
    const [theirs] = body['events'] as { id: string; request_id: string }[];
    for (const id of [theirs?.id ?? '', 'nonsense', '../../admin/config', HTML]) {
      await page.goto(`${url}/app/ledger?call=${encodeURIComponent(id)}`);
      await page.getByText('This account has no such call.').waitFor();
      expect(await page.getByRole('complementary').innerText()).not.toContain(theirs?.request_id ?? '');
    }
  });

  test('scrolls through 100,000 rows, of which few are loaded and few are drawn', async () => {
    const asked: string[] = [];
    page.on('request', (request) => {
      if (/\/v1\/usage\?/.test(request.url())) asked.push(request.url());
    });
    await page.goto(`${url}/app/ledger`);
    await page.getByRole('row').nth(50).waitFor();
    expect(asked.length).toBeLessThanOrEqual(4);
    const rows = () => page.locator('tbody tr[aria-rowindex]');
    for (let steps = 0; steps < 6; steps += 1) {
      const before = asked.length;
      await page.evaluate('scrollTo(0, document.body.scrollHeight)');
      await expect.poll(() => asked.length, { timeout: PATIENCE }).toBeGreaterThan(before);
      await page.getByRole('button', { name: 'More' }).and(page.locator(':not([data-loading])')).waitFor();
    }
    await expect.poll(() => page.getByText('the-model').count()).toBeGreaterThan(10);
    expect(await rows().count()).toBeLessThanOrEqual(200);
    expect(Number(await page.locator('table').getAttribute('aria-rowcount'))).toBeGreaterThan(500);
    // The rows that are drawn are those in view.
    const seen = await page.evaluate<number>(
      `[...document.querySelectorAll('tbody tr[aria-rowindex]')].filter((row) => {
        const { top } = row.getBoundingClientRect();
        return top > 0 && top < innerHeight;
      }).length`,
    );
    expect(seen).toBeGreaterThan(15);
    // Forty steps of a wheel, a frame each.
    const took = await page.evaluate<number>(
      `new Promise((resolve) => {
        let frames = 0;
        const began = performance.now();
        const step = () => {
          scrollBy(0, -400);
          frames += 1;
          if (frames < 40) requestAnimationFrame(step);
          else resolve((performance.now() - began) / frames);
        };
        requestAnimationFrame(step);
      })`,
    );
    process.stdout.write(`a frame of scrolling takes ${took.toFixed(1)} ms\n`);
    expect(took).toBeLessThan(250);
  });

  test('is narrowed down by its filters, which its address says, and saved as CSV', async () => {
    await page.goto(`${url}/app/ledger?model=sandbox-small`);
    await page.getByText('No call fits.').waitFor();
    await page.goto(`${url}/app/ledger?model=the-model&span=day`);
    await page.getByRole('row').nth(20).waitFor();
    await page.getByRole('combobox', { name: 'Status' }).selectOption('posted');
    await page.getByText('No call fits.').waitFor();
    expect(page.url()).toContain('status=posted');
    await page.getByRole('combobox', { name: 'Status' }).selectOption('voided');
    await page.getByRole('row').nth(20).waitFor();
    await addRows(20, 'few', '01800000');
    await page.goto(`${url}/app/ledger?model=few&status=voided`);
    await page.getByRole('row').nth(20).waitFor();
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'As CSV' }).click(),
    ]);
    expect(file.suggestedFilename()).toBe('ledger.csv');
    const { readFile } = await import('node:fs/promises');
    const lines = (await readFile(await file.path(), 'utf8')).trimEnd().split('\r\n');
    expect([lines.length, lines[1]?.split(',')[7]]).toEqual([21, 'few']);
  });

  test('shows what limits denied, how much was used, when it begins anew, and what to do', async () => {
    await page.goto(`${url}/app/ledger?status=denied`);
    await page.getByText('No denial in this time.').waitFor();
    app.modules.denials.count(
      { accountId: accountId as never, product: 'gateway', feature: 'external', requestId: 'the-denied' },
      {
        limit: 'calls',
        of: 'quota',
        used: 10,
        max: 10,
        resetsAt: null,
        retryAfter: undefined,
        plan: 'gateway.developer',
      },
    );
    await app.modules.denials.write();
    await page.reload();
    const row = page.getByRole('row').last();
    await row.getByText('the-denied').waitFor();
    expect(await row.innerText()).toMatch(
      /external gateway\s+Calls a \w+\s+gateway\.developer\s+10 of 10\s+1\s+.*\s+See larger plans\s+the-denied/,
    );
    expect(await row.getByRole('link').getAttribute('href')).toBe('/app/plan');
    expect(await faults()).toEqual([]);
  });

  test('is summed up by day, in groups that are drawn over each other; each sum leads to its rows', async () => {
    await page.goto(`${url}/app/usage`);
    await page.getByText('Nothing was used in these days.').waitFor();
    expect(await page.locator('figure').count()).toBe(0);
    const mine = await customer();
    await db.asMigrator(
      statement(
        `insert into limits.usage_events (account_id, id, permit_id, attempt, fence, user_id, product, feature, provider, model, reserve, cost, charged, price_version, state, request_id, created_at)
         select $1, gen_random_uuid(), p.id, 1, 1, $2, 'gateway', $3, 'p', 'model-' || n % 8, 0, 1000 * n, 1000 * n, 'v', 'posted', 'sum-' || n, app.now()
         from generate_series(1, 40) n,
           lateral (select id from limits.permits where account_id = $1 limit 1) p`,
        [accountId, mine.userId, HTML],
      ),
    );
    await page.goto(`${url}/app/usage?by=nonsense&days=31&without=x`);
    await page.getByRole('figure', { name: /^Cost by day, the largest on .*: \$0\.\d+$/ }).waitFor();
    const sums = page.getByRole('region', { name: 'Sums' });
    expect(await sums.getByRole('row').count()).toBe(10);
    expect(await sums.getByRole('row').last().innerText()).toMatch(/Sum\s+40\s+0\s+\$0\.82\s+\$0\.82/);
    const legend = page.getByRole('list', { name: 'Leave out or show' });
    expect(await legend.getByRole('button').allInnerTexts()).toHaveLength(6);
    await legend.getByRole('button', { name: 'Others' }).click();
    await legend.getByRole('button', { name: 'Others', pressed: false }).waitFor();
    expect(await faults()).toEqual([]);
    await page.getByRole('combobox', { name: 'Grouped by' }).selectOption('feature');
    await sums.getByRole('link', { name: HTML }).click();
    await page.waitForURL(/app\/ledger\?/);
    await page.getByRole('row').nth(40).waitFor();
    expect(await page.getByRole('row').count()).toBe(41);
    expect(await page.title()).not.toBe('run');
  });

  test('breaks nothing on the way', () => {
    expect(broken).toEqual([]);
  });
});
