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
  const scopeOpen = () => new URL(page.url()).searchParams.get('scope') ?? '';
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
    await section('Budget', hers).getByText('At most $41,000. here', { exact: true }).waitFor();
    expect(await section('Budget', hers).locator('img, a').count()).toBe(0);
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
    await admin.post(`/v1/scopes/${scopeOpen()}/sections`, { type: 'risks', title: 'Rain' });
    await section('Rain').waitFor();
    await page.unroute(/\/events$/);
    await here().waitFor();
  });

  test('shows a table of a section as cells', async () => {
    const table = '| Part | Price |\n| --- | --- |\n| Checkout | EUR 18,500 |';
    await admin.post(`/v1/scopes/${scopeOpen()}/sections`, {
      type: 'budget',
      title: 'Prices',
      content: `${table}\n\nNet 30.`,
    });
    await section('Prices').getByRole('cell', { name: 'EUR 18,500', exact: true }).waitFor();
    expect(await section('Prices').getByRole('columnheader').allTextContents()).toEqual(['Part', 'Price']);
    await section('Prices').getByText('Net 30.', { exact: true }).waitFor();
  });

  test('draws Markdown as it prints', async () => {
    const content = '# Drawn\n\n## Terms\n\n- **Net** 30\n- ~~Net 60~~\n\n> Quoted.';
    await admin.post(`/v1/scopes/${scopeOpen()}/sections`, { type: 'other', title: 'Drawn', content });
    await section('Drawn').getByRole('heading', { name: 'Terms', level: 3 }).waitFor();
    expect(await section('Drawn').getByRole('listitem').allInnerTexts()).toEqual(['Net 30', 'Net 60']);
    await section('Drawn').locator('strong', { hasText: 'Net' }).waitFor();
    await section('Drawn').getByRole('blockquote').waitFor();
  });

  test('moves sections by the keyboard, the focus staying, and deletes one at the second press', async () => {
    const titles = () => page.locator('section.prose h2').allInnerTexts();
    const before = await titles();
    const down = section(before[0] ?? '').getByRole('button', { name: 'Move down' });
    await down.focus();
    await page.keyboard.press('Enter');
    const moved = [before[1], before[0], ...before.slice(2)];
    await expect.poll(titles, { timeout: PATIENCE }).toEqual(moved);
    expect(await down.evaluate((one) => one.matches(':focus'))).toBe(true);
    await section('Drawn').getByRole('button', { name: 'Delete' }).click();
    await section('Drawn').getByRole('button', { name: 'Delete: press again' }).click();
    await expect.poll(titles, { timeout: PATIENCE }).toEqual(moved.filter((one) => one !== 'Drawn'));
    expect([...(await faults()), ...(await look())]).toEqual([]);
  });

  test('takes a suggestion of a model into a section, and puts the others away', async () => {
    const rain = section('Rain');
    await rain.getByRole('button', { name: 'Suggest' }).click();
    const suggested = rain.getByRole('group');
    await suggested.first().waitFor();
    const one = suggested.filter({ has: page.getByRole('button', { name: 'Accept' }) }).first();
    const text = await one.locator('p').nth(1).innerText();
    await one.getByRole('button', { name: 'Accept' }).click();
    await rain.locator(':scope > p').filter({ hasText: text }).waitFor();
    expect([...(await faults()), ...(await look())]).toEqual([]);
    for (let left = await suggested.count(); left > 0; left -= 1) {
      await suggested.first().getByRole('button', { name: 'Discard' }).click();
      await expect.poll(() => suggested.count(), { timeout: PATIENCE }).toBe(left - 1);
    }
  });

  test('says why a model is not asked, where the workspace forbids it', async () => {
    const path = `/v1/workspaces/${workspace}`;
    await admin.patch(path, { privacy: 'no_models' });
    await section('Rain').getByRole('button', { name: 'Suggest' }).click();
    await section('Rain').getByRole('alert').filter({ hasText: 'forbids model calls' }).waitFor();
    await admin.patch(path, { privacy: 'standard' });
  });

  test('has a scope analyzed, once in a version, and leads from a finding to its section', async () => {
    await page.getByRole('tab', { name: 'Analysis' }).click();
    await page.getByText('No analysis yet.').waitFor();
    await button('Analyze').click();
    await page.getByText('This version is analyzed.').waitFor();
    expect(await button('Analyze').isDisabled()).toBe(true);
    await page.getByRole('row').nth(1).waitFor();
    expect([...(await faults()), ...(await look())]).toEqual([]);
  });

  test('makes a template of a scope, and applies it to another one', async () => {
    await admin.post('/v1/templates', {
      name: 'A shop',
      sections: [{ type: 'exclusions', title: 'Not included', content: 'Photos of *products*.' }],
    });
    await page.getByRole('tab', { name: 'Templates' }).click();
    await button('A shop').click();
    await page.getByRole('complementary').getByText('Photos of products.').waitFor();
    await page.getByRole('combobox', { name: 'How it is applied' }).selectOption('Replace');
    await button('Apply').waitFor();
    await page.getByRole('combobox', { name: 'How it is applied' }).selectOption('Append');
    expect([...(await faults()), ...(await look())]).toEqual([]);
    await button('Apply').click();
    await section('Not included').locator('em', { hasText: 'products' }).waitFor();
  });

  test('has an admin make a template of a scope, and delete it', async () => {
    const theirs = await openElsewhere();
    await enter(admin, theirs, `${new URL(page.url()).pathname}?scope=${scopeOpen()}&view=templates`);
    await theirs.getByRole('textbox', { name: 'Name of the template' }).fill('From here');
    await button('Save as template', theirs).click();
    await button('From here', theirs).click();
    await theirs.getByRole('button', { name: 'Delete template' }).click();
    await theirs.getByRole('button', { name: 'Delete template: press again' }).click();
    await button('From here', theirs).waitFor({ state: 'detached' });
    await theirs.close();
  });

  test('says which contradictions are open before a scope is approved, and ends with one that is sent', async () => {
    const content = '> **Conflict: Total budget.** The documents say $1 and $2. Decide which one holds.';
    await admin.post(`/v1/scopes/${scopeOpen()}/sections`, { type: 'other', title: 'Unclear', content });
    // Its status is changed by the version that the page has.
    await section('Unclear').waitFor();
    await button('Send to review').click();
    await button('Approve').click();
    const conflicts = page.getByRole('alert').filter({ hasText: 'contradict each other' });
    await conflicts.getByRole('button', { name: 'Unclear: Total budget' }).click();
    expect([...(await faults()), ...(await look())]).toEqual([]);
    await conflicts.getByRole('button', { name: 'Approve nevertheless' }).click();
    await page.getByText('approved', { exact: true }).waitFor();
    await section('Unclear').getByRole('button', { name: 'Delete' }).click();
    await section('Unclear').getByRole('button', { name: 'Delete: press again' }).click();
    await section('Unclear').waitFor({ state: 'detached' });
    await button('Mark as sent').click();
    await page.getByText('Its text stays as it was sent or archived.').waitFor();
    expect(await section('Budget').getByRole('button', { name: 'Edit' }).count()).toBe(0);
    await button('Back to draft').click();
    await section('Budget').getByRole('button', { name: 'Edit' }).waitFor();
  });

  test('keeps a scope among the favourites of its reader, and in a project', async () => {
    await button('Add to favourites').click();
    await button('Remove from favourites').waitFor();
    await button('← Scopes').click();
    await page.getByRole('tab', { name: 'Favourites' }).click();
    await button(HTML).waitFor();
    await page.getByRole('tab', { name: 'Projects' }).click();
    await page.getByText('No project yet.').waitFor();
    await page.getByRole('textbox', { name: 'Name of the project' }).fill('Relaunch');
    await page.getByRole('textbox', { name: 'Client' }).fill('Acme');
    await button('Create project').click();
    await section('Relaunch · Acme').getByText('No scope yet.').waitFor();
    await page.getByRole('tab', { name: 'All' }).click();
    await button(HTML).click();
    await page.getByRole('combobox', { name: 'Project' }).selectOption('Relaunch');
    await button('← Scopes').click();
    await page.getByRole('tab', { name: 'Projects' }).click();
    await section('Relaunch · Acme').getByRole('button', { name: HTML }).waitFor();
    expect([...(await faults()), ...(await look())]).toEqual([]);
    await page.getByText('Manage Relaunch').click();
    await section('Relaunch · Acme').getByRole('button', { name: 'Archive' }).click();
    await button('Archived projects').click();
    await section('Relaunch · Acme').getByRole('button', { name: HTML }).click();
  });

  test('leads a person to a workspace by the first steps, each taken or skipped', async () => {
    const theirs = await openElsewhere();
    await signInAs(await visited.person(), theirs);
    await theirs.goto(`${url}/app/products/orbit/scopes`);
    await theirs.getByRole('textbox', { name: 'Name of the workspace' }).fill('Studio');
    await button('Make it', theirs).click();
    const steps = theirs.getByRole('region', { name: 'First steps in Orbit' });
    await steps.getByRole('textbox', { name: 'Email addresses, by commas' }).waitFor();
    expect(await faults(theirs)).toEqual([]);
    await button('Skip', theirs).click();
    await steps.getByRole('textbox', { name: 'Goals, by commas' }).fill('Faster scopes, fewer surprises');
    await button('Save', theirs).click();
    await button('Continue', theirs).click();
    await steps.waitFor({ state: 'detached' });
    await theirs.getByText('No scope yet.').waitFor();
    await theirs.close();
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
