import { describe, expect, test } from 'vitest';
import { isHere, PATIENCE, visitConsole } from './visit.ts';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=',
  'base64',
);
const SVG = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');

describe.runIf(isHere)('an operator who sets a brand', { timeout: 4 * PATIENCE }, async () => {
  if (!isHere) return;
  const { page, signIn, broken, faults, look, overflow, url, api } = await visitConsole();
  await signIn();
  const field = (name: string) => page.getByLabel(name, { exact: true });
  const frame = page.frameLocator('iframe');
  const logo = (name: string, mimeType: string, buffer: Buffer) =>
    page.locator('input[type=file]').setInputFiles({ name, mimeType, buffer });

  test('sees it in the real mail, portal and price table before it is saved', async () => {
    await page.getByRole('link', { name: 'Operator', exact: true }).click();
    await page.getByRole('link', { name: 'Catalogue', exact: true }).click();
    await page.getByRole('link', { name: 'Brands', exact: true }).click();
    await field('Brand').selectOption('reel');
    await field('Name').fill('Acme <Shorts>');
    await page.getByText('a name is one line without < and >').waitFor();
    await field('Name').fill('Acme Shorts');
    await field('Support address').fill('help@acme.example');
    await field('Colour of buttons').fill('#b3261e');
    await frame.getByText('help@acme.example').waitFor();
    await frame.getByRole('link', { name: 'Accept the invitation' }).waitFor();
    await logo('logo.png', 'image/png', PNG);
    await frame.getByRole('img', { name: 'Acme Shorts' }).waitFor();
    await page.getByRole('tab', { name: 'Portal' }).click();
    await frame.getByRole('heading', { name: 'Your account' }).waitFor();
    await page.getByRole('tab', { name: 'Prices' }).click();
    await frame.getByRole('link', { name: /Choose Standard/ }).waitFor();
    await field('Device').selectOption('dark');
    expect([...(await faults()), ...(await look())]).toEqual([]);
    await page.setViewportSize({ width: 390, height: 900 });
    expect(await overflow()).toBe(0);
    await page.setViewportSize({ width: 1_440, height: 900 });
    expect(JSON.stringify(await api('GET /v1/admin/brands'))).not.toContain('Acme');
  });

  test('is told at its field what can not be: a colour that is not read, an image that is none', async () => {
    await field('Colour of their text').fill('#c0392b');
    await page.getByText(/#c0392b on #b3261e has a contrast of 1\.2\d to 1/).waitFor();
    await field('Colour of their text').fill('');
    for (const [name, type, bytes] of [
      ['logo.svg', 'image/svg+xml', SVG],
      ['logo.png', 'image/png', SVG],
    ] as const) {
      await logo(name, type, bytes);
      await page.getByText('A logo is a PNG, a JPEG or a WebP image.').waitFor();
    }
    await logo('large.png', 'image/png', Buffer.concat([PNG, Buffer.alloc(128 * 1024)]));
    await page.getByText('A logo has at most 131072 bytes.').waitFor();
    await logo('logo.png', 'image/png', PNG);
    await page.getByText('PNG, JPEG or WebP, 128 kB').waitFor();
  });

  test('saves it; another who had it open is told, and does not write over it', async () => {
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    // Its fields are stored first, and then its logo.
    await expect
      .poll(() => api('GET /v1/admin/brands/reel'))
      .toMatchObject({
        stored: { name: 'Acme Shorts', accent: '#b3261e', support: 'help@acme.example' },
        logo_type: 'image/png',
      });
    await page.getByText('changed', { exact: false }).first().waitFor();
    await api('PUT /v1/admin/brands/reel', { name: 'Theirs' });
    await field('Name').fill('Mine');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('Another operator has changed this brand.').waitFor();
    expect(await api('GET /v1/admin/brands/reel')).toMatchObject({ stored: { name: 'Theirs' } });
    await page.getByRole('button', { name: 'Take over the new one' }).click();
    await expect.poll(() => field('Name').inputValue()).toBe('Theirs');
    const { data } = (await api('GET /v1/admin/audit?action=brand.changed')) as { readonly data: unknown[] };
    expect(data.length).toBe(3);
    await page.goto(`${url}/app/brands`);
    await field('Name').waitFor();
    expect([...(await faults()), ...(await look())]).toEqual([]);
  });

  test('breaks nothing on the way', () => {
    expect(broken).toEqual([]);
  });
});
