import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { checkoutLinkPage } from './checkout-link-page.ts';

const page = checkoutLinkPage({ data: [], add_ons: [], comparison: {} }, '');

/** Runs the page's program, whose server answers the price of a change, and presses its button. */
async function saidOf(price: object): Promise<string> {
  const pressed: ((event: object) => void)[] = [];
  const status = { textContent: '' };
  const elements: Readonly<Record<string, object>> = {
    form: { addEventListener: (_type: string, press: (event: object) => void) => pressed.push(press) },
    '[role=status]': status,
    button: {},
  };
  runInNewContext(page.script ?? '', {
    document: { querySelector: (selector: string) => elements[selector] },
    location: { hash: '#token', pathname: '/link', search: '' },
    history: { replaceState: () => {} },
    fetch: async () => Response.json({ checkout_url: null, price }),
  });
  pressed.forEach((press) => press({ preventDefault: () => {} }));
  await expect.poll(() => status.textContent).toContain('You pay');
  return status.textContent.replaceAll('\u00a0', ' ');
}

test.each([
  ['usd', 'You pay $15.00 now, and $30.00 for each period from then on.'],
  ['isk', 'You pay ISK 15 now, and ISK 30 for each period from then on.'],
  ['jpy', 'You pay ¥1,500 now, and ¥3,000 for each period from then on.'],
])('the price of a change is told in %s as the provider counts it', async (currency, said) => {
  expect(await saidOf({ due_now: 1_500, unit_amount: 1_500, quantity: 2, currency })).toBe(said);
});
