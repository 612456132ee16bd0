import type { Statement } from '#platform/db';
import { type AccountId, createIds, systemClock, systemRandom } from '#platform/kernel';
import { listDocuments } from '../documents/store.ts';
import { listAnalyses } from '../analysis/store.ts';
import { listExtractions } from '../extraction/store.ts';
import { listExports } from '../exports/store.ts';
import { changeProject, listProjects } from '../projects/store.ts';
import { changeScope, listScopes, SCOPE_SORTS } from '../scopes/store.ts';
import { changeWorkspace } from '../workspaces/store.ts';
import { collaborationStatements } from '@plinth/testkit/fixtures/orbit/collaboration';

const account = createIds({ clock: systemClock, random: systemRandom }).next<AccountId>();
const which = { accountId: account, id: account, version: 1 };
const every = {
  status: 'draft',
  project_id: account,
  client_name: 'a',
  created_by: account,
  q: 'b',
  deleted: false,
} as const;

/** Statements whose text only a run knows, as calls of what makes them: test/statements.test.ts has the database look at them. */
export const statements: Readonly<Record<string, readonly Statement[]>> = {
  ...collaborationStatements,
  'documents/store.ts listDocuments': [undefined, { at: 1, id: account }].map((after) =>
    listDocuments(account, {
      scopeId: account,
      projectId: account,
      status: 'pending',
      after,
      limit: 1,
    }),
  ),
  'exports/store.ts listExports': [undefined, { at: 1, id: account }].map((after) =>
    listExports(account, { scopeId: account, after, limit: 1 }),
  ),
  'projects/store.ts listProjects': [undefined, { at: 1, id: account }].flatMap((after) =>
    ['a', undefined].map((client_name) =>
      listProjects(account, { archived: false, client_name, after, limit: 1 }),
    ),
  ),
  'projects/store.ts changeProject': [
    changeProject(which, { name: 'a', client_name: null, archived: true }),
    changeProject(which, { archived: false }),
  ],
  'extraction/store.ts listExtractions': [undefined, { at: 1, id: account }].map((after) =>
    listExtractions(account, { scopeId: account, after, limit: 1 }),
  ),
  'analysis/store.ts listAnalyses': [undefined, { at: 1, id: account }].flatMap((after) =>
    (['suggest', undefined] as const).map((kind) =>
      listAnalyses(account, { scopeId: account, kind, after, limit: 1 }),
    ),
  ),
  'scopes/store.ts listScopes': SCOPE_SORTS.flatMap((sort) =>
    [undefined, { at: sort.endsWith('title') ? 'a' : 1, id: account }].flatMap((after) =>
      [undefined, [account]].map((among) =>
        listScopes(account, { filters: every, among, sort, after, limit: 1 }),
      ),
    ),
  ),
  'scopes/store.ts changeScope': [
    changeScope(which, {
      title: 'a',
      client_name: null,
      project_id: null,
      summary: 'b',
      currency: 'USD',
      status: 'draft',
      confidence: 0.5,
    }),
  ],
  'workspaces/store.ts changeWorkspace': [
    changeWorkspace(account, 1, {
      slug: 'a',
      logo_blob_id: null,
      colours: { primary: '#000000', accent: '#ffffff' },
      privacy: 'standard',
      settings: { currency: 'USD' },
    }),
  ],
};
