/**
 * `node scripts/mail-pictures.ts [name …]`: pictures of all mails with their examples into `.cache/mail-pictures`, as a computer shows
 * them (600 pixels) and as a phone does in the dark (390).
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import '#products';
import { plainBrand } from '#platform/http';
import { mailTemplates, render } from '#platform/mail';
import { chromium } from 'playwright-core';
import { chromiumOnPath, NO_CHROMIUM } from '@plinth/testkit/services/chromium';

const FOLDER = '.cache/mail-pictures';
const LOOKS = [
  { suffix: '', viewport: { width: 600, height: 400 }, colorScheme: 'light' },
  { suffix: '-phone-dark', viewport: { width: 390, height: 400 }, colorScheme: 'dark' },
] as const;
const BRAND = {
  ...plainBrand('Acme'),
  appUrl: 'https://acme.example/account',
  support: 'help@acme.example',
  terms: 'https://acme.example/terms',
};

const program = chromiumOnPath();
if (program === undefined) throw new Error(NO_CHROMIUM);
const named = process.argv.slice(2);
mkdirSync(FOLDER, { recursive: true });
const browser = await chromium.launch({ executablePath: program });
try {
  for (const { suffix, ...look } of LOOKS) {
    const page = await browser.newPage(look);
    for (const template of mailTemplates()) {
      if (named.length > 0 && !named.includes(template.name)) continue;
      await page.setContent(render(template, template.example, BRAND).html);
      await page.screenshot({ path: join(FOLDER, `${template.name}${suffix}.png`), fullPage: true });
    }
  }
} finally {
  await browser.close();
}
