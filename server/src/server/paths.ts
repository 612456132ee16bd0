import type { Route } from '#platform/http';

/**
 * Other names of whole parts of the API, with everything below them, from plan documents that name them differently. An alias
 * only answers where its calls exist, and where no call has the path itself. Another name of one call is an alias of its route.
 */
const ALIASES: readonly (readonly [alias: string, path: string])[] = [
  ['/v1/workspaces/', '/v1/organizations/'],
];

/** Paths that the bare base path doesn't claim: the root itself, and what is at it. */
const OWN_ROOTS = /^\/$|^\/(v1|api|app|docs|\.well-known)(\/|$)|^\/(healthz|readyz|metrics|openapi\.json)$/;

/** Google's protocol asks for something of an object by `:verb` behind its name, which a router would take for a parameter. */
const VERB = /^(\/v1\/ai\/google\/.+):([a-z]\w*)$/i;

/** Turns each path that a call answers under into the one that it is mounted at. */
export function pathRewriter(
  routes: readonly Route[],
  basePath: string | undefined,
): (url: string) => string {
  const aliases = ALIASES.filter(([, path]) => routes.some((route) => isUnder(route.path, path)));
  const own = routes
    .filter(({ path }) => aliases.some(([alias]) => isUnder(path, alias)))
    .map(({ path }) => new RegExp(`^${path.replaceAll(/:[^/]+/g, '[^/]+')}$`));
  const base = basePath === undefined ? undefined : basePath.replace(/\/+$/, '');
  return (url) => {
    const query = url.indexOf('?');
    const path = query === -1 ? url : url.slice(0, query);
    const asked = toVersioned(withoutSlash(path), base).replace(VERB, '$1/$2');
    const mounted = own.some((one) => one.test(asked)) ? asked : resolveAlias(aliases, asked);
    return mounted + (query === -1 ? '' : url.slice(query));
  };
}

function withoutSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

/** `/api/v1/x` and `/api/x` are `/v1/x`; so is `x` below the base path, if there is one. */
function toVersioned(path: string, base: string | undefined): string {
  if (path.startsWith('/v1/')) return path;
  if (path.startsWith('/api/v1/')) return path.slice('/api'.length);
  if (path.startsWith('/api/')) return `/v1${path.slice('/api'.length)}`;
  if (base === undefined || !path.startsWith(`${base}/`) || OWN_ROOTS.test(path)) return path;
  const rest = path.slice(base.length);
  return rest.startsWith('/v1/') ? rest : `/v1${rest}`;
}

function resolveAlias(aliases: typeof ALIASES, path: string): string {
  for (const [alias, target] of aliases) {
    if (!isUnder(path, alias)) continue;
    return target.slice(0, -1) + path.slice(alias.length - 1);
  }
  return path;
}

function isUnder(path: string, place: string): boolean {
  return path === place.slice(0, -1) || path.startsWith(place);
}
