/**
 * `npm run docs`: writes the docs as a site into `site/dist`, which a server shows at /docs, unless it is there of these sources.
 * `npm run docs -- FOLDER` writes the same for a host of static files, with the API's document, into `FOLDER/docs`.
 */
import {
  existsSync,
  globSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  cpSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { digestOf } from '../server/src/main/built.js';
import { ROOT, writeManifest } from '../server/src/main/build-files.ts';
import { BRAND } from './.vitepress/brand.ts';

const OUT = join(ROOT, 'site/dist');
const MANIFEST = 'built.json';
const LOCK = join(ROOT, '.cache/site.lock');
const SOURCES = [
  '{docs,docs/generated,deploy,site}/*.md',
  'docs/console/*',
  'site/{*.{ts,json},public/*,.vitepress/**/*.{ts,css}}',
];

/** Builds the site beside the one that is there, and puts it in its place when it is whole. */
export async function buildSite(): Promise<void> {
  const sources = globSync(SOURCES, { cwd: ROOT }).sort();
  const digest = digestOf(sources);
  if (digestThere() === digest) return;
  const unlock = await lock();
  try {
    if (digestThere() !== digest) await build(digest);
  } finally {
    unlock();
  }
}

/** VitePress has one temporary folder: builds wait for each other. A process that is gone holds nothing. */
async function lock(): Promise<() => void> {
  const own = `${LOCK}.${process.pid}`;
  mkdirSync(dirname(LOCK), { recursive: true });
  writeFileSync(own, String(process.pid));
  for (;;) {
    try {
      linkSync(own, LOCK);
      rmSync(own);
      return () => rmSync(LOCK, { force: true });
    } catch {
      if (!isRunning(readHolder())) rmSync(LOCK, { force: true });
      else await setTimeout(500);
    }
  }
}

function readHolder(): number {
  try {
    return Number(readFileSync(LOCK, 'utf8'));
  } catch {
    return 0;
  }
}

function isRunning(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function build(digest: string): Promise<void> {
  const beside = `${OUT}.${process.pid}`;
  const vitepress = await import('vitepress');
  process.env['NODE_ENV'] = 'production';
  await vitepress.build(join(ROOT, 'site'), { outDir: beside });
  writeFileSync(join(beside, 'scalar.js'), await scalarProgram());
  // Addresses of pages, for a client that has none in its pages.
  rmSync(join(beside, 'hashmap.json'));
  const names = readdirSync(beside, { recursive: true, encoding: 'utf8' }).map((name) =>
    name.replaceAll('\\', '/'),
  );
  const files = names.filter((name) => /\.\w+$/.test(name));
  const packed = files.filter((name) => /\.(?:js|css)$/.test(name) && isPacked(join(beside, name)));
  writeManifest(join(beside, MANIFEST), { files, packed, digest });
  rmSync(`${OUT}.old`, { recursive: true, force: true });
  if (existsSync(OUT)) renameSync(OUT, `${OUT}.old`);
  renameSync(beside, OUT);
  rmSync(`${OUT}.old`, { recursive: true, force: true });
}

/** The reference's program, as its plugin for Fastify serves it. */
async function scalarProgram(): Promise<Buffer> {
  const [{ fastify }, { default: scalar }] = await Promise.all([
    import('fastify'),
    import('@scalar/fastify-api-reference'),
  ]);
  const carrier = fastify({ logger: false });
  await carrier.register(scalar, { routePrefix: '/scalar', configuration: { url: '/openapi.json' } });
  const { rawPayload } = await carrier.inject('/scalar/js/scalar.js');
  await carrier.close();
  return rawPayload;
}

function digestThere(): string | undefined {
  try {
    return (JSON.parse(readFileSync(join(OUT, MANIFEST), 'utf8')) as { digest: string }).digest;
  } catch {
    return undefined;
  }
}

/** Compresses a file as browsers take it, in its place. False: it has a name to fill in, and stays as it is. */
function isPacked(path: string): boolean {
  const bytes = readFileSync(path);
  if (bytes.includes(BRAND)) return false;
  const params = { [constants.BROTLI_PARAM_QUALITY]: 9 };
  writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params }));
  rmSync(path);
  return true;
}

/** For hosts that only send files: in Plinth's name. */
function exportSite(folder: string): void {
  const out = join(folder, 'docs');
  cpSync(OUT, out, { recursive: true });
  cpSync(join(ROOT, 'docs/generated/openapi.json'), join(out, 'openapi.json'));
  for (const name of readdirSync(out, { recursive: true, encoding: 'utf8' })) {
    const path = join(out, name);
    if (name.endsWith('.br')) {
      writeFileSync(path.slice(0, -'.br'.length), brotliDecompressSync(readFileSync(path)));
      rmSync(path);
    }
    if (!/\.(?:html|js)$/.test(name)) continue;
    const text = readFileSync(path, 'utf8');
    if (text.includes(BRAND)) writeFileSync(path, text.replaceAll(BRAND, 'Plinth'));
  }
}

if (import.meta.main) {
  await buildSite();
  const [folder] = process.argv.slice(2);
  if (folder !== undefined) exportSite(resolve(folder));
}
