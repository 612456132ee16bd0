import './tags.ts';
import './errors.ts';
import { declareLongUses, definePart, type ProductJob, routesOf } from 'plinth/product';
import { memoryAuditActions } from './audit-actions.ts';
import * as contextRoutes from './context/routes.ts';
import { memoryCrashPoints } from './crash-points.ts';
import { memoryDataRules } from './data-rules.ts';
import * as decisionRoutes from './decisions/routes.ts';
import * as summaryRoutes from './digests/routes.ts';
import * as documentRoutes from './documents/routes.ts';
import * as graphRoutes from './graph/routes.ts';
import * as mcpRoutes from './mcp/routes.ts';
import { patternRelease } from './patterns/release.ts';
import * as patternRoutes from './patterns/routes.ts';
import { createMemory, type Memory } from './service.ts';
import * as sessionFileRoutes from './session-files/routes.ts';
import * as sessionRoutes from './sessions/routes.ts';

export type { Level } from './levels.ts';
export { PATTERN_KINDS, type PatternKind } from './patterns/kinds.ts';

/** Forgets what people keep in memory who are no members any more; what one run leaves the next one finds. */
const departed: ProductJob<Memory> = { run: (service) => service.forgetDeparted() };

/** Does what changes and deletions left in large sessions of memory; what one run leaves the next one finds. */
const pending: ProductJob<Memory> = { run: (service) => service.doPending() };

/** Digests sessions that messages came to; what one run leaves the next one finds. A large one is in the way of none beside it. */
const digests: ProductJob<Memory> = {
  atOnce: 2,
  whenOff: 'ends',
  run: (service, job) => service.digests.run(job),
};

/** Finds what recurs in sessions. It may hold the steps and statements of a thousand of them in memory: a process does one at a time. */
const patterns: ProductJob<Memory> = {
  atOnce: 1,
  run: (service, job) => service.patterns.extract(job),
};

/** Uses of `db.system` by this package, with the reason why no single account or user owns the work. */
const systemUses = {
  'coditect.departed': 'what was kept in memory by people who are no members any more goes, in all accounts',
  'coditect.pending':
    'what follows from another level or the deletion of a large session is done, in all accounts',
  'coditect.digests': 'sessions of all accounts that messages came to are found; each is read as its author',
};

declare module 'plinth/product' {
  interface ProductSystemUses extends Readonly<typeof systemUses> {}
}

declareLongUses('coditect.departed');

/** The memory of what was said with a tool: sessions, decisions, documents, patterns, the graph, MCP. A part of Coditect. */
export const memory = definePart({
  product: 'coditect',
  name: 'memory',
  folder: import.meta.url,
  dataRules: memoryDataRules,
  systemUses,
  crashPoints: memoryCrashPoints,
  auditActions: memoryAuditActions,
  routes: [
    ...routesOf(sessionRoutes),
    ...routesOf(sessionFileRoutes),
    ...routesOf(decisionRoutes),
    ...routesOf(documentRoutes),
    ...routesOf(contextRoutes),
    ...routesOf(patternRoutes),
    ...routesOf(graphRoutes),
    ...routesOf(summaryRoutes),
    ...routesOf(mcpRoutes),
  ],
  mcpOnStdio: async (server) => (await import('./mcp/stdio.ts')).serveMcpOnStdio(server),
  jobs: { departed, pending, digests, patterns },
  policies: {
    // Somebody waits for it.
    summary: {
      models: ['small', 'large'],
      temperature: 0.2,
      maxOutputTokens: 1_000,
      tries: 2,
      timeouts: { total: 45_000 },
      caps: { runTime: 90_000, inputBytes: 131_072, answerBytes: 65_536 },
    },
  },
  release: patternRelease,
  schedules: {
    departed: { cron: '43 3 * * *', job: 'departed' },
    pending: { cron: '* * * * *', job: 'pending' },
    digests: { cron: '* * * * *', job: 'digests' },
  },
  service: createMemory,
});
