import { gzipSync } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '#platform/kernel';
import { z } from 'zod';
import type { ServerParts, ServerSettings } from '../parts.ts';
import type { ReadBody } from '../bodies.ts';
import { guidePage } from './guides.ts';
import { docsPage, file, inBrand } from './page.ts';
import type { BrandNow } from '../console/index.ts';

/** Sources that the reference needs to work from this server alone: its scripts, its styles, and calls to this server. */
const REFERENCE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  // The reference writes its styles into the page.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const REFERENCE = docsPage('API reference', {
  content: `<noscript><p>The reference needs JavaScript. The same for programs: <a href="/openapi.json">/openapi.json</a></p></noscript>
<div id="reference"></div>
<script src="/docs/scalar.js" defer></script>
<script src="/docs/reference.js" type="module"></script>`,
});

/**
 * The docs: the reference of all calls at /docs, and guides beside it at /docs/guides. The reference's program is only
 * loaded when a browser first opens it: a start, and every other call, pays nothing for it.
 */
export function mountDocs(
  app: FastifyInstance,
  parts: Pick<ServerParts, 'settings' | 'docsKey'>,
  brandNow: BrandNow,
): void {
  let program: Promise<Buffer> | undefined;
  app.get('/docs', async (_request, reply) =>
    reply
      .header('content-security-policy', REFERENCE_POLICY)
      .type('text/html; charset=utf-8')
      .send(inBrand(REFERENCE, brandNow().name)),
  );
  app.get('/docs/scalar.js', async (_request, reply) => {
    program ??= loadProgram();
    return sendFile(reply.header('content-encoding', 'gzip'), 'text/javascript', await program);
  });
  app.get('/docs/reference.js', async (_request, reply) =>
    sendFile(reply, 'text/javascript', file('reference.js')),
  );
  app.get('/docs/docs.css', async (_request, reply) => sendFile(reply, 'text/css', file('docs.css')));
  mountKey(app, parts);
  app.get('/docs/guides', async (_request, reply) => sendGuide(reply, brandNow));
  app.get('/docs/guides/:name', async (request: FastifyRequest<{ Params: { name: string } }>, reply) =>
    sendGuide(reply, brandNow, request.params.name),
  );
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

function sendGuide(reply: FastifyReply, brandNow: BrandNow, name?: string): FastifyReply {
  const page = guidePage(name);
  if (page === undefined) throw new AppError('not_found');
  return reply
    .header(
      'content-security-policy',
      "default-src 'none'; style-src 'self'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    )
    .type('text/html; charset=utf-8')
    .send(inBrand(page, brandNow().name));
}

function sendFile(reply: FastifyReply, type: string, body: string | Buffer): FastifyReply {
  return reply.header('cache-control', 'private, max-age=300').type(`${type}; charset=utf-8`).send(body);
}

/** Scalar's program, as its plugin for Fastify serves it. */
async function loadProgram(): Promise<Buffer> {
  const [{ fastify }, { default: scalar }] = await Promise.all([
    import('fastify'),
    import('@scalar/fastify-api-reference'),
  ]);
  const carrier = fastify({ logger: false });
  await carrier.register(scalar, { routePrefix: '/scalar', configuration: { url: '/openapi.json' } });
  const { rawPayload } = await carrier.inject('/scalar/js/scalar.js');
  await carrier.close();
  return gzipSync(rawPayload);
}

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
