import {
  microsecondsOf,
  olderThan,
  type Statement,
  statement,
  type TimePosition,
  valuesOf,
} from 'plinth/product';
import type { ListRange } from '../items/items.ts';
import { type Audience, type ItemKey, type ItemRow, type MemberKey, readable } from '../levels.ts';

export type { ItemKey as DocumentKey };

export type DocumentKind = 'business' | 'technical';

/** A document, and one of its versions. */
export interface DocumentRow extends ItemRow {
  readonly kind: DocumentKind;
  readonly name: string;
  readonly current_version: number;
  readonly version: number;
  readonly tokens: number;
  readonly version_id: string;
}

export interface WholeDocumentRow extends DocumentRow {
  readonly text: Uint8Array;
}

const COLUMNS = `s.id, s.author_id, s.level, s.team_id, s.kind, s.name, s.version as current_version, s.created_at, s.updated_at,
  v.version, v.tokens, v.id as version_id`;

/** No row: its author has one of this name and kind. */
export const insertDocument = (
  { accountId, userId, id }: ItemKey,
  document: Audience & { readonly kind: DocumentKind; readonly name: string; readonly bytes: number },
) =>
  statement<{ id: string }>(
    `insert into coditect.memory_documents (account_id, author_id, id, kind, name, level, team_id, bytes)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (account_id, author_id, kind, name) do nothing returning id`,
    [accountId, userId, id, document.kind, document.name, document.level, document.teamId, document.bytes],
  );

/** The lock of an author who writes a version of their own document. */
export const lockOwnDocument = ({ accountId, userId }: MemberKey, kind: DocumentKind, name: string) =>
  statement<{ id: string }>(
    `select id from coditect.memory_documents where account_id = $1 and author_id = $2 and kind = $3 and name = $4 for no key update`,
    [accountId, userId, kind, name],
  );

export const insertDocumentVersion = (
  { accountId, id }: ItemKey,
  version: {
    readonly id: string;
    readonly version: number;
    readonly text: Uint8Array;
    readonly size: number;
    readonly tokens: number;
  },
): Statement =>
  statement(
    `insert into coditect.memory_document_versions (account_id, document_id, id, version, text, size, tokens)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [accountId, id, version.id, version.version, version.text, version.size, version.tokens],
  );

/** Counts a further version. Its author alone. */
export const countDocumentVersion = ({ accountId, userId, id }: ItemKey, bytes: number): Statement =>
  statement(
    `update coditect.memory_documents set version = version + 1, bytes = bytes + $4, updated_at = app.now()
     where account_id = $1 and author_id = $2 and id = $3`,
    [accountId, userId, id, bytes],
  );

/** `version`: undefined for the present one. */
export const readDocument = ({ accountId, userId, id }: ItemKey, version?: number) =>
  statement<WholeDocumentRow>(
    `select ${COLUMNS}, v.text from coditect.memory_documents s join coditect.memory_document_versions v
       on v.account_id = $1 and v.document_id = s.id and v.version = coalesce($4, s.version)
     where ${readable('s')} and s.id = $3`,
    [accountId, userId, id, version ?? null],
  );

/** So many documents are looked at when some are loaded. */
const MOST_LOADED = 1_000;

/** Documents without their texts, those whose text is newest first. */
export const listLoadable = ({ accountId, userId }: MemberKey, kind: DocumentKind | undefined) =>
  statement<DocumentRow>(
    `select ${COLUMNS} from coditect.memory_documents s cross join lateral (select * from coditect.memory_document_versions v
       where v.account_id = $1 and v.document_id = s.id and v.version = s.version limit 1) v
     where ${readable('s')} and ($3::text is null or s.kind = $3) order by v.created_at desc, v.id desc limit ${MOST_LOADED}`,
    [accountId, userId, kind ?? null],
  );

/** Texts of present versions. */
export const readTexts = ({ accountId, userId }: MemberKey, versions: readonly string[]) =>
  statement<{ version_id: string; text: Uint8Array }>(
    `with v as materialized (select * from coditect.memory_document_versions v where v.account_id = $1 and v.id = any($3::uuid[]))
     select v.id as version_id, v.text from v where v.document_id = any(array(
       select s.id from coditect.memory_documents s where ${readable('s')} and s.id = any(array(select v.document_id from v))))`,
    [accountId, userId, versions],
  );

export interface VersionRow extends TimePosition {
  readonly version: number;
  readonly size: number;
  readonly tokens: number;
  readonly created_at: Date;
}

/** Newest first. */
export function listVersions(
  { accountId, userId, id }: ItemKey,
  { after, limit }: ListRange,
): Statement<VersionRow> {
  const { values, put } = valuesOf(accountId, userId, id, limit);
  const conditions = [
    'v.account_id = $1',
    'v.document_id = $3',
    `exists (select from coditect.memory_documents s where ${readable('s')} and s.id = $3)`,
    ...olderThan(after, put),
  ];
  return statement<VersionRow>(
    `select v.id, v.version, v.size, v.tokens, v.created_at, ${microsecondsOf('created_at')} as at
     from coditect.memory_document_versions v where ${conditions.join(' and ')} order by created_at desc, id desc limit $4`,
    values,
  );
}

/** `changed`, `unchanged`, or why not. */
export const setDocumentLevel = (id: string, { level, teamId }: Audience) =>
  statement<{ outcome: string }>(`select coditect.set_item_level('document', $1, $2, $3) as outcome`, [
    id,
    level,
    teamId,
  ]);

/** Its author alone; its versions go with it, and their storage. */
export const deleteDocument = ({ accountId, userId, id }: ItemKey) =>
  statement<{ id: string }>(
    'delete from coditect.memory_documents where account_id = $1 and author_id = $2 and id = $3 returning id',
    [accountId, userId, id],
  );
