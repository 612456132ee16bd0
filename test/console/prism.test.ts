import { describe, expect, test } from 'vitest';
import { atEndOfFile } from '@plinth/testkit/closing';
import { createStripeSandbox } from '#sandbox/stripe';
import { isHere, PATIENCE, visitConsole } from './visit.ts';

const CRISIS = 'I want to kill myself.';

describe.runIf(isHere)('Prism’s pages', { timeout: 4 * PATIENCE }, async () => {
  if (!isHere) return;
  const stripe = await createStripeSandbox();
  atEndOfFile(() => stripe.close());
  const { page, signInAs, broken, faults, look, overflow, unreached, url, api, call, person } =
    await visitConsole({
      stripe,
    });
  const ada = await person();
  await signInAs(ada);
  const at = (name: string) => page.goto(`${url}/app/products/prism/${name}`);
  const write = (field: string, text: string) => page.getByRole('textbox', { name: field }).fill(text);
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
  const helplines = page.getByRole('alert', { name: 'People you can talk to' });
  const used = async () => {
    const { body } = await call(ada.key, 'GET /v1/usage?product=prism');
    const limits = body['data'] as readonly { readonly limit: string; readonly used: number }[];
    return limits.find(({ limit }) => limit === 'turns')?.used;
  };
  /** The page as it is, in light and dark, and on a phone. */
  const expectSound = async () => {
    expect([...(await look()), ...(await faults())]).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await overflow()).toBe(0);
    expect([...(await look()), ...(await faults())]).toEqual([]);
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 1_440, height: 900 });
  };
  test('a message of the mirror is answered as it is written, and the session is closed with a summary', async () => {
    await page.getByRole('link', { name: 'Prism', exact: true }).click();
    await page.getByText('No session yet.').waitFor();
    await write('What is it about?', 'Before <b>the move</b>');
    await press('Begin a session');
    await page.getByText('Write the first message below.').waitFor();
    await write('What moves you?', 'I am torn about the move, and I miss my garden.');
    await press('Send');
    const said = page.getByRole('log').getByRole('article');
    await expect.poll(() => said.count()).toBe(2);
    await expect.poll(() => page.getByRole('log').getAttribute('aria-busy')).toBe('false');
    expect(await page.getByRole('textbox', { name: 'What moves you?' }).inputValue()).toBe('');
    await page.getByText('19 of 20 left').waitFor();
    expect(await unreached()).toEqual([]);
    await expectSound();
    await press('Close the session');
    await page.getByRole('textbox', { name: 'What moves you?' }).waitFor({ state: 'detached' });
    await page.reload();
    await expect.poll(() => said.count()).toBe(2);
    await press('All sessions');
    await page.getByRole('button', { name: 'Before <b>the move</b>' }).waitFor();
  });

  test('a thought is turned until the free plan ends, and the way on is the next plan', async () => {
    await at('turn');
    await page.getByText('No turn yet.').waitFor();
    for (let count = 1; count <= 3; count += 1) {
      await write('A thought', `I always ruin everything, ${count}.`);
      await press('Turn it');
      await page.getByRole('article', { name: 'Turn' }).getByText(`everything, ${count}.`).waitFor();
    }
    await press('It helped');
    await page.getByText('Turns today: 0 of 3 left').waitFor();
    await write('A thought', 'Nobody ever listens to me.');
    await press('Turn it');
    const denial = page.getByRole('alert').filter({ hasText: 'Turns a day: all 3 are used.' });
    await denial.getByText('Prism has 25').waitFor();
    expect(await unreached()).toEqual([]);
    await expectSound();
    await denial.getByRole('link', { name: 'Prism: $7.99 a month' }).click();
    await page.getByRole('group', { name: 'Buy Prism' }).waitFor();
    await page.goBack();
  });

  test('a crisis is answered by helplines and nothing else, although the limit is reached, and nothing is charged', async () => {
    await write('A thought', CRISIS);
    await press('Turn it');
    await helplines.waitFor();
    expect(await page.getByRole('alert').count()).toBe(1);
    expect(await page.getByRole('main').getByRole('textbox').count()).toBe(0);
    await helplines.getByRole('link').first().waitFor();
    await expectSound();
    expect(await used()).toBe(3);
    await press('Close');
    await page.getByRole('textbox', { name: 'A thought' }).waitFor();
  });

  test('a person who says that they are safe goes on, with the helplines beside', async () => {
    await at('mirror');
    await write('What is it about?', CRISIS);
    await press('Begin a session');
    await helplines.waitFor();
    await press('I am safe. Go on with what I wrote');
    await page.getByText('Write the first message below.').waitFor();
    await helplines.waitFor();
    await expectSound();
    await press('Delete');
    await press('Delete: press again');
    await page.getByText('Sessions this week: 0 of 2 left').waitFor();
    await write('What is it about?', CRISIS);
    await press('Begin a session');
    await helplines.waitFor();
  });

  test('a goal has small actions, own and suggested, and days in a row', async () => {
    await at('lens');
    await page.getByText('No goal yet.').waitFor();
    await write('A goal', 'Sleep by eleven');
    await press('Set the goal');
    await press('Suggest three');
    await page.getByRole('main').getByRole('listitem').first().getByRole('button', { name: 'Add' }).click();
    await page.getByRole('checkbox').first().click();
    await page.getByText('Days in a row: 1').waitFor();
    await write('A small action', 'Put the phone into the kitchen');
    await page.keyboard.press('Enter');
    await page.getByRole('checkbox', { name: 'Put the phone into the kitchen' }).waitFor();
    await expectSound();
    await page.getByRole('combobox', { name: 'Status' }).selectOption('achieved');
    await page.getByRole('cell', { name: 'achieved' }).waitFor();
  });

  test('the spectrum is in the next plan, and then shows what moved the person, until they want that no more', async () => {
    await at('spectrum');
    await page.getByRole('status').getByRole('link', { name: 'Prism: $7.99 a month' }).waitFor();
    await expectSound();
    await api('POST /v1/admin/grants', { email: ada.email, product: 'prism', plan: 'prism.prism_plus' });
    await page.reload();
    for (const kind of ['Themes', 'Needs', 'Strengths', 'Values', 'Feelings'])
      await page.getByRole('tab', { name: kind }).click();
    await page.getByText(/^Most often: /).waitFor();
    await page.getByRole('figure', { name: 'Feelings over time' }).waitFor();
    await page.getByRole('button', { name: 'As CSV' }).waitFor();
    expect(await unreached()).toEqual([]);
    await expectSound();
    await page.getByRole('checkbox').click();
    await expect
      .poll(async () => (await call(ada.key, 'GET /v1/profile')).body['consents'])
      .toMatchObject({ insights: false });
  });

  test('breaks nothing', () => {
    expect(broken).toEqual([]);
  });
});
