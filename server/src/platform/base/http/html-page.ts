import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Answer } from './call.ts';
import { answer } from './route.ts';

export interface HtmlPage {
  readonly title: string;
  /** HTML, below the title. */
  readonly content: string;
  /** Its program, with a `<p role="status">` below the content to say so in; a page to read alone has none. */
  readonly script?: string;
}

const file = (name: string) => readFileSync(new URL(`./html/${name}`, import.meta.url), 'utf8');
const [LAYOUT, STYLE] = [file('page.html'), file('page.css')];
const STATUS =
  '<p role="status"></p>\n<noscript><p>This page needs JavaScript, to call this server.</p></noscript>';
const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/**
 * A page for people, for a route with `page`. It loads nothing from elsewhere and runs its own script alone; it calls this
 * server alone, and stands in no frame.
 */
export function htmlPage(page: HtmlPage): Answer<string> {
  const { title, content, script } = page;
  const scripted = script === undefined ? {} : { status: STATUS, program: `<script>${script}</script>` };
  const parts: Readonly<Record<string, string>> = { title, content, style: STYLE, ...scripted };
  const html = LAYOUT.replace(/\{\{(\w+)\}\}/g, (_place, name: string) => parts[name] ?? '');
  const policy = [
    "default-src 'none'",
    `style-src ${hashOf(STYLE)}`,
    ...(script === undefined ? [] : [`script-src ${hashOf(script)}`, "connect-src 'self'"]),
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  return answer(200, html, { 'content-security-policy': policy });
}
