import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** What the pages of Swagger UI need to work from this server alone: their own scripts, styles and pictures. */
const DOCS_POLICY =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'";

/**
 * The docs page. Swagger UI and its plugin are only loaded when somebody first opens it, into an app of their own
 * that the server hands the request to: a start, and every other call, pays nothing for it.
 */
export function mountDocs(app: FastifyInstance, document: () => object): void {
  let pages: Promise<FastifyInstance> | undefined;
  const show = async (request: FastifyRequest, reply: FastifyReply) => {
    pages ??= openPages(document());
    const docs = await pages;
    reply.hijack();
    reply.raw.setHeader('x-request-id', request.id);
    reply.raw.setHeader('x-content-type-options', 'nosniff');
    reply.raw.setHeader('referrer-policy', 'no-referrer');
    reply.raw.setHeader('content-security-policy', DOCS_POLICY);
    docs.routing(request.raw, reply.raw);
  };
  app.get('/docs', show);
  app.get('/docs/*', show);
  app.addHook('onClose', async () => {
    await (await pages)?.close();
  });
}

async function openPages(document: object): Promise<FastifyInstance> {
  const [{ fastify }, { default: swagger }, { default: swaggerUi }] = await Promise.all([
    import('fastify'),
    import('@fastify/swagger'),
    import('@fastify/swagger-ui'),
  ]);
  const pages = fastify({ logger: false });
  await pages.register(swagger, { mode: 'static', specification: { document: document as never } });
  await pages.register(swaggerUi, {
    routePrefix: '/docs',
    uiConfig: { docExpansion: 'list', displayRequestDuration: true, persistAuthorization: true },
  });
  await pages.ready();
  return pages;
}
