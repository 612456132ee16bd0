import { type Statement, statement } from '#platform/db';
import type { AccountId, JobId, PermitId, UserId } from '#platform/kernel';
import type { Platform, VariantText } from '../platforms.ts';

/** What a creator asked for. */
export interface Brief {
  readonly platform: Platform;
  readonly topic: string;
  readonly tone?: string | undefined;
  readonly audience?: string | undefined;
  readonly brand_voice?: string | undefined;
  readonly language: string;
}

export interface NewGeneration {
  readonly accountId: AccountId;
  readonly userId: UserId;
  readonly draftId: string;
  readonly generationId: string;
  readonly permitId: PermitId;
  readonly jobId: JobId;
  readonly variants: number;
  readonly requestId: string;
}

export type Status = 'queued' | 'running' | 'completed' | 'failed';

export function insertDraft(one: NewGeneration, brief: Brief): Statement {
  return statement(
    `insert into reel.drafts (account_id, id, user_id, platform, topic, tone, audience, brand_voice, language)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      one.accountId,
      one.draftId,
      one.userId,
      brief.platform,
      brief.topic,
      brief.tone ?? null,
      brief.audience ?? null,
      brief.brand_voice ?? null,
      brief.language,
    ],
  );
}

export function insertGeneration(one: NewGeneration): Statement {
  return statement(
    `insert into reel.generations (account_id, id, draft_id, permit_id, job_id, status, variants, request_id)
     values ($1, $2, $3, $4, $5, 'queued', $6, $7)`,
    [one.accountId, one.generationId, one.draftId, one.permitId, one.jobId, one.variants, one.requestId],
  );
}

/** What the worker needs; no row when the generation is final already (a job delivered twice) or gone. */
export interface Task extends Brief {
  readonly draft_id: string;
  readonly variants: number;
}

export function startGeneration(accountId: AccountId, generationId: string): Statement<Task> {
  return statement<Task>(
    `update reel.generations g set status = 'running', updated_at = app.now()
     from reel.drafts d
     where g.account_id = $1 and g.id = $2 and g.status in ('queued', 'running') and d.account_id = $1 and d.id = g.draft_id
     returning d.id as draft_id, g.variants, d.platform, d.topic, d.tone, d.audience, d.brand_voice, d.language`,
    [accountId, generationId],
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

export function completeGeneration(accountId: AccountId, generationId: string): Statement {
  return statement(
    `update reel.generations set status = 'completed', updated_at = app.now() where account_id = $1 and id = $2`,
    [accountId, generationId],
  );
}

export function failGeneration(
  accountId: AccountId,
  generationId: string,
  error: { code: string; message: string },
): Statement {
  return statement(
    `update reel.generations set status = 'failed', error_code = $3, error_message = $4, updated_at = app.now()
     where account_id = $1 and id = $2 and status in ('queued', 'running')`,
    [accountId, generationId, error.code, error.message],
  );
}

export interface GenerationRow {
  readonly id: string;
  readonly draft_id: string;
  readonly platform: Platform;
  readonly status: Status;
  readonly error_code: string | null;
  readonly error_message: string | null;
  readonly request_id: string;
  readonly created_at: Date;
  readonly updated_at: Date;
}

export function readGeneration(accountId: AccountId, generationId: string): Statement<GenerationRow> {
  return statement<GenerationRow>(
    `select g.id, g.draft_id, d.platform, g.status, g.error_code, g.error_message, g.request_id, g.created_at, g.updated_at
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
