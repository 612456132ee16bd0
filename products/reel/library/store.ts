import {
  type AccountId,
  instantOf,
  microsecondsOf,
  olderThan,
  type Statement,
  statement,
  type TimePosition,
  trashOf,
  type UserId,
  valuesOf,
  versionUpdate,
  type WhichVersion,
} from 'plinth/product';
import { type Platform, PLATFORM_NAMES, type VariantText } from '../platforms.ts';

export const STATUSES = ['draft', 'ready', 'published', 'archived'] as const;
export type Status = (typeof STATUSES)[number];

export interface AssetRow extends VariantText {
  readonly id: string;
  readonly draft_id: string | null;
  readonly variant_id: string | null;
  readonly platform: Platform;
  readonly language: string;
  readonly title: string | null;
  readonly tags: readonly string[];
  readonly status: Status;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly deleted_at: Date | null;
}

const SHOWN = `id, draft_id, variant_id, platform, language, title, hook, body, cta, to_jsonb(hashtags) as hashtags,
  to_jsonb(tags) as tags, status, version, created_at, updated_at, deleted_at`;

/** Texts travel as JSON: each engine has its own way with arrays. */
const texts = (value: string) => `array(select jsonb_array_elements_text(${value}::jsonb))`;

export interface NewAsset {
  readonly accountId: AccountId;
  readonly id: string;
  readonly userId: UserId;
  readonly title: string | undefined;
  readonly tags: readonly string[];
  readonly status: Status;
}

/** Copies a variant; no row when there is no such variant of such a draft. Without a title it has the draft's. */
export function copyVariant(
  asset: NewAsset,
  of: { readonly draftId: string; readonly variantId: string },
): Statement<AssetRow> {
  return statement<AssetRow>(
    `insert into reel.assets (account_id, id, user_id, draft_id, variant_id, platform, language, title, hook, body, cta, hashtags, tags, status)
     select $1, $2, $3, d.id, v.id, d.platform, d.language, coalesce($4, d.title), v.hook, v.body, v.cta, v.hashtags, ${texts('$5')}, $6
     from reel.variants v join reel.drafts d on d.account_id = v.account_id and d.id = v.draft_id
     where v.account_id = $1 and v.id = $8 and v.draft_id = $7 returning ${SHOWN}`,
    [...partsOf(asset), of.draftId, of.variantId],
  );
}

/** A post that a creator has written elsewhere. */
export interface Content extends VariantText {
  readonly platform: Platform;
  readonly language: string;
}

export function insertAsset(asset: NewAsset, content: Content): Statement<AssetRow> {
  return statement<AssetRow>(
    `insert into reel.assets (account_id, id, user_id, title, tags, status, platform, language, hook, body, cta, hashtags)
     values ($1, $2, $3, $4, ${texts('$5')}, $6, $7, $8, $9, $10, $11, ${texts('$12')}) returning ${SHOWN}`,
    [
      ...partsOf(asset),
      content.platform,
      content.language,
      content.hook,
      content.body,
      content.cta,
      JSON.stringify(content.hashtags),
    ],
  );
}

function partsOf({ accountId, id, userId, title, tags, status }: NewAsset): unknown[] {
  return [accountId, id, userId, title ?? null, JSON.stringify(tags), status];
}

/** An asset, in use or in the trash. */
export function readAsset(accountId: AccountId, id: string): Statement<AssetRow> {
  return statement<AssetRow>(`select ${SHOWN} from reel.assets where account_id = $1 and id = $2`, [
    accountId,
    id,
  ]);
}

export type AssetChange = {
  readonly [Field in 'title' | 'tags' | 'status' | keyof VariantText]?: AssetRow[Field] | undefined;
};

/** Changes an asset in use of this version (any, when not said). No row: there is none, or it has another version. */
export function changeAsset(which: WhichVersion, change: AssetChange): Statement<AssetRow> {
  const { text, values } = versionUpdate({ table: 'reel.assets', returning: SHOWN }, which, (put) => ({
    sets: Object.entries(change).map(([field, value]) =>
      typeof value === 'object' && value !== null
        ? `${field} = ${texts(put(JSON.stringify(value)))}`
        : `${field} = ${put(value)}`,
    ),
    where: ['deleted_at is null'],
  }));
  return statement<AssetRow>(text, values);
}

/** Assets that were deleted: `trash.trashing`, `trash.restoring`, and for good 30 days later. */
export const trash = trashOf('reel.assets');

/** Which assets: all that are said. */
export interface AssetFilters {
  readonly platform?: Platform | undefined;
  readonly status?: Status | undefined;
  /** Each of them. */
  readonly tags?: readonly string[] | undefined;
  /** Words, in the syntax of web searches. */
  readonly q?: string | undefined;
  /** Those in the trash, in place of those in use. */
  readonly deleted?: boolean | undefined;
}

export type FoundRow = AssetRow & TimePosition;
const PLACED = `${SHOWN}, ${microsecondsOf('created_at')} as at`;

/**
 * A page of assets, newest first, from a place in that order on. By platform or status it is put together from slices
 * of an index that each have their order already, one for every platform and status that may occur: twenty at most.
 */
export function listAssets(
  accountId: AccountId,
  { platform, status, deleted }: Omit<AssetFilters, 'tags' | 'q'>,
  { after, limit }: { readonly after: TimePosition | undefined; readonly limit: number },
): Statement<FoundRow> {
  const { values, put } = valuesOf(accountId, limit);
  const from = olderThan(after, put)
    .map((older) => `and ${older}`)
    .join('');
  const slice = (kind: string) =>
    `select * from reel.assets where account_id = $1 and trashed = ${deleted === true} ${kind} ${from}
     order by created_at desc, id desc limit $2`;
  if (platform === undefined && status === undefined) {
    return statement<FoundRow>(
      `select ${PLACED} from (${slice('')}) a order by created_at desc, id desc`,
      values,
    );
  }
  const jsonElements = (names: readonly string[]) =>
    `jsonb_array_elements_text(${put(JSON.stringify(names))}::jsonb)`;
  const platforms = jsonElements(platform === undefined ? PLATFORM_NAMES : [platform]);
  const statuses = jsonElements(status === undefined ? STATUSES : [status]);
  return statement<FoundRow>(
    `select ${PLACED} from ${platforms} p cross join ${statuses} s cross join lateral (${slice('and platform = p and status = s')}) a
     order by created_at desc, id desc limit $2`,
    values,
  );
}

/**
 * Assets by their ids, in no order. One by one: with `id = any (…)`, a plan made for any account takes all assets of the
 * account for fewer than these, which was 8 ms for one with 50,000.
 */
export function assetsOf(accountId: AccountId, ids: readonly string[]): Statement<AssetRow> {
  return statement<AssetRow>(
    `select a.* from unnest($2::uuid[]) wanted cross join lateral (
       select ${SHOWN} from reel.assets where account_id = $1 and id = wanted offset 0) a`,
    [accountId, ids],
  );
}

/** Between two positions: from this one (included) down to that one (excluded). */
export interface Stretch {
  readonly from: TimePosition | undefined;
  readonly until: TimePosition | undefined;
}

export interface MatchRow extends TimePosition {
  readonly rank: number;
  /** It is no match: the next stretch begins here. */
  readonly beyond: boolean;
}

/** The newest matches of a stretch (see functions/library.sql), and where the next one begins, if it does. */
export function newestMatches(
  filters: AssetFilters,
  { from, until }: Stretch,
  most: number,
): Statement<MatchRow> {
  return statement<MatchRow>(
    `select id, ${microsecondsOf('created_at')} as at, rank::double precision as rank, beyond
     from reel.newest_matches($1::jsonb, ${instantOf('$2')}, $3, ${instantOf('$4')}, $5, $6)`,
    [
      JSON.stringify({ ...filters, q: searchTerms(filters.q) }),
      from?.at ?? null,
      from?.id ?? null,
      until?.at ?? null,
      until?.id ?? null,
      most,
    ],
  );
}

/** A minus that excludes nothing is left out: PostgreSQL's parser fails at some 30 of them ("tsquery stack too small"). */
function searchTerms(q: string | undefined): string | undefined {
  return q?.normalize().replaceAll(/-(?![\p{L}\p{M}\p{N}"])/gu, '');
}
