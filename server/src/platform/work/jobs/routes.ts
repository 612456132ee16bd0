import {
  accountFilter,
  answer,
  namedObject,
  okReply,
  pageOf,
  pageQuery,
  page,
  positionOf,
  routesFor,
  routesOf,
} from '#platform/http';
import { type AccountId, AppError } from '#platform/kernel';
import { z } from 'zod';
import { LANES } from './job.ts';
import type { Jobs } from './jobs.ts';
import { type AdminJobRow, type JobRow, STATES } from './listing.ts';

const route = routesFor<Pick<Jobs, 'listing' | 'deadLetters'>>();

const jobReply = namedObject('Job', {
  id: z.uuid(),
  kind: z.string().describe('What it does: `product.job`.'),
  lane: z.enum(LANES),
  status: z.enum(STATES).describe('`dead`: it failed for good.'),
  progress: namedObject('JobProgress', { done: z.int(), total: z.int() })
    .nullable()
    .describe('null: it has not told how far it is.'),
  attempt: z.int().describe('0 before the first.'),
  error: z.string().nullable().describe('Why its last attempt failed: an error code, or a few words.'),
  run_at: z.iso.datetime().describe('When it was, or will be, due.'),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});

const adminJobReply = namedObject('AdminJob', {
  ...jobReply.shape,
  account_id: z.uuid().describe('The nil UUID: a schedule enqueued it.'),
  payload: z.record(z.string(), z.string()).describe('Ids only.'),
  permit_id: z.uuid().nullable(),
  max_attempts: z.int().describe('How often it may be tried.'),
  request_id: z.string(),
});

const position = z.tuple([z.uuid()]);

export const listJobs = route(
  'GET /v1/jobs',
  {
    summary: 'List the jobs of the account, newest first',
    description: 'Those that are done or cancelled are kept for a day.',
    tag: 'Jobs',
    auth: 'account',
    may: 'viewer',
    scope: 'jobs:read',
    rate: { perMinute: 600, by: 'account' },
    query: z.strictObject({ status: z.enum(STATES).optional(), ...pageQuery }),
    reply: { 200: pageOf(jobReply) },
  },
  async ({ accountId, query: { status: state, limit, cursor } }, { listing }) => {
    const rows = await listing.list(accountId, { state, limit: limit + 1, before: cursorId(cursor) });
    return page(rows, limit, { item: toJobReply, position: ({ id }) => [id] });
  },
);

export const readJob = route(
  'GET /v1/jobs/:id',
  {
    summary: 'Read the status and progress of a job',
    tag: 'Jobs',
    auth: 'account',
    may: 'viewer',
    scope: 'jobs:read',
    rate: { perMinute: 600, by: 'account' },
    reply: { 200: jobReply },
    errors: ['not_found'],
  },
  async ({ accountId, params }, { listing }) => {
    const row = await listing.read(accountId, params.id);
    if (row === undefined) throw new AppError('not_found', { message: 'There is no such job.' });
    return toJobReply(row);
  },
);

export const listAllJobs = route(
  'GET /v1/admin/jobs',
  {
    summary: 'List jobs of all accounts, newest first (dead jobs by default)',
    tag: 'Admin',
    auth: 'admin',
    scope: 'admin:read',
    rate: { perMinute: 120, by: 'user' },
    query: z.strictObject({
      status: z.enum(STATES).default('dead'),
      kind: z.string().min(1).max(100).optional(),
      lane: z.enum(LANES).optional(),
      ...accountFilter,
      ...pageQuery,
    }),
    reply: { 200: pageOf(adminJobReply) },
  },
  async ({ query: { status, account_id, limit, cursor, ...filter } }, { deadLetters }) => {
    const rows = await deadLetters.list(
      { ...filter, state: status, accountId: account_id as AccountId | undefined },
      { limit: limit + 1, before: cursorId(cursor) },
    );
    return page(rows, limit, { item: toAdminJobReply, position: ({ id }) => [id] });
  },
);

export const readAnyJob = route(
  'GET /v1/admin/jobs/:id',
  {
    summary: 'Read a job of any account',
    tag: 'Admin',
    auth: 'admin',
    scope: 'admin:read',
    rate: { perMinute: 120, by: 'user' },
    reply: { 200: adminJobReply },
    errors: ['not_found'],
  },
  async ({ params }, { deadLetters }) => toAdminJobReply(await deadLetters.read(params.id)),
);

export const replayJob = route(
  'POST /v1/admin/jobs/:id/replay',
  {
    summary: 'Run a dead job again',
    description:
      'What it spends is admitted and charged anew, for its account and its user: a limit of theirs may refuse it. A job that runs again is dead no more, so that a second call is refused.',
    tag: 'Admin',
    auth: 'admin',
    scope: 'admin:write',
    rate: { perMinute: 60, by: 'user' },
    reply: { 200: adminJobReply },
    errors: ['not_found', 'job_not_dead', 'job_not_replayable', 'plan_required', 'product_off'],
  },
  async ({ params, caller, origin, onceInSteps }, { deadLetters }) => {
    const { account_id: account } = await deadLetters.read(params.id);
    const run = async () =>
      answer(200, toAdminJobReply(await deadLetters.replay(params.id, { caller, origin })));
    return onceInSteps({ run, isOver: (error) => error instanceof AppError }, { account });
  },
);

export const discardJob = route(
  'DELETE /v1/admin/jobs/:id',
  {
    summary: 'Delete a dead job',
    tag: 'Admin',
    auth: 'admin',
    scope: 'admin:write',
    rate: { perMinute: 60, by: 'user' },
    reply: { 200: okReply },
    errors: ['not_found', 'job_not_dead'],
  },
  async ({ params, caller, origin }, { deadLetters }) => {
    await deadLetters.discard(params.id, { caller, origin });
    return { ok: true };
  },
);

function cursorId(cursor: string | undefined): string | undefined {
  return cursor === undefined ? undefined : positionOf(cursor, position)[0];
}

function toJobReply(row: JobRow): z.infer<typeof jobReply> {
  const { progress_done: done, progress_total: total } = row;
  return {
    id: row.id,
    kind: row.kind,
    lane: row.lane,
    status: row.state,
    progress: done === null || total === null ? null : { done, total },
    attempt: row.attempt,
    error: row.error,
    run_at: row.run_at.toISOString(),
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

function toAdminJobReply(row: AdminJobRow): z.infer<typeof adminJobReply> {
  const { account_id, payload, permit_id, attempts: max_attempts, request_id } = row;
  return { ...toJobReply(row), account_id, payload, permit_id, max_attempts, request_id };
}

/** Jobs as their accounts see them, and as platform admins do. */
export const jobsRoutes = routesOf({ listJobs, readJob, listAllJobs, readAnyJob, replayJob, discardJob });
