import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { remembererOf } from '../../products/memory/test/fixture.ts';
import { isHere, PATIENCE, visitConsole } from './visit.ts';

const EVIL = `<img src=x onerror="document.title='run'">`;

describe.runIf(isHere)('the pages of the memory', { timeout: 4 * PATIENCE }, async () => {
  if (!isHere) return;
  const visited = await visitConsole();
  const { page, openElsewhere, signInAs, customer, broken, faults, look, url, call } = visited;
  const owner = await customer('coditect.pro');
  const ada = remembererOf(visited, owner);
  const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true });
  const field = (name: string) => page.getByRole('textbox', { name });
  const select = (name: string) => page.getByRole('combobox', { name, exact: true });
  const open = (view: string) => page.goto(`${url}/app/products/coditect/memory?view=${view}`);
  const calm = async () => expect([...(await faults()), ...(await look())]).toEqual([]);

  test('a decision is written for all, written anew, and its versions are compared word by word', async () => {
    await signInAs(owner);
    await open('decisions');
    await page.getByText('None yet. They are drawn from sessions').waitFor();
    await calm();
    await button('Write a decision').click();
    await field('Title').fill(EVIL);
    await field('Why it was needed').fill('The import takes an hour.');
    await field('What was decided').fill('The file is read once, into a map.');
    await select('Who may read it').selectOption('the organization');
    await calm();
    await button('Save').click();
    await page.getByRole('heading', { name: EVIL }).waitFor();
    await button('Write another version').click();
    await field('What was decided').fill('The file is read twice, into a map.');
    await button('Save').click();
    await select('Compared with').selectOption('Version 1');
    await page.locator('ins', { hasText: 'twice' }).waitFor();
    expect(await page.locator('del').allInnerTexts()).toEqual([' once,']);
    await calm();
    const saved = page.waitForEvent('download');
    await button('Export as Markdown').click();
    expect(await readFile(await (await saved).path(), 'utf8')).toContain('The file is read twice');
    expect(await page.title()).not.toBe('run');
  });

  test('lists are narrowed by their readers, and a team is one of them', async () => {
    const { body: team } = await call(owner.key, `POST /v1/organizations/${owner.accountId}/teams`, {
      body: { name: 'Backend' },
    });
    await call(
      owner.key,
      `PUT /v1/organizations/${owner.accountId}/teams/${String(team['id'])}/members/${owner.userId}`,
      { body: {} },
    );
    await page.goto(`${url}/app/products/coditect/memory?view=decisions&level=private`);
    await page.getByText('Nothing is shown to these readers alone.').waitFor();
    await select('Who may read it').selectOption('the organization');
    await button(EVIL).click();
    await select('Who may read it').selectOption('the team Backend');
    await button('← Decisions').click();
    await select('Who may read it').selectOption('a team');
    await button(EVIL).waitFor();
    await page.getByRole('main').getByRole('link', { name: 'Teams' }).click();
    await page.getByRole('row', { name: /Backend/ }).waitFor();
  });

  test('a document of context is written, and its versions are compared line by line', async () => {
    await open('documents');
    await page.getByText('None yet. A document tells a model').waitFor();
    await button('Write a document').click();
    await field('Name').fill('glossary');
    await field('Text').fill('A seat is a lease.\nA lease ends by itself.');
    await button('Save').click();
    await page.getByRole('group', { name: 'Text' }).getByText('A lease ends by itself.').waitFor();
    await button('Write another version').click();
    await field('Text').fill('A seat is a lease.\nA lease ends after six minutes.');
    await calm();
    await button('Save').click();
    await select('Compared with').selectOption('1');
    await page.locator('ins', { hasText: '+ A lease ends after six minutes.' }).waitFor();
    await page.locator('del', { hasText: '− A lease ends by itself.' }).waitFor();
    await calm();
    await button('Delete the document').click();
    await button('Delete the document: press again').click();
    await page.getByText('None yet. A document tells a model').waitFor();
  });

  test('the graph is walked by its table and its drawing, and back by the browser', async () => {
    const [slow, fast] = [
      await ada.session('slow', { title: 'Slow' }),
      await ada.session('fast', { title: 'Fast' }),
    ];
    await ada.say(slow, { client_id: '1', text: 'src/import/users.ts is slow.' });
    await ada.say(fast, { client_id: '1', text: 'src/import/users.ts is fast now.' });
    await open('graph');
    await page.getByText('Begin with the name of a file').waitFor();
    await field('Name of a file').fill('src/none.ts');
    await button('Go to it').click();
    await page.getByText('There is no such session').waitFor();
    await field('Name of a file').fill('src/import/users.ts');
    await button('Go to it').click();
    await page.getByRole('heading', { name: 'src/import/users.ts' }).waitFor();
    await calm();
    await page.locator('svg g', { hasText: 'Slow' }).click();
    await page.getByRole('heading', { name: 'Slow' }).waitFor();
    await page
      .getByRole('row', { name: /file mentions/ })
      .getByRole('button')
      .press('Enter');
    await page.getByRole('heading', { name: 'src/import/users.ts' }).waitFor();
    await page
      .getByRole('row', { name: /session mentioned by Fast/ })
      .getByRole('button')
      .press('Enter');
    await page.getByRole('heading', { name: 'Fast' }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'src/import/users.ts' }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'Slow' }).waitFor();
    await button('Open').click();
    await page.getByRole('region', { name: 'Messages' }).getByText('is slow.').waitFor();
    await calm();
  });

  test('a session is exported as a file', async () => {
    const saved = page.waitForEvent('download');
    await button('Export as JSON').click();
    const text = await readFile(await (await saved).path(), 'utf8');
    expect(JSON.parse(text)).toMatchObject({ session: { title: 'Slow' } });
  });

  test('a plan without teams refuses a wider level, and says which plan has it', async () => {
    const starter = await customer('coditect.starter');
    await remembererOf(visited, starter).decide('once');
    const hers = await openElsewhere();
    await signInAs(starter, hers);
    await hers.goto(`${url}/app/products/coditect/memory?view=decisions`);
    await hers.getByRole('button', { name: 'On once' }).click();
    await hers.getByRole('combobox', { name: 'Who may read it' }).selectOption('the organization');
    await hers.getByRole('alert').waitFor();
    expect(await faults(hers)).toEqual([]);
  });

  test('break nothing', () => {
    expect(broken).toEqual([]);
  });
});
