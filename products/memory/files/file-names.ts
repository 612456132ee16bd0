import { createHmac } from 'node:crypto';
import type { DataKey } from 'plinth/product';
import { linesOf } from '../lines.ts';

/** A file that a text names, and where it does so first, in UTF-16 units. */
export interface NamedFile {
  readonly name: string;
  readonly span: readonly [number, number];
}

/** Files of one message at most. */
const MOST_FILES = 20;
const LONGEST = 300;

const EXTENSIONS = new Set(
  `astro bash bat c cc cfg cjs clj conf cpp cs css csv cts dart dockerfile ejs env erb ex exs gemspec go gradle graphql groovy h hbs hpp hs html
   ini ipynb java jl js json json5 jsonc jsx kt kts less lock log lua md mdx mjs mk ml mts mod nix php pl plist prisma properties proto ps1 py pyi r rb
   rs rst sass scala scss sh sln sql sum svelte svg swift tf tfvars toml ts tsv tsx txt vue xml yaml yml zig zsh`.split(
    /\s+/,
  ),
);
const BARE = new Set(
  'Brewfile Dockerfile Gemfile Jenkinsfile Justfile Makefile Podfile Procfile Rakefile Vagrantfile'.split(
    ' ',
  ),
);
/** Products that are called like a file. */
const PRODUCTS =
  /^(?:node|next|vue|nuxt|express|react|three|d3|chart|discord|backbone|ember|moment|socket|asp|p5|alpine)\.(?:js|net)$/i;
const TOKEN = /[^\s'"`<>()[\]{},;|*?!=]+/g;
/** A line and a column behind a name, and what ends a sentence. */
const TAIL = /(?::\d+(?:[:-]\d+)*)?[.:]*$/;
const HOST = /^(?:www\.|[\w-]+\.(?:com|org|net|io|dev|co|ai|app)\/)/i;

/** The files that a text names, in their order: words with the ending of a file, and those that are files by custom. */
export function filesIn(text: string): NamedFile[] {
  const files = new Map<string, NamedFile>();
  for (const line of linesOf(text)) {
    for (const { 0: token, index } of line.text.matchAll(TOKEN)) {
      const written = token.replace(TAIL, '');
      if (!isFile(written)) continue;
      const name = normalizedName(written);
      const start = line.start + index;
      if (!files.has(name)) files.set(name, { name, span: [start, start + written.length] });
      if (files.size === MOST_FILES) return [...files.values()];
    }
  }
  return [...files.values()];
}

function isFile(written: string): boolean {
  if (written.length > LONGEST || written.includes('://') || written.startsWith('@')) return false;
  if (HOST.test(written) || PRODUCTS.test(written)) return false;
  const last = written.split(/[\\/]/).at(-1) ?? '';
  if (BARE.has(last)) return true;
  const dot = last.lastIndexOf('.');
  return (
    !last.includes('@') &&
    dot >= 0 &&
    /[\p{L}\p{N}_]/u.test(last.slice(0, dot) || last) &&
    EXTENSIONS.has(last.slice(dot + 1).toLowerCase())
  );
}

/** A name as it is compared: `.\src\a\..\b.ts` is `src/b.ts`. */
export function normalizedName(written: string): string {
  const parts: string[] = [];
  const slashed = written.normalize('NFC').replaceAll('\\', '/');
  for (const part of slashed.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else parts.push(part);
  }
  return `${slashed.startsWith('/') ? '/' : ''}${parts.join('/')}`;
}

const HASH_BYTES = 16;

/** A keyed hash of a file's name, by which it is one and the same in an account, as a UUID of version 8 (RFC 9562). */
export function fileHash(key: Pick<DataKey, 'derive'>, name: string): Buffer {
  const hash = createHmac('sha256', key.derive('memory paths'))
    .update(normalizedName(name))
    .digest()
    .subarray(0, HASH_BYTES);
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  return hash;
}

export const fileId = (key: Pick<DataKey, 'derive'>, name: string): string =>
  fileHash(key, name)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
