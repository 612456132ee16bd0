import { AppError, pageOf, pageQuery, productRoutes, wholeNumber } from 'plinth/product';
import { z } from 'zod';
import type { Versions } from './service.ts';
import { scopeDiff, scopeVersion, shownVersion, version } from './replies.ts';

const route = productRoutes<{ readonly versions: Versions }>();

const reads = {
  tag: 'Orbit scopes',
  auth: 'account',
  may: 'viewer',
  scope: 'orbit:read',
  rate: { perMinute: 600, by: 'account' },
} as const;

const number = wholeNumber(1, 2_000_000_000);

/** A version in a path: a number. */
function numberIn(word: string): number {
  if (!/^[1-9]\d{0,8}$/.test(word)) throw new AppError('version_not_found');
  return Number(word);
}

export const listVersions = route(
  'GET /v1/scopes/:id/versions',
  {
    ...reads,
    summary: 'List the versions of a scope',
    description:
      'Newest first. Each change is in a version; what one person edits within ten minutes is one, so that numbers have gaps.',
    query: z.strictObject(pageQuery),
    reply: { 200: pageOf(version) },
    errors: ['scope_not_found'],
  },
  async ({ accountId, params, query }, { versions }) => {
    const { data, next_cursor } = await versions.list(accountId, params.id, query);
    return { data: data.map(shownVersion), next_cursor };
  },
);

export const readVersion = route(
  'GET /v1/scopes/:id/versions/:number',
  {
    ...reads,
    summary: 'Read a scope as it was',
    params: { number: 'text' },
    reply: { 200: scopeVersion },
    errors: ['scope_not_found', 'version_not_found'],
  },
  async ({ accountId, params }, { versions }) => {
    const { snapshot, ...row } = await versions.read(accountId, params.id, numberIn(params.number));
    return { ...shownVersion(row), scope: snapshot };
  },
);

export const diffVersions = route(
  'GET /v1/scopes/:id/versions/:number/diff',
  {
    ...reads,
    summary: 'Compare two versions of a scope',
    description:
      'Field by field, section by section and line by line, with two lines around each change. From the version before it, when `from` is not said.',
    params: { number: 'text' },
    query: z.strictObject({ from: number.optional().describe('The number of another version.') }),
    reply: { 200: scopeDiff },
    errors: ['scope_not_found', 'version_not_found'],
  },
  async ({ accountId, params, query }, { versions }) => {
    const to = numberIn(params.number);
    return versions.diff(accountId, params.id, { from: query.from, to });
  },
);
