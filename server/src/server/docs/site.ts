import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import GithubSlugger from 'github-slugger';
import { Marked, type Tokens } from 'marked';
import { teamConfig } from '#platform/config';
import { escapeHtml } from '#platform/http';
import { products } from '#products';

const SITE = join(import.meta.dirname, '../../../../site');
const BUILT = join(SITE, 'dist');
const BUILDER = join(SITE, 'build.ts');
const unpack = promisify(brotliDecompress);
/** Stands in files of the site for the name that readers know (site/.vitepress/brand.ts). */
const BRAND = '%plinth-brand%';

/** A file of the site, as it is sent. */
interface SiteFile {
  /** From the site's folder. */
  readonly name: string;
  readonly bytes: Buffer;
  /** Compressed by Brotli, where the caller takes that. */
  readonly isPacked: boolean;
}

interface SiteRequest {
  /** Below /docs/, without a query. */
  readonly path: string;
  readonly brand: string;
  readonly takesBrotli: boolean;
}

/** Answers the file at a path below /docs/; undefined where there is none. */
export type ReadSite = (request: SiteRequest) => Promise<SiteFile | undefined>;

/** The site that is built; undefined where there is none. */
export function openSite(): ReadSite | undefined {
  const built = readManifest();
  if (built === undefined) return undefined;
  const [files, packed] = [new Set(built.files), new Set(built.packed)];
  return async ({ path, brand, takesBrotli }) => {
    const name = [path, `${path}.html`, 'index.html'].find(
      (one) => files.has(one) && (one !== 'index.html' || path === ''),
    );
    if (name === undefined) return teamPage(path, brand);
    if (packed.has(name)) {
      const bytes = await readFile(join(BUILT, `${name}.br`));
      return { name, bytes: takesBrotli ? bytes : await unpack(bytes), isPacked: takesBrotli };
    }
    const bytes = await readFile(join(BUILT, name));
    const isBranded = bytes.includes(BRAND);
    return { name, bytes: isBranded ? inBrand(name, bytes.toString(), brand) : bytes, isPacked: false };
  };
}

/** Builds the site of a checkout, unless it is there of these sources. A failure leaves what there was. */
export async function buildSite(): Promise<void> {
  if (!existsSync(BUILDER)) return;
  await promisify(execFile)(process.execPath, [BUILDER]).catch(({ message }: Error) => {
    process.stderr.write(`The docs could not be built: npm run docs tries again. ${message}\n`);
  });
}

interface Manifest {
  readonly files: readonly string[];
  /** Those of them that are there compressed alone. */
  readonly packed: readonly string[];
}

function readManifest(): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(join(BUILT, 'built.json'), 'utf8')) as Manifest;
  } catch {
    return undefined;
  }
}

const inText = (value: string): string => JSON.stringify(value).slice(1, -1);

/** Scripts have it in a text that holds JSON. */
function inBrand(name: string, text: string, brand: string): Buffer {
  return Buffer.from(
    text.replaceAll(BRAND, () => (name.endsWith('.html') ? escapeHtml(brand) : inText(inText(brand)))),
  );
}

const team = teamConfig();

/** A page of a team's product: the site was built without it. It has the site's head and list of pages, and no scripts. */
async function teamPage(path: string, brand: string): Promise<SiteFile | undefined> {
  const key = /^guides\/([\w-]+)$/.exec(path)?.[1];
  const product = products.find((one) => one.key === key);
  const file =
    product === undefined || team === undefined ? '' : join(dirname(team), `docs/${product.key}.md`);
  if (!existsSync(file)) return undefined;
  const [frame, text] = await Promise.all([
    readFile(join(BUILT, 'own.html'), 'utf8'),
    readFile(file, 'utf8'),
  ]);
  const page = frame
    .replaceAll(/<script type="module"[^>]*><\/script>|<link rel="modulepreload"[^>]*>/g, '')
    .replace('<html', '<html data-own')
    .replaceAll('%own-title%', () => escapeHtml(product?.catalogue.name ?? ''))
    .replace('<p>%own-page%</p>', () => htmlOf(text));
  return { name: 'own.html', bytes: inBrand('own.html', page, brand), isPacked: false };
}

function htmlOf(text: string): string {
  const slugger = new GithubSlugger();
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text: heading }: Tokens.Heading): string {
        return `<h${depth} id="${slugger.slug(heading)}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
      link({ href, tokens }: Tokens.Link): string {
        const label = this.parser.parseInline(tokens);
        const page = /^([\w-]+)\.md(#.*)?$/.exec(href);
        const target = page === null ? href : `/docs/guides/${page[1]}${page[2] ?? ''}`;
        return /^(?:https?:|#|\/docs\/)/.test(target)
          ? `<a href="${escapeHtml(target)}">${label}</a>`
          : label;
      },
    },
  });
  return marked.parse(text, { async: false });
}
