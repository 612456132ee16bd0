import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Brand, brandIcon, escapeHtml } from '#platform/http';
import { AppError } from '#platform/kernel';
import type { ServerSettings } from '../parts.ts';
import { consoleFolder, type ConsoleManifest, readConsole } from './built.ts';

const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  woff2: 'font/woff2',
};
const NOT_BUILT = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Console</title></head><body>
<h1>The console is not built yet</h1>
<p>Run <code>npm run prepare</code> on the server and load this page again. The calls of the API work without it: <a href="/docs">/docs</a></p>
</body></html>`;

/** The server's brand, as it is now. */
export type BrandNow = () => Brand;

/** Sends the page of the console to a browser. The page answers what it shows by itself, from the calls of the API. */
export type SendConsole = (request: FastifyRequest, reply: FastifyReply) => FastifyReply;

interface ConsoleParts {
  readonly settings: Pick<ServerSettings, 'isSample' | 'environment' | 'publicUrl'>;
  readonly uploadOrigins: readonly string[];
  readonly brandNow: BrandNow;
}

/**
 * The console: one page, at / for browsers and at each address below /app/, and the files that it loads at /app/assets. Nothing of it is
 * read before a browser first opens it. It may send files to `uploadOrigins`, besides this server.
 */
export function mountConsole(
  app: FastifyInstance,
  { settings, uploadOrigins, brandNow }: ConsoleParts,
): SendConsole {
  const { isSample = false, environment, publicUrl } = settings;
  const isLocal = environment === 'development' && publicUrl === undefined;
  const folder = consoleFolder();
  let manifest: ConsoleManifest | undefined;
  const send: SendConsole = (request, reply) => {
    const local = isLocal ? addressByName(request) : undefined;
    if (local !== undefined) return reply.header('cache-control', 'no-store').redirect(local);
    manifest ??= readConsole(folder);
    const nonce = randomBytes(16).toString('base64url');
    return reply
      .header('content-security-policy', policyWith(nonce, uploadOrigins))
      .header('cache-control', 'no-cache')
      .header('referrer-policy', 'no-referrer')
      .type('text/html; charset=utf-8')
      .send(manifest === undefined ? NOT_BUILT : pageOf(manifest, { nonce, brand: brandNow(), isSample }));
  };
  app.get('/app', async (request, reply) => send(request, reply));
  app.get('/app/*', async (request, reply) => send(request, reply));
  app.get('/app/assets/:name', async (request: FastifyRequest<{ Params: { name: string } }>, reply) => {
    manifest ??= readConsole(folder);
    const { name } = request.params;
    // A page of the build before this one still asks for its files.
    if (!/^[\w-]+\.(?:js|css|woff2)$/.test(name)) throw new AppError('not_found');
    const type = TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? '';
    const isPacked =
      !name.endsWith('.woff2') && /\bbr\b/.test(request.headers['accept-encoding']?.toString() ?? '');
    const bytes = readAsset(join(folder, isPacked ? `${name}.br` : name));
    reply
      .header('cache-control', 'public, max-age=31536000, immutable')
      .header('vary', 'accept-encoding')
      .type(type);
    if (isPacked) reply.header('content-encoding', 'br');
    return reply.send(bytes);
  });
  return send;
}

/**
 * Address of the same page by the machine's name, where it was asked for by its number: browsers keep a session of each apart, and
 * passkeys are for names.
 */
function addressByName({ host, url }: FastifyRequest): string | undefined {
  const found = /^(?:127\.0\.0\.1|\[::1\])(:\d+)?$/.exec(host);
  return found === null ? undefined : `http://localhost${found[1] ?? ''}${url}`;
}

function readAsset(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    throw new AppError('not_found');
  }
}

/** Nothing from elsewhere but where files are kept, no frame, and styles of the component library by this answer's nonce. */
function policyWith(nonce: string, uploadOrigins: readonly string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "font-src 'self'",
    "img-src 'self' data:",
    ["connect-src 'self'", ...uploadOrigins].join(' '),
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

interface PageFacts {
  readonly nonce: string;
  readonly brand: Brand;
  readonly isSample: boolean;
}

function pageOf(
  { script, style, imports, files }: ConsoleManifest,
  { nonce, brand, isSample }: PageFacts,
): string {
  const type = Object.keys(files).find((name) => name.startsWith('inter-latin-') && !name.includes('-ext-'));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="csp-nonce" nonce="${nonce}">
<meta name="application-name" content="${escapeHtml(brand.name)}">
${isSample ? '<meta name="plinth-sample" content="true">\n' : ''}<title>${escapeHtml(brand.name)}</title>
<link rel="icon" href="${escapeHtml(brandIcon(brand))}">
<link rel="preload" href="/app/assets/${type ?? ''}" as="font" type="font/woff2" crossorigin>
<link rel="stylesheet" href="/app/assets/${style}">
${imports.map((name) => `<link rel="modulepreload" href="/app/assets/${name}">`).join('\n')}
<script type="module" src="/app/assets/${script}"></script>
</head>
<body>
<div id="console"></div>
<noscript>The console needs JavaScript. The same facts for programs: /openapi.json</noscript>
</body>
</html>`;
}
