import {
  type AccountId,
  type JobId,
  type PermitId,
  type Statement,
  statement,
  type UserId,
  type WorkStatus,
} from 'plinth/product';
import type { Platform, VariantText } from '../platforms.ts';

/** A creator's brief. */
export interface Brief {
  readonly platform: Platform;
  readonly topic: string;
  readonly tone?: string | null | undefined;
  readonly audience?: string | null | undefined;
  readonly brand_voice?: string | null | undefined;
  readonly language: string;
}

/** The parts of a variant. */
export const PARTS = ['hook', 'body', 'cta', 'hashtags'] as const;
export type Part = (typeof PARTS)[number];

/** Purpose of a generation: a new draft, one part of a variant of an old one, or more variants of it. */
export type Purpose =
  | { readonly mode: 'create' }
  | {
      readonly mode: 'targeted';
      readonly target: Part;
      readonly base: string;
      readonly instructions?: string;
    }
  | { readonly mode: 'full'; readonly instructions?: string };

export interface NewGeneration {
  readonly accountId: AccountId;
  readonly draftId: string;
  readonly generationId: string;
  readonly permitId: PermitId;
  readonly jobId: JobId;
  readonly requestId: string;
  readonly purpose: Purpose;
  /** How many are asked for. */
  readonly variants: number;
}

export function insertDraft(
  { accountId, draftId, userId }: { accountId: AccountId; draftId: string; userId: UserId },
  brief: Brief,
): Statement {
  return statement(
    `insert into reel.drafts (account_id, id, user_id, platform, topic, tone, audience, brand_voice, language)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      accountId,
      draftId,
      userId,
      brief.platform,
      brief.topic,
      brief.tone ?? null,
      brief.audience ?? null,
      brief.brand_voice ?? null,
      brief.language,
    ],
  );
}

export function insertGeneration({ purpose, ...one }: NewGeneration): Statement {
  const part = purpose.mode === 'targeted' ? purpose : undefined;
  return statement(
    `insert into reel.generations (account_id, id, draft_id, permit_id, job_id, mode, target, instructions, base_variant_id, status, variants, request_id)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'queued', $10, $11)`,
    [
      one.accountId,
      one.generationId,
      one.draftId,
      one.permitId,
      one.jobId,
      purpose.mode,
      part?.target ?? null,
      purpose.mode === 'create' ? null : (purpose.instructions ?? null),
      part?.base ?? null,
      one.variants,
      one.requestId,
    ],
  );
}

/** The draft to be regenerated, and its selected variant if it has one. */
export function findDraft(accountId: AccountId, draftId: string): Statement<{ selected: string | null }> {
  return statement(
    'select selected_variant_id as selected from reel.drafts where account_id = $1 and id = $2',
    [accountId, draftId],
  );
}

/** Facts for the worker; no row when the generation is final already (a job delivered twice) or gone. */
export interface Task extends Brief {
  readonly draft_id: string;
  readonly target: Part | null;
  readonly instructions: string | null;
  /** How many are asked for, and how many of them an earlier attempt has stored. */
  readonly variants: number;
  readonly stored: number;
  /** The variant that a targeted regeneration changes a part of. */
  readonly base: VariantText | null;
}

export function readTask(accountId: AccountId, generationId: string): Statement<Task> {
  return statement<Task>(
    `select d.id as draft_id, g.target, g.instructions, g.variants, d.platform, d.topic, d.tone, d.audience, d.brand_voice, d.language,
       (select count(*)::int from reel.variants v where v.account_id = $1 and v.generation_id = g.id) as stored,
       (select jsonb_build_object('hook', v.hook, 'body', v.body, 'cta', v.cta, 'hashtags', v.hashtags)
        from reel.variants v where v.account_id = $1 and v.id = g.base_variant_id) as base
     from reel.generations g join reel.drafts d on d.account_id = g.account_id and d.id = g.draft_id
     where g.account_id = $1 and g.id = $2 and g.status in ('queued', 'running')`,
    [accountId, generationId],
  );
}

/** Hooks that the generation's draft has already, the newest first; of one that a model made a page of, how it begins. */
export function hooksWritten(
  accountId: AccountId,
  { generationId, most }: { generationId: string; most: number },
): Statement<{ hook: string }> {
  return statement(
    `select left(v.hook, 200) as hook from reel.generations g join reel.variants v on v.account_id = g.account_id and v.draft_id = g.draft_id
     where g.account_id = $1 and g.id = $2 order by v.id desc limit $3`,
    [accountId, generationId, most],
  );
}

export interface NewVariant extends VariantText {
  readonly id: string;
  readonly position: number;
  readonly over_length: boolean;
}

export function insertVariants(
  accountId: AccountId,
  of: { generationId: string; draftId: string },
  variants: readonly NewVariant[],
): Statement {
  return statement(
    `insert into reel.variants (account_id, id, generation_id, draft_id, position, hook, body, cta, hashtags, over_length)
     select $1, v.id, $2, $3, v.position, v.hook, v.body, v.cta, v.hashtags, v.over_length
     from jsonb_to_recordset($4::jsonb) as v (id uuid, position integer, hook text, body text, cta text, hashtags text[], over_length boolean)`,
    [accountId, of.generationId, of.draftId, JSON.stringify(variants)],
  );
}

/** Marks progress of a generation, and makes a cancellation wait for the commit. */
export function touchGeneration(accountId: AccountId, generationId: string): Statement {
  return statement(`update reel.generations set updated_at = app.now() where account_id = $1 and id = $2`, [
    accountId,
    generationId,
  ]);
}

/** Ends a generation as it came out; one that is final already stays what it is. */
export function endGeneration(
  accountId: AccountId,
  generationId: string,
  end: { status: 'completed' | 'cancelled' } | { status: 'failed'; code: string; message: string },
): Statement {
  const error = end.status === 'failed' ? end : undefined;
  return statement(
    `update reel.generations set status = $3, error_code = $4, error_message = $5, updated_at = app.now()
     where account_id = $1 and id = $2 and status in ('queued', 'running')`,
    [accountId, generationId, end.status, error?.code ?? null, error?.message ?? null],
  );
}

/** Puts a failed generation back, for its job will run again. */
export function reviveGeneration(accountId: AccountId, generationId: string): Statement {
  return statement(
    `update reel.generations set status = 'queued', error_code = null, error_message = null, updated_at = app.now()
     where account_id = $1 and id = $2 and status = 'failed'`,
    [accountId, generationId],
  );
}

/** Locks a generation against its worker's commits, to decide whether it can be cancelled. */
export function lockGeneration(
  accountId: AccountId,
  generationId: string,
): Statement<{ status: WorkStatus; draft_id: string; job_id: JobId }> {
  return statement(
    `select status, draft_id, job_id from reel.generations where account_id = $1 and id = $2 for no key update`,
    [accountId, generationId],
  );
}

export function countVariants(accountId: AccountId, generationId: string): Statement<{ stored: number }> {
  return statement(
    'select count(*)::int as stored from reel.variants where account_id = $1 and generation_id = $2',
    [accountId, generationId],
  );
}

export interface GenerationRow {
  readonly id: string;
  readonly draft_id: string;
  readonly platform: Platform;
  readonly mode: Purpose['mode'];
  readonly target: Part | null;
  readonly status: WorkStatus;
  readonly asked: number;
  readonly error_code: string | null;
  readonly error_message: string | null;
  readonly request_id: string;
  readonly created_at: Date;
  readonly updated_at: Date;
}

export function readGeneration(accountId: AccountId, generationId: string): Statement<GenerationRow> {
  return statement<GenerationRow>(
    `select g.id, g.draft_id, d.platform, g.mode, g.target, g.variants as asked, g.error_code, g.error_message,
       case when g.status = 'queued' and jobs.has_begun(g.account_id, g.job_id) then 'running' else g.status end as status,
       g.request_id, g.created_at, g.updated_at
     from reel.generations g join reel.drafts d on d.account_id = g.account_id and d.id = g.draft_id
     where g.account_id = $1 and g.id = $2`,
    [accountId, generationId],
  );
}

export interface VariantRow extends VariantText {
  readonly id: string;
  readonly over_length: boolean;
}

export function readVariants(accountId: AccountId, generationId: string): Statement<VariantRow> {
  return statement<VariantRow>(
    `select id, hook, body, cta, to_jsonb(hashtags) as hashtags, over_length from reel.variants
     where account_id = $1 and generation_id = $2 order by position`,
    [accountId, generationId],
  );
}
