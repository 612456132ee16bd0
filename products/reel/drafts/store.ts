import {
  type AccountId,
  microsecondsOf,
  olderThan,
  type Statement,
  statement,
  type TimePosition,
  valuesOf,
  versionUpdate,
  type WhichVersion,
} from 'plinth/product';
import type { Platform, VariantText } from '../platforms.ts';

export interface DraftRow {
  readonly id: string;
  readonly platform: Platform;
  readonly topic: string;
  readonly tone: string | null;
  readonly audience: string | null;
  readonly brand_voice: string | null;
  readonly language: string;
  readonly title: string | null;
  readonly selected_variant_id: string | null;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const SHOWN = `id, platform, topic, tone, audience, brand_voice, language, title, selected_variant_id, version, created_at, updated_at`;

export interface DraftQuery {
  readonly platform: Platform | undefined;
  readonly after: TimePosition | undefined;
  readonly limit: number;
}

/** Newest first, from a place in that order on. */
export function listDrafts(accountId: AccountId, query: DraftQuery): Statement<DraftRow & TimePosition> {
  const { values, put } = valuesOf(accountId, query.limit);
  const { platform, after } = query;
  const conditions = [
    'account_id = $1',
    ...(platform === undefined ? [] : [`platform = ${put(platform)}`]),
    ...olderThan(after, put),
  ];
  return statement<DraftRow & TimePosition>(
    `select ${SHOWN}, ${microsecondsOf('created_at')} as at from reel.drafts where ${conditions.join(' and ')}
     order by created_at desc, id desc limit $2`,
    values,
  );
}

export function readDraft(accountId: AccountId, draftId: string): Statement<DraftRow> {
  return statement<DraftRow>(`select ${SHOWN} from reel.drafts where account_id = $1 and id = $2`, [
    accountId,
    draftId,
  ]);
}

export interface DraftVariantRow extends VariantText {
  readonly id: string;
  readonly generation_id: string;
  readonly position: number;
  readonly over_length: boolean;
}

/** The variants of a draft, of the newest generation first, in each in their order; at most so many. */
export function variantsOfDraft(
  accountId: AccountId,
  draftId: string,
  most: number,
): Statement<DraftVariantRow> {
  return statement<DraftVariantRow>(
    `select v.id, v.generation_id, v.position, v.hook, v.body, v.cta, to_jsonb(v.hashtags) as hashtags, v.over_length
     from reel.variants v join reel.generations g on g.account_id = v.account_id and g.id = v.generation_id
     where v.account_id = $1 and v.draft_id = $2 order by g.created_at desc, g.id desc, v.position limit $3`,
    [accountId, draftId, most],
  );
}

export type DraftChange = {
  readonly [Field in
    | 'selected_variant_id'
    | 'title'
    | 'topic'
    | 'tone'
    | 'audience'
    | 'brand_voice'
    | 'language']?: DraftRow[Field] | undefined;
};

/** Changes a draft of this version (any, when not said). No row: there is none, or it has another version, or the variant is not its own. */
export function changeDraft(which: WhichVersion, change: DraftChange): Statement<DraftRow> {
  const { selected_variant_id: selected } = change;
  const { text, values } = versionUpdate({ table: 'reel.drafts', returning: SHOWN }, which, (put) => ({
    sets: Object.entries(change).map(([field, value]) => `${field} = ${put(value)}`),
    where:
      selected === undefined
        ? []
        : [
            `exists (select from reel.variants v where v.account_id = $1 and v.draft_id = $2 and v.id = ${put(selected)})`,
          ],
  }));
  return statement<DraftRow>(text, values);
}
