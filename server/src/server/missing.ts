import type { FastifyInstance } from 'fastify';
import { AppError } from '#platform/kernel';

/**
 * Message of a 404 that was thrown without a sentence of its own: the kind of thing that the route's path names. It follows from the route
 * alone, so a missing object and one of another account have the same answer. undefined for a path that names no object.
 */
export function missingObject(routeUrl: string | undefined): string | undefined {
  const [, segment = '', param = ''] = /.*\/([a-z-]+)\/:(\w+)/.exec(routeUrl ?? '') ?? [];
  const kind = /^(?!user_|external_)(\w+)_id$/.exec(param)?.[1] ?? singularOf(segment);
  return kind === undefined ? undefined : `There is no such ${kind.replaceAll(/[-_]/g, ' ')} here.`;
}

function singularOf(segment: string): string | undefined {
  if (segment === 'api-keys') return 'API key';
  if (segment === 'analyses') return 'analysis';
  if (segment.endsWith('ies')) return `${segment.slice(0, -3)}y`;
  return segment.endsWith('s') ? segment.slice(0, -1) : undefined;
}

/**
 * Watches the routes that are mounted, and answers the error of a request that none of them takes: 405 with `Allow` where its path
 * takes other methods, otherwise 404. Paths are compared only then, so that calls pay nothing for it.
 */
export function watchRoutes(app: FastifyInstance): (method: string, url: string) => AppError {
  const mounted: { readonly segments: readonly string[]; readonly methods: readonly string[] }[] = [];
  app.addHook('onRoute', ({ url, method }) => {
    mounted.push({ segments: url.split('/'), methods: [method].flat() });
  });
  return (method, asked) => {
    const [path = ''] = asked.split('?', 1);
    // Cut once, and no further than any route goes: a path of slashes alone is one of thousands of segments.
    const given = path.split('/', Math.max(...mounted.map(({ segments }) => segments.length)) + 1);
    const methods = new Set(
      mounted.filter(({ segments }) => isAt(segments, given)).flatMap((one) => one.methods),
    );
    if (methods.size === 0 || methods.has(method)) return new AppError('not_found', { message: NO_PATH });
    const allow = [...methods].toSorted().join(', ');
    return new AppError('method_not_allowed', {
      message: `This path does not take ${method}. It takes ${allow}.`,
      headers: { allow },
    });
  };
}

const NO_PATH =
  'This server has no call at this path. GET /openapi.json lists all calls, and /docs shows them.';

/** Whether a path, cut into segments, is one of a route's: `:name` stands for any segment. */
export function isAt(wanted: readonly string[], given: readonly string[]): boolean {
  return (
    wanted.length === given.length &&
    wanted.every((segment, index) =>
      segment.startsWith(':') ? given[index] !== '' : segment === given[index],
    )
  );
}
