import type { FastifyInstance } from 'fastify';
import { AppError, equalInConstantTime, inTime } from '#platform/kernel';
import type { Dependency, ServerParts } from './parts.ts';

/** How long a dependency has to answer, and how long its answer is good for: anybody may ask. */
const PATIENCE = 2_000;
const FRESH = 1_000;
const PROMETHEUS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Calls for those who run the server, answered while it stops too. */
export const OPERATIONS: ReadonlySet<string> = new Set(['/healthz', '/v1/health', '/readyz', '/metrics']);

interface Readiness {
  readonly status: 'ready' | 'degraded' | 'unready' | 'stopping';
  readonly dependencies: Readonly<Record<string, { readonly state: 'ok' | 'down'; readonly ms: number }>>;
}

/** /healthz, /readyz, /metrics, /v1/health: for those who run the server. */
export function mountOperations(app: FastifyInstance, parts: ServerParts, isStopping: () => boolean): void {
  const { settings } = parts;
  const readiness = memoize(parts, () => readinessOf(parts.dependencies));
  app.get('/healthz', async () => ({ status: 'ok' }));
  app.get('/v1/health', async () => ({ status: 'ok', version: settings.version }));
  app.get('/readyz', async (_request, reply) => {
    const now: Readiness = await readiness();
    const status = isStopping() ? 'stopping' : now.status;
    if (status !== 'ready' && status !== 'degraded') reply.code(503).header('retry-after', '1');
    return { ...now, status };
  });
  // A port of its own takes the metrics away from the one that the world sees.
  if (settings.metricsPort === undefined) mountMetrics(app, parts);
}

/** /metrics: with the token where one is set; without one on a port of its own alone, since a proxy on this machine passes all else on. */
export function mountMetrics(app: FastifyInstance, parts: ServerParts): void {
  const { metricsToken, metricsPort } = parts.settings;
  app.get('/metrics', async (request, reply) => {
    const given = request.headers.authorization ?? '';
    if (metricsToken !== undefined && !equalInConstantTime(given, `Bearer ${metricsToken}`))
      throw new AppError('unauthenticated');
    if (metricsToken === undefined && metricsPort === undefined) throw new AppError('not_found');
    reply.type(PROMETHEUS_TYPE);
    return parts.telemetry.prometheus();
  });
}

async function readinessOf(dependencies: readonly Dependency[]): Promise<Readiness> {
  const states = await Promise.all(
    dependencies.map(async ({ name, required, check }) => {
      const began = performance.now();
      const state: 'ok' | 'down' = await inTime(PATIENCE, check, () => new Error('no answer in time')).then(
        () => 'ok',
        () => 'down',
      );
      return { name, required, state, ms: Math.round(performance.now() - began) };
    }),
  );
  const down = states.filter(({ state }) => state === 'down');
  const status = down.length === 0 ? 'ready' : down.some(({ required }) => required) ? 'unready' : 'degraded';
  return {
    status,
    dependencies: Object.fromEntries(states.map(({ name, state, ms }) => [name, { state, ms }])),
  };
}

function memoize<T>(parts: ServerParts, ask: () => Promise<T>): () => Promise<T> {
  let last: { readonly at: number; readonly answer: Promise<T> } | undefined;
  return () => {
    const now = parts.clock.monotonic();
    if (last === undefined || now - last.at > FRESH) last = { at: now, answer: ask() };
    return last.answer;
  };
}
