import { mkdtempSync, readdirSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { plainBrand, unescapeHtml } from '#platform/http';
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
const templateNamed = (name: string) => Object.fromEntries(ALL)[name] ?? expect.unreachable(name);
const brand = { ...plainBrand('Acme'), appUrl: 'https://acme.example/account', support: 'help@acme.example' };
/** The text of HTML, as a reader sees it. */
const readText = (html: string) =>
  unescapeHtml(html.replace(/^[^]*<main[^>]*>/, '').replaceAll(/<[^>]+>/g, ' ')).replaceAll(/\s+/g, ' ');

describe('every template', () => {
  test('of a product is one, and none is another product’s', () => {
    expect(ALL.map(([name]) => name)).toEqual(expect.arrayContaining(['verify_email', 'demo.issued']));
    expect(() => defineProduct({ ...parts, key: 'other', mails })).toThrow('demo.issued');
  });

  test('has its file, and no file is left over', () => {
    const folders = Map.groupBy(ALL, ([, { file: at }]) => new URL('.', at).href);
    for (const [href, templates] of folders) {
      const names = templates.map(([, { file: at }]) => at.href.slice(href.length));
      const own = href.endsWith('/templates/') ? ['layout.html'] : [];
      const files = [...names.map((name) => `${name}.txt`), ...own];
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

  test.each(ALL)(
    '%s has a title, a button for each link, and the same words in both parts',
    (_name, template) => {
      const { subject, text, html } = render(template, template.example, brand);
      const read = readText(html);
      expect(read.trim().startsWith(subject)).toBe(true);
      for (const paragraph of text.split('\n\n').slice(0, -1)) {
        const words = paragraph
          .replace(/^> /, '')
          .replace(/:\n(?=https?:)/, ' Or copy this address into your browser: ');
        expect(read).toContain(words.replaceAll(/\s+/g, ' ').trim());
      }
      const links = [...text.matchAll(/^https?:\S+$/gm)].map(([link]) => link);
      const buttons = [...html.matchAll(/class="button" href="([^"]+)"/g)].map(([, link]) =>
        unescapeHtml(link ?? ''),
      );
      expect(buttons).toEqual(links);
      for (const part of [text, read]) expect(part).toMatch(/Acme[^]*help@acme\.example/);
    },
  );

  test('leaves a button out that leads nowhere', () => {
    const failed = templateNamed('payment_failed');
    const { text, html } = render(failed, { ...(failed.example as object), link: '' }, brand);
    for (const part of [text, html]) expect(part).toContain('change your card');
    expect(text).not.toContain('Pay the invoice:');
    expect(html).not.toContain('class="button"');
  });

  test.each(ALL)('%s loads nothing from elsewhere, so that opening it tells nobody', (_name, template) => {
    const { html } = render(template, template.example, brand);
    expect(html).not.toMatch(/<(img|link|script|iframe|object|video|audio)\b|url\(|@import|srcset/i);
  });
});
