import type { AddressInfo } from 'node:net';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, expect, test } from 'vitest';
import { createNotes } from '../../../docs/examples/vault/server.ts';
import { testApp } from '@plinth/testkit/services/app';
import { browserHere } from '@plinth/testkit/services/browser';

const program = browserHere();

const PATIENCE = { timeout: 120_000 };

/** A window of its own: no other has its store. */
async function openWindow(browser: Browser, url: string, key: string) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(url);
  await page.fill('[name=key]', key);
  await page.fill('[name=passphrase]', 'the passphrase of both windows');
  await page.getByText('Unlock').click();
  await page.getByText('Add a note').waitFor(PATIENCE);
  return { context, page };
}

const texts = (page: Page) =>
  page
    .locator('textarea')
    .evaluateAll((all) =>
      all.map((one) => ('value' in one ? one.value : '')).toSorted((a, b) => a.localeCompare(b)),
    );

async function write(page: Page, text: string): Promise<void> {
  await page.locator('textarea').first().fill(text);
  await page.locator('textarea').first().blur();
}

test.runIf(program !== undefined)(
  'notes of two windows keep in step, and beside each stands what the server has of it',
  async () => {
    if (program === undefined) return;
    const app = await testApp({ settings: { CORS_ORIGINS: 'http://127.0.0.1:*' } });
    const { key } = await app.person('adiuva.team');
    const notes = createNotes(app.url).listen(0, '127.0.0.1');
    afterAll(() => void notes.close());
    const browser = await chromium.launch({ executablePath: program, timeout: 120_000 });
    afterAll(() => browser.close());
    const url = `http://127.0.0.1:${(notes.address() as AddressInfo).port}/`;
    const one = await openWindow(browser, url, key);
    expect(await one.page.locator('#says').innerText()).toMatch(/recovery key.*(\w{4}-){13}\w{4}$/);
    const other = await openWindow(browser, url, key);

    await one.page.getByText('Add a note').click();
    await write(one.page, 'bread and milk');
    await expect.poll(() => texts(other.page), PATIENCE).toEqual(['bread and milk']);
    const record = (await app.call(key, 'GET /v1/storage/records?table=notes')).body['0'] as { id: string };
    const answer = await fetch(`${app.url}/v1/storage/records/${record.id}`, {
      headers: { authorization: `Bearer ${key}` },
    });
    const bytes = Buffer.from(await answer.arrayBuffer());
    await expect
      .poll(() => other.page.locator('code').allInnerTexts(), PATIENCE)
      .toEqual([bytes.toString('hex')]);
    expect(bytes.includes('bread')).toBe(false);

    await other.context.setOffline(true);
    await write(other.page, 'bread, milk and tea');
    await write(one.page, 'bread alone');
    await expect
      .poll(() => one.page.locator('code').allInnerTexts(), PATIENCE)
      .not.toEqual([bytes.toString('hex')]);
    await other.context.setOffline(false);
    for (const { page } of [one, other]) {
      await expect.poll(() => texts(page), PATIENCE).toEqual(['bread alone', 'bread, milk and tea']);
      await page.getByText('Written elsewhere at the same time').waitFor(PATIENCE);
    }
  },
);
