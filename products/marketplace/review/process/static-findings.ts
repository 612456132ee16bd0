import type { Code } from '../checks.ts';

interface StaticFinding {
  readonly code: Code;
  readonly line: number;
  readonly detail?: string;
}

const CODE_FILE = /\.(?:[cm]?[jt]sx?|json|html?|svg|css|vue|svelte)$/i;
const PROSE_FILE = /\.(?:md|txt|map)$|(?:^|\/)(?:licen[cs]e|notice|readme)[^/]*$/i;
const LINE_FEED = 0x0a;
/** How much of a line is looked at at once, and how much of it again with what follows. */
const WINDOW = 65_536;
const AGAIN = 300;
/** A text has no NUL; of UTF-16 this much says that it is not read here. */
const SAMPLE = 8_192;

const RULES: readonly (readonly [Code, RegExp])[] = [
  ['eval', /\beval\b\s*(?:\?\.\s*)?\(|\(\s*0\s*,\s*eval\s*\)|["'`]eval["'`]/],
  [
    'new_function',
    /\bnew\s+Function\b|(?<![\w.$])Function\s*\(|\.constructor\s*\(\s*["'`]|\bset(?:Timeout|Interval)\s*\(\s*["'`]/,
  ],
  ['child_process', /\bchild_process\b|\bexecSync\b|\bspawnSync\b|\bprocess\.binding\b/],
  ['native_loading', /\bprocess\.dlopen\b|["'`](?:node-)?(?:bindings|ffi-napi|koffi)["'`]|\.node["'`]/],
  ['computed_import', /\b(?:require|import)\s*\(\s*(?!["'`\s)])|\b(?:require|import)\s*\(\s*`[^`]*\$\{/],
];
/** A text that begins with an address: its host. */
const ADDRESS = /["'`(=]\s*(?:(?:https?|wss?|ftp):)?\/\/(?:[^\s/"'`@<>]{0,100}@)?(\[[\da-f:.]+\]|[\w.-]+)/gi;
/** Names of namespaces, and where nothing is asked. */
const HARMLESS = new Set(['www.w3.org', 'example.com', 'www.example.com', 'json-schema.org']);

/** Findings for reviewers, line by line. They show what is written openly, and help to read: they are no proof that nothing is hidden. */
export function* findingsIn(
  path: string,
  content: Buffer,
  hosts: readonly string[],
): Generator<StaticFinding, void, undefined> {
  if (PROSE_FILE.test(path) || (!CODE_FILE.test(path) && content.subarray(0, SAMPLE).includes(0))) return;
  let line = 1;
  for (let from = 0; from < content.length; line += 1) {
    const found = content.indexOf(LINE_FEED, from);
    const end = found < 0 ? content.length : found;
    const told = new Set<string>();
    for (let at = from; at < end; at += WINDOW) {
      const text = content.toString('utf8', Math.max(from, at - AGAIN), Math.min(end, at + WINDOW));
      for (const one of findingsOf(text, hosts)) {
        const key = `${one.code} ${one.detail ?? ''}`;
        if (!told.has(key)) yield { ...one, line };
        told.add(key);
      }
    }
    from = end + 1;
  }
}

function* findingsOf(
  text: string,
  hosts: readonly string[],
): Generator<Omit<StaticFinding, 'line'>, void, undefined> {
  if (/^\s*(?:\/\/|\*|#)/.test(text)) return;
  for (const [code, pattern] of RULES) if (pattern.test(text)) yield { code };
  for (const [, named = ''] of text.matchAll(ADDRESS)) {
    const host = named.toLowerCase().replace(/\.$/, '');
    if (!hosts.includes(host) && !HARMLESS.has(host) && /[.:]|^localhost$/.test(host))
      yield { code: 'host_not_permitted', detail: host.slice(0, 253) };
  }
}
