import { readFileSync } from 'node:fs';
import { escapeHtml } from '#platform/http';

/** A file of this folder. */
export const file = (name: string): string => readFileSync(new URL(`./${name}`, import.meta.url), 'utf8');

const LAYOUT = file('page.html');
const BRAND = '{{brand}}';

/** A page of the docs, under the name that its readers know. */
export const inBrand = (page: string, name: string): string => page.replaceAll(BRAND, () => escapeHtml(name));

/** A page of the docs: the same head and navigation on each. `{{brand}}` stays in it: `inBrand` fills it. */
export function docsPage(title: string, { content }: { readonly content: string }): string {
  const parts: Readonly<Record<string, string>> = { title, content };
  return LAYOUT.replace(
    /\{\{(\w+)\}\}/g,
    (_place, name: string) => parts[name] ?? (name === 'brand' ? BRAND : ''),
  );
}
