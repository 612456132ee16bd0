import { mkdtempSync, readdirSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { plainBrand } from '#platform/http';
import { declareMails, mailTemplate, mailTemplates, render } from '#platform/mail';
import { defineProduct } from '#platform/product';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
// They add theirs.
import '#products';

/** A product with a mail, as a team would write it. */
const folder = pathToFileURL(`${mkdtempSync(join(tmpdir(), 'mails-'))}/mails.ts`);
mkdirSync(new URL('./mails/', folder));
writeFileSync(
  new URL('./mails/issued.txt', folder),
  'Subject: Your licence for {{product}}\n\nUse it: {{key}}\n',
);
writeFileSync(new URL('./mails/issued.html', folder), '<p>For {{product}}: <code>{{key}}</code></p>\n');
const file = { name: 'licence.json', type: 'application/json', content: '{}' };
const mails = declareMails('demo', folder.href, {
  issued: mailTemplate(
    z.strictObject({ product: z.string(), key: z.string() }),
    { product: 'Demo', key: 'A-B-C' },
    [file],
  ),
});
const price = { currency: 'usd', monthly: 0 } as const;
const parts = {
  key: 'demo',
  name: 'Demo',
  holds: 'both',
  limits: {},
  features: {},
  plans: { free: { name: 'Free', rank: 0, price, grants: {} } },
  defaultPlan: 'free',
  routes: [],
  service: () => ({}),
} as const;
defineProduct({ ...parts, mails });

const ALL = mailTemplates().map((template) => [template.name, template] as const);
const brand = plainBrand('Acme');

describe('every template', () => {
  test('of a product is one, and none is another product’s', () => {
    expect(ALL.map(([name]) => name)).toEqual(expect.arrayContaining(['verify_email', 'demo.issued']));
    expect(() => defineProduct({ ...parts, key: 'other', mails })).toThrow('demo.issued');
  });

  test('has its two files, and no file is left over', () => {
    const folders = Map.groupBy(ALL, ([, { file: at }]) => new URL('.', at).href);
    for (const [href, templates] of folders) {
      const names = templates.map(([, { file: at }]) => at.href.slice(href.length));
      const own = href.endsWith('/templates/') ? ['layout.html'] : [];
      const files = [...names.flatMap((name) => [`${name}.html`, `${name}.txt`]), ...own];
      expect(readdirSync(fileURLToPath(href)).sort()).toEqual(files.sort());
    }
  });

  test.each(ALL)('%s says its example in text and HTML, with a subject', (_name, template) => {
    const { subject, text, html } = render(template, template.example, brand);
    expect(subject).toMatch(/^\S[^\n]{5,80}$/);
    for (const part of [subject, text, html]) expect(part).not.toMatch(/\{\{|\}\}|undefined/);
    expect(html).toMatch(/^<!doctype html>/);
    for (const [fact, value] of Object.entries(template.example)) {
      expect(text + subject, `the text says the ${fact}`).toContain(String(value));
      expect(html, `the HTML says the ${fact}`).toContain(String(value));
    }
  });

  test.each(ALL)('%s loads nothing from elsewhere, so that opening it tells nobody', (_name, template) => {
    const { html } = render(template, template.example, brand);
    expect(html).not.toMatch(/<(img|link|script|iframe|object|video|audio)\b|url\(|@import|srcset/i);
  });
});
