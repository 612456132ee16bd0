import type { Route } from '#platform/http';
import { z } from 'zod';

/** Words that end a path or begin its last part, and say what a call does: `POST /v1/permits/:id/settle` is `settlePermit`. */
const VERBS: Readonly<Record<string, ReadonlySet<string>>> = {
  GET: new Set('download export load open preview query search'.split(' ')),
  POST: new Set(
    `accept acquire activate analyze apply borrow cancel change close complete confirm deactivate duplicate exchange export extend extract
    install login logout move open presign preview read refresh regenerate register reinstate release replay resend reset resolve restore
    resume revoke rotate run search settle skip start subscribe suggest supersede suspend test transfer unresolve upsert validate verify
    write`.split(/\s+/),
  ),
};

const BY_METHOD = { GET: 'get', POST: 'create', PUT: 'set', PATCH: 'update', DELETE: 'delete' } as const;

/**
 * The name of a call, which generated clients give its function: a verb, then what the path names. The verb is the path's last word where
 * that is one, `list` where a page of `data` is answered, and otherwise the method's. `ai`, and `auth` before a verb, are no
 * things. A route may name itself (`operation`).
 */
export function operationIdOf(route: Route): string {
  if (route.shape.operation !== undefined) return route.shape.operation;
  const segments = route.path
    .replace(/^\/v1\/(?:ai\/)?/, '/')
    .split('/')
    .slice(1);
  const last = segments.at(-1) ?? '';
  const isAction = VERBS[route.method]?.has(last.split('-')[0] ?? '') === true;
  const verb = isAction ? camelCase(last) : isList(route) ? 'list' : BY_METHOD[route.method];
  const named = isAction ? segments.slice(segments[0] === 'auth' ? 1 : 0, -1) : segments;
  const nouns = named.flatMap((segment, index) => {
    if (segment.startsWith(':')) return [];
    const isLast = index === named.length - 1;
    const isOne = named[index + 1]?.startsWith(':') === true || (isLast && (isAction || verb === 'create'));
    return [pascalCase(isOne ? singularOf(segment) : segment)];
  });
  return verb + nouns.join('');
}

function isList({ method, shape }: Route): boolean {
  const reply = shape.reply[200];
  return method === 'GET' && reply instanceof z.ZodObject && reply.shape['data'] instanceof z.ZodArray;
}

const camelCase = (segment: string): string =>
  segment.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

const pascalCase = (segment: string): string =>
  segment
    .split(/[^a-zA-Z0-9]+/)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('');

function singularOf(segment: string): string {
  if (segment.endsWith('analyses')) return segment.replace(/es$/, 'is');
  return segment.replace(/ies$/, 'y').replace(/(?<![su])s$/, '');
}
