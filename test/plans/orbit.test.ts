import { expect, test } from 'vitest';
import { createStripeSandbox } from '#sandbox/stripe';
import { atEndOfFile } from '@plinth/testkit/closing';
import { fixtureOf } from '../organizations/fixture.ts';
import { extractionFixture } from '../../products/orbit/test/extraction-fixture.ts';
import type { Colleague, Workspace } from '../../products/orbit/test/fixture.ts';
import { declarationOf, fileOf, presign } from '../../products/orbit/test/uploads-fixture.ts';
import { expectWhole } from './document.ts';

const RISKS = { type: 'risks', title: 'Risks', content: 'Rain.' };
const BACK = { success_url: 'https://app.example.com/paid', cancel_url: 'https://app.example.com/plans' };

const NO_SUCH_ADDRESS =
  'This server has no call at this path. GET /openapi.json lists all calls, and /docs shows them.';

/**
 * The plan document names its modules and what can be done in each, below `/api`. Here each of these calls is made by that address: `:workspace` and the
 * like are things that are there. Where it names one call twice (`signin`, `me`), both names are tried.
 */
const CALLS: readonly (readonly [call: string, status: number, body?: object])[] = [
  // Auth
  ['POST /api/auth/signup', 201, { email: 'plan@example.com', password: 'Analytical-Engine-1843' }],
  ['POST /api/auth/signin', 401, { email: 'nobody@example.com', password: 'Analytical-Engine-1843' }],
  ['POST /api/auth/refresh', 401, { refresh_token: 'plr_none' }],
  ['POST /api/auth/forgot-password', 202, { email: 'plan@example.com' }],
  ['POST /api/auth/reset-password', 400, { token: 'none', password: 'Analytical-Engine-1843' }],
  ['POST /api/auth/verify-email', 400, { token: 'none' }],
  ['GET /api/auth/me', 200],
  ['GET /api/me', 200],
  ['PATCH /api/auth/me', 200, { full_name: 'Ada' }],
  ['GET /api/auth/google/callback', 400],
  // Onboarding
  ['POST /api/onboarding/workspace', 201, { name: 'A second one' }],
  ['POST /api/onboarding/team', 200, { invitations: [] }],
  ['POST /api/onboarding/goals', 200, { goals: ['proposals'] }],
  ['POST /api/onboarding/subscribe', 200, { plan: 'free' }],
  ['POST /api/onboarding/goals/skip', 200],
  ['GET /api/onboarding/status', 200],
  // Workspaces and members
  ['GET /api/workspaces', 200],
  ['POST /api/workspaces', 201, { name: 'A third one' }],
  ['GET /api/workspaces/:workspace', 200],
  ['PATCH /api/workspaces/:workspace', 200, { name: 'Renamed' }],
  ['GET /api/workspaces/:workspace/members', 200],
  ['POST /api/workspaces/:workspace/invitations', 201, { email: 'guest@example.com', role: 'viewer' }],
  ['PATCH /api/workspaces/:workspace/members/:colleague', 200, { role: 'member' }],
  ['DELETE /api/workspaces/:workspace/members/:colleague', 200],
  ['GET /api/workspaces/:workspace/activity', 200],
  // Projects
  ['POST /api/projects', 201, { name: 'A project' }],
  ['GET /api/projects', 200],
  ['GET /api/projects/:project', 200],
  ['PATCH /api/projects/:project', 200, { name: 'Another name' }],
  // Scopes and their sections
  ['POST /api/scopes', 201, { title: 'A scope' }],
  ['GET /api/scopes?status=draft', 200],
  ['GET /api/scopes/:scope', 200],
  ['PATCH /api/scopes/:scope', 200, { summary: 'What it is.' }],
  ['GET /api/scopes/:scope/sections', 200],
  ['POST /api/scopes/:scope/sections', 201, RISKS],
  ['PATCH /api/scopes/:scope/sections/:section', 200, { title: 'Another title' }],
  ['POST /api/scopes/:scope/sections/reorder', 200, { section_id: ':section', after: null }],
  ['POST /api/scopes/:scope/duplicate', 201, {}],
  // Documents and AI
  ['GET /api/documents', 200],
  ['POST /api/documents/presign', 201, declarationOf('brief.pdf', fileOf('brief.pdf'))],
  ['GET /api/documents/:document', 200],
  ['GET /api/documents/:document/status', 200],
  ['POST /api/ai/extract', 202, { scope_id: ':scope', document_ids: [':document'] }],
  ['POST /api/ai/suggest', 202, { section_id: ':section' }],
  ['POST /api/ai/analyze', 202, { scope_id: ':scope' }],
  // Comments
  ['POST /api/scopes/:scope/comments', 201, { body: 'Shall we?' }],
  ['GET /api/scopes/:scope/comments', 200],
  ['PATCH /api/comments/:comment', 200, { body: 'Shall we not?' }],
  ['POST /api/comments/:comment/resolve', 200],
  ['POST /api/comments/:comment/unresolve', 200],
  ['DELETE /api/comments/:comment', 200],
  // Templates
  ['POST /api/templates', 201, { name: 'Ours', sections: [RISKS] }],
  ['GET /api/templates', 200],
  ['GET /api/templates/:template', 200],
  ['PATCH /api/templates/:template', 200, { name: 'Still ours' }],
  ['POST /api/templates/:template/apply', 200, { scope_id: ':scope', mode: 'append' }],
  ['DELETE /api/templates/:template', 200],
  // Favourites and activity
  ['POST /api/favourites', 201, { scope_id: ':scope' }],
  ['GET /api/favourites', 200],
  ['DELETE /api/favourites/:scope', 200],
  ['GET /api/activity', 200],
  ['GET /api/activity?workspace_id=:workspace', 200],
  ['GET /api/scopes/:scope/activity', 200],
  // Exports, and the ends of things
  ['POST /api/scopes/:scope/export', 202, { format: 'pdf' }],
  ['POST /api/scopes/:scope/export', 202, { format: 'docx' }],
  ['PATCH /api/scopes/:scope/status', 200, { status: 'in_review' }],
  ['DELETE /api/scopes/:scope/sections/:section', 200],
  ['DELETE /api/documents/:upload', 204],
  ['DELETE /api/projects/:project', 200],
  ['DELETE /api/scopes/:scope', 200],
  // Billing
  ['POST /api/billing/checkout', 201, { product: 'orbit', plan: 'pro', cycle: 'monthly', ...BACK }],
  ['POST /api/billing/portal', 201, { return_url: BACK.cancel_url }],
  ['POST /api/billing/webhook', 401, {}],
  ['GET /api/billing/subscription', 404],
  ['GET /api/billing/subscriptions', 200],
  // The ends of what is left
  ['DELETE /api/workspaces/:workspace', 200],
  ['POST /api/auth/signout', 200],
];

const stripe = await createStripeSandbox();
atEndOfFile(() => stripe.close());
const app = await extractionFixture({ stripe });
const { signIn } = fixtureOf(app);

async function create(by: Colleague, path: string, body: object): Promise<string> {
  const reply = await by.post(path, body);
  expect(reply.status).toBe(201);
  return String(reply.body['id']);
}

/** Ids of things that calls name. */
async function thingsOf(workspace: Workspace): Promise<Readonly<Record<string, string>>> {
  const { owner, member } = workspace;
  const scope = await workspace.scope(1);
  const { body } = await member.get(`/v1/scopes/${scope}/sections`);
  const [section] = body['data'] as readonly { readonly id: string }[];
  return {
    ':workspace': workspace.id,
    ':colleague': workspace.viewer.by.userId,
    ':project': await create(member, '/v1/projects', { name: 'First' }),
    ':scope': scope,
    ':section': section?.id ?? '',
    ':comment': await create(owner, `/v1/scopes/${scope}/comments`, { body: 'First.' }),
    ':template': await create(owner, '/v1/templates', { name: 'First', sections: [RISKS] }),
    ':document': await app.document(workspace, ['# Budget\n\nDesign costs €23,000.']),
    ':upload': (await presign(member, 'brief.pdf', fileOf('brief.pdf'))).id,
  };
}

test('each call that the plan document names is answered at its address below /api', async () => {
  const workspace = await app.workspace();
  const things = await thingsOf(workspace);
  const replaceNames = (text: string) => text.replaceAll(/:[a-z]+\b/g, (word) => things[word] ?? word);
  const { email, password, accountId } = workspace.owner.by;
  const token = await signIn(email, password);
  const answers: unknown[] = [];
  for (const [n, [call, , body]] of CALLS.entries()) {
    const { status, body: said } = await app.call(token, replaceNames(call), {
      headers: { 'x-account-id': accountId, 'idempotency-key': `plan-document-${n}` },
      ...(body === undefined ? {} : { body: JSON.parse(replaceNames(JSON.stringify(body))) as object }),
    });
    const error = said['error'] as { readonly message: string } | undefined;
    answers.push([call, status, ...(error === undefined ? [] : [error.message])]);
    expect(error?.message, call).not.toBe(NO_SUCH_ADDRESS);
  }
  const nowhere = await app.call(token, 'GET /api/nothing/of/the/kind');
  expect(nowhere.body).toMatchObject({ error: { message: NO_SUCH_ADDRESS } });
  expect(answers).toEqual(
    CALLS.map(([call, status]) => [call, status, ...(status < 400 ? [] : [expect.any(String)])]),
  );
});

test('the calls of the document are these', () => {
  expectWhole(
    '003',
    CALLS.map(([call]) => call),
  );
});
