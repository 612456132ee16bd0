import { namedObject, type Progress, WORK_STATUSES, z } from 'plinth/product';
import type { AnswerRow } from './store.ts';

/** An answer as callers see it. */
export const answerReply = namedObject('SampleAnswer', {
  id: z.uuid(),
  question: z.string(),
  title: z.string().nullable().describe('A name that you gave it.'),
  answer: z.string().nullable().describe('Null until its status is `completed`.'),
  status: z.enum(WORK_STATUSES),
  error: namedObject('SampleAnswerError', { code: z.string(), message: z.string() })
    .optional()
    .describe('Why it failed; it did not count against your plan.'),
  request_id: z.string(),
  version: z.int().describe('Counts your changes; the ETag.'),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  deleted_at: z.iso.datetime().nullable().describe('In the trash since; 30 days later it is gone.'),
});

export function shownAnswer(row: AnswerRow): z.input<typeof answerReply> {
  return {
    id: row.id,
    question: row.question,
    title: row.title,
    answer: row.answer,
    status: row.status,
    ...shownError(row),
    request_id: row.request_id,
    version: row.version,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
    deleted_at: row.deleted_at?.toISOString() ?? null,
  };
}

/** What a follower is told: its status as it changes, and at last the whole. */
export function progressOf(row: AnswerRow): Progress {
  return { status: row.status, ...shownError(row), results: [], whole: () => shownAnswer(row) };
}

function shownError({ error_code: code, error_message: message }: AnswerRow) {
  return code === null ? {} : { error: { code, message: message ?? '' } };
}

/** As the docs show it. */
export const ANSWER = {
  id: '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a01',
  question: 'Why do small teams ship faster?',
  title: null,
  answer: 'Fewer people have to agree before something happens.',
  status: 'completed',
  request_id: '0193a5c8-7d1d-7000-8000-3c1c5a5b0a00',
  version: 1,
  created_at: '2026-11-20T08:00:00.000Z',
  updated_at: '2026-11-20T08:00:01.200Z',
  deleted_at: null,
} as const;
