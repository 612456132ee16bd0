import { readFileSync } from 'node:fs';

/** A file of this folder. */
export const file = (name: string): string => readFileSync(new URL(`./${name}`, import.meta.url), 'utf8');

const LAYOUT = file('page.html');

/** A page of the docs: the same head and navigation on each. */
export function docsPage(title: string, { content }: { readonly content: string }): string {
  const parts: Readonly<Record<string, string>> = { title, content };
  return LAYOUT.replace(/\{\{(\w+)\}\}/g, (_place, name: string) => parts[name] ?? '');
}
