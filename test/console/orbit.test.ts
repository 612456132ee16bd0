import { Buffer } from 'node:buffer';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { type Colleague, withWorkspaces } from '../../products/orbit/test/fixture.ts';
import { isHere, PATIENCE, visitConsole } from './visit.ts';

const HTML = `<img src=x onerror="document.title='run'"> [here](javascript:alert(1))`;
const BRIEF = `# A new shop

The shop must deliver 200 products by 4 January 2027.

The total budget is $40,000.
`;

describe.runIf(isHere)('Orbit’s page of scopes', { timeout: 4 * PATIENCE }, async () => {
  if (!isHere) return;
  const visited = await visitConsole();
  const { page, openElsewhere, signInAs, broken, faults, look, url } = visited;
  const { member, admin, viewer, id: workspace } = await withWorkspaces(visited).workspace();
  const hers = await openElsewhere();
  const button = (name: string, on = page) => on.getByRole('button', { name, exact: true });
  const section = (name: string, on = page) => on.getByRole('region', { name, exact: true });
  const here = (on = page) => on.getByRole('status').filter({ hasText: /Here too|Nobody else/ });
  /** Signed in, at the scopes of the workspace. */
  async function enter({ by }: Colleague, at: Page, address = '/app/products/orbit/scopes') {
    await signInAs(by, at);
    await at.evaluate((chosen) => {
      (
        globalThis as unknown as {
          localStorage: Map<string, string> & { setItem(name: string, value: string): void };
        }
      ).localStorage.setItem('plinth.account', chosen);
    }, workspace);
    await at.goto(url + address);
  }

  test('makes a scope, brings in a document, and has its sections extracted, each with its place there', async () => {
    await enter(member, page);
    await page.getByText('No scope yet.').waitFor();
    await page.getByRole('textbox', { name: /^Title/ }).fill(HTML);
    await button('Create').click();
    await page.getByRole('heading', { name: HTML, level: 1 }).waitFor();
    await page.getByRole('tab', { name: 'Documents' }).click();
    await page.getByLabel('Upload a document').setInputFiles(fileOf('Notes.svg', '<svg/>'));
    await page.getByRole('alert').filter({ hasText: 'no type that is read' }).waitFor();
    await page.getByLabel('Upload a document').setInputFiles(fileOf('Brief.md', BRIEF));
    await page.getByRole('row', { name: /^Brief.md done 1/ }).waitFor();
    await page.getByLabel('Upload a document').setInputFiles(fileOf('Notes.pdf', BRIEF));
    await page.getByRole('row', { name: /^Notes.pdf failed .*declared/ }).waitFor();
    expect([...(await faults()), ...(await look())]).toEqual([]);
    await button('Extract sections').click();
    await page
      .getByRole('status')
      .filter({ hasText: /findings? in/ })
      .waitFor();
    await page.getByRole('tab', { name: 'Text' }).click();
    await section('Budget').getByRole('button', { name: 'Brief.md, page 1' }).first().click();
    await page.getByRole('complementary').getByText('Page 1 of 1').waitFor();
    expect(await page.locator('mark').innerText()).toContain('$40,000');
    expect([...(await faults()), ...(await look())]).toEqual([]);
    expect(await page.title()).not.toBe('run');
  });

  test('shows two people to each other, where one edits, and to the other what was saved', async () => {
    expect(await here().innerText()).toBe('Nobody else has it open.');
    await enter(admin, hers, new URL(page.url()).pathname + new URL(page.url()).search);
    await here(hers).filter({ hasText: member.by.email }).waitFor();
    await here().filter({ hasText: admin.by.email }).waitFor();
    await section('Budget', hers).getByRole('button', { name: 'Edit' }).click();
    await here()
      .filter({ hasText: `${admin.by.email} (edits Budget)` })
      .waitFor();
    await section('Budget', hers).getByRole('textbox', { name: 'Text' }).fill(`At most $41,000. ${HTML}`);
    await section('Budget').getByRole('button', { name: 'Edit' }).click();
    await section('Budget').getByRole('textbox', { name: 'Text' }).fill('Mine: $42,000.');
    await button('Save', hers).click();
    await section('Budget', hers).getByText(`At most $41,000. ${HTML}`).waitFor();
    const conflict = section('Budget').getByRole('alert');
    await conflict.getByText('What you typed is still here.').waitFor();
    await conflict.getByText(`At most $41,000. ${HTML}`).waitFor();
    expect(await section('Budget').getByRole('textbox', { name: 'Text' }).inputValue()).toBe(
      'Mine: $42,000.',
    );
    expect([...(await faults()), ...(await look())]).toEqual([]);
    await button('Save mine instead').click();
    await section('Budget', hers).getByText('Mine: $42,000.').waitFor();
    await here(hers).filter({ hasNotText: 'edits' }).waitFor();
  });

  test('tells of comments at once, also while the first answer is under way, and of somebody who leaves', async () => {
    await section('Budget').getByRole('button', { name: 'Comments' }).click();
    const mine = page.getByRole('complementary');
    await mine.getByRole('textbox', { name: 'What should others know?' }).fill(HTML);
    const empty = Promise.withResolvers<void>();
    const told = Promise.withResolvers<void>();
    await hers.route(
      /\/comments\?/,
      async (route) => {
        const response = await route.fetch();
        empty.resolve();
        await told.promise;
        await route.fulfill({ response });
      },
      { times: 1 },
    );
    await hers.getByRole('tab', { name: 'Comments' }).click();
    await empty.promise;
    const heard = hers.waitForRequest(/\/v1\/scopes\/[^/]+$/);
    await button('Comment').click();
    await heard;
    told.resolve();
    await hers.getByRole('textbox', { name: 'Your answer' }).fill('With all licences.');
    await button('Answer', hers).click();
    await mine.getByText('With all licences.').waitFor();
    await mine.getByRole('button', { name: 'Resolve' }).click();
    await hers.getByText('resolved').waitFor();
    expect(await faults(hers)).toEqual([]);
    await hers.close();
    await here().filter({ hasText: 'Nobody else' }).waitFor();
  });

  test('says that it hears nothing, asks again meanwhile, and hears again', async () => {
    await page.route(/\/events$/, (route) => route.fulfill({ status: 409, json: {} }));
    await page.goto(page.url());
    await page.getByText('Changes of others come late.').waitFor();
    const scope = new URL(page.url()).searchParams.get('scope') ?? '';
    await admin.post(`/v1/scopes/${scope}/sections`, { type: 'risks', title: 'Rain' });
    await section('Rain').waitFor();
    await page.unroute(/\/events$/);
    await here().waitFor();
  });

  test('shows a table of a section as cells', async () => {
    const scope = new URL(page.url()).searchParams.get('scope') ?? '';
    const table = '| Part | Price |\n| --- | --- |\n| Checkout | EUR 18,500 |';
    await admin.post(`/v1/scopes/${scope}/sections`, {
      type: 'budget',
      title: 'Prices',
      content: `${table}\n\nNet 30.`,
    });
    await section('Prices').getByRole('cell', { name: 'EUR 18,500', exact: true }).waitFor();
    expect(await section('Prices').getByRole('columnheader').allTextContents()).toEqual(['Part', 'Price']);
    await section('Prices').getByText('Net 30.', { exact: true }).waitFor();
  });

  test('exports, and offers a viewer nothing that is refused', async () => {
    await page.getByRole('tab', { name: 'Export' }).click();
    await page.getByRole('combobox', { name: 'Format' }).selectOption('Markdown');
    await button('Export').click();
    const loading = page.waitForEvent('download');
    await button('Download Markdown').click();
    expect((await loading).suggestedFilename()).toMatch(/\.md$/);
    expect(await faults()).toEqual([]);
    const theirs = await openElsewhere();
    await enter(viewer, theirs, new URL(page.url()).pathname + new URL(page.url()).search);
    await button('Download Markdown', theirs).waitFor();
    await theirs.getByRole('tab', { name: 'Text' }).click();
    await section('Budget', theirs).waitFor();
    for (const name of ['Edit', 'Add', 'Export', 'Comment'])
      expect(await button(name, theirs).count()).toBe(0);
  });

  test('breaks nothing', () => {
    expect(broken).toEqual([]);
  });
});

const fileOf = (name: string, text: string) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });
