import type { FastifyInstance } from 'fastify';
import { htmlPage } from '#platform/http';
import type { ServerSettings } from './parts.ts';

const DESCRIPTION = 'Accounts, plans, limits, AI calls, jobs, a usage ledger and billing for AI products.';
const LINKS = { docs: '/docs', openapi: '/openapi.json', health: '/healthz' } as const;

const PAGE = htmlPage({
  title: 'Plinth',
  content: `<p>${DESCRIPTION}</p>
<p>This is the server of an API. Its calls are below <code>/v1</code>.</p>
<ul>
<li><a href="${LINKS.docs}">${LINKS.docs}</a>: every call, to read and to try</li>
<li><a href="${LINKS.openapi}">${LINKS.openapi}</a>: the same for programs</li>
<li><a href="${LINKS.health}">${LINKS.health}</a>: whether this server is alive</li>
</ul>`,
});

/** `GET /` says what this is and where to look: a page for browsers, JSON for whatever else asks. */
export function mountRoot(app: FastifyInstance, { version }: Pick<ServerSettings, 'version'>): void {
  const facts = { name: 'Plinth', description: DESCRIPTION, version, links: LINKS };
  app.get('/', async (request, reply) => {
    reply.header('vary', 'accept, origin');
    if (!/\btext\/html\b/i.test(request.headers.accept ?? '')) return facts;
    for (const [name, value] of Object.entries(PAGE.headers ?? {})) reply.header(name, value);
    return reply.type('text/html; charset=utf-8').send(PAGE.body);
  });
}
