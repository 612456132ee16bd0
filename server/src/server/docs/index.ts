import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '#platform/kernel';
import { z } from 'zod';
import type { ServerParts, ServerSettings } from '../parts.ts';
import type { ReadBody } from '../bodies.ts';
import { buildSite, openSite, type ReadSite } from './site.ts';
import type { BrandNow } from '../console/index.ts';

/** Sources that the site needs to work from this server alone: its scripts, its styles, and calls to this server. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  // Colours of code are attributes; the reference writes its styles into the page.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const NOT_BUILT = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Docs</title></head><body>
<h1>The docs are not built yet</h1>
<p>Run <code>npm run docs</code> on the server and start it again. The calls of the API: <a href="/openapi.json">/openapi.json</a></p>
</body></html>`;

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  png: 'image/png',
};

/**
 * The docs as a site: guides at /docs/guides, the reference of all calls at /docs/reference. A package and an image have it built; a
 * checkout builds it when a browser first asks, never in production. A start pays nothing for it.
 */
export function mountDocs(
  app: FastifyInstance,
  parts: Pick<ServerParts, 'settings' | 'docsKey'>,
  brandNow: BrandNow,
): void {
  let site: Promise<ReadSite | undefined> | undefined;
  const open = async () => {
    if (parts.settings.environment !== 'production') await buildSite();
    return openSite();
  };
  const send = async (request: FastifyRequest, reply: FastifyReply, path: string) => {
    const read = await (site ??= open());
    reply.header('content-security-policy', POLICY);
    if (read === undefined) return reply.code(503).type('text/html; charset=utf-8').send(NOT_BUILT);
    const takesBrotli = /\bbr\b/.test(request.headers['accept-encoding']?.toString() ?? '');
    const file = await read({ path, brand: brandNow().name, takesBrotli });
    const type = TYPES[file?.name.split('.').at(-1) ?? ''];
    if (file === undefined || type === undefined) throw new AppError('not_found');
    const isNamedByContent = /^assets\/.*\.[\w-]{8}\./.test(file.name) && !file.name.includes('/metadata.');
    if (file.isPacked) reply.header('content-encoding', 'br');
    return reply
      .header('vary', 'accept-encoding')
      .header('cache-control', isNamedByContent ? 'public, max-age=31536000, immutable' : 'no-cache')
      .type(type)
      .send(file.bytes);
  };
  app.get('/docs', async (request, reply) => send(request, reply, ''));
  app.get('/docs/guides', async (_request, reply) => reply.redirect('/docs', 308));
  app.get('/docs/*', async (request: FastifyRequest<{ Params: { '*': string } }>, reply) =>
    send(request, reply, request.params['*']),
  );
  mountKey(app, parts);
}

/** The page asks whether there is a key, has a code shown, and trades the code for the key. */
function mountKey(
  app: FastifyInstance,
  { settings, docsKey }: Pick<ServerParts, 'settings' | 'docsKey'>,
): void {
  const keyFor = async (request: FastifyRequest, reply: FastifyReply): Promise<string | undefined> => {
    // Scripts of other origins do not read this, also where CORS_ORIGINS lets them call.
    reply.removeHeader('access-control-allow-origin');
    return mayHaveKey(request, settings) ? docsKey?.read() : undefined;
  };
  app.get('/docs/code', async (request, reply) => ({
    available: (await keyFor(request, reply)) !== undefined,
  }));
  app.post('/docs/code', async (request, reply) => {
    if ((await keyFor(request, reply)) === undefined) throw new AppError('not_found');
    return { shown_in: docsKey?.codes.show() };
  });
  app.post('/docs/key', async (request, reply) => {
    const key = await keyFor(request, reply);
    if (key === undefined) throw new AppError('not_found');
    const said = codeBody.safeParse((request.body as ReadBody | undefined)?.value);
    if (!said.success) throw new AppError('validation_failed');
    docsKey?.codes.redeem(said.data.code);
    return { api_key: key };
  });
}

const codeBody = z.strictObject({ code: z.string().min(1).max(40) });

const LOOPBACK_ADDRESS = /^(?:127\.|::1$|::ffff:127\.)/;
const LOOPBACK_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/i;
/** Headers that a proxy in between adds: then the caller is not who the connection says. */
const FORWARDED = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-real-ip',
  'x-forwarded-proto',
];

/**
 * Whether the docs page of this request may ask for the local owner's key: never in production, and only for a
 * browser on this machine that asks this machine by its own name. Another name that leads here (DNS rebinding) and a
 * page of another origin are told nothing.
 */
function mayHaveKey(
  { headers, raw }: Pick<FastifyRequest, 'headers' | 'raw'>,
  { environment, host }: Pick<ServerSettings, 'environment' | 'host'>,
): boolean {
  const site = headers['sec-fetch-site'];
  return (
    environment !== 'production' &&
    (LOOPBACK_ADDRESS.test(host) || host === 'localhost') &&
    LOOPBACK_ADDRESS.test(raw.socket.remoteAddress ?? '') &&
    LOOPBACK_HOST.test(headers.host ?? '') &&
    FORWARDED.every((name) => headers[name] === undefined) &&
    (headers.origin === undefined || headers.origin === `http://${headers.host}`) &&
    (site === undefined || site === 'same-origin')
  );
}
