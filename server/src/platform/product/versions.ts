import { type Answer, answer } from '#platform/http';
import { type AccountId, AppError } from '#platform/kernel';
import { type Put, valuesOf } from './time-lists.ts';

/** A row that counts its changes: it has the columns `version` (from 1) and `updated_at`. */
export interface Versioned {
  readonly version: number;
}

/** Which row of an account is changed, and from which version on (`call.ifMatch`); undefined: from any. */
export interface WhichVersion {
  readonly accountId: AccountId;
  readonly id: string;
  readonly version: number | undefined;
}

/**
 * A statement's text and values, for `statement<Row>(text, values)`: it changes a row of this version in a table (`reel.drafts`),
 * and counts the change. `parts` gives the assignments, and
 * conditions beside account, id and version, with their values put into the statement: `title = ${put(title)}`. No row:
 * there is none, or it has another version. A table with one row for each account has `key: 'account_id'`.
 */
export function versionUpdate(
  {
    table,
    key = 'id',
    returning,
  }: { readonly table: string; readonly key?: 'id' | 'account_id'; readonly returning: string },
  { accountId, id, version }: WhichVersion,
  parts: (put: Put) => { readonly sets: readonly string[]; readonly where?: readonly string[] },
): { readonly text: string; readonly values: readonly unknown[] } {
  const { values, put } = valuesOf(accountId, id, version ?? null);
  const { sets, where = [] } = parts(put);
  const conditions = [`account_id = $1 and ${key} = $2 and ($3::integer is null or version = $3)`, ...where];
  const text = `update ${table} set ${[...sets, 'version = version + 1', 'updated_at = app.now()'].join(', ')}
     where ${conditions.join(' and ')} returning ${returning}`;
  return { text, values };
}

/**
 * Why a versioned change has changed nothing: there is no such row, or it has another version by now. `present` was read in
 * the transaction of the change, after it.
 */
export function refusedChange(present: Versioned | undefined, missing: () => AppError): AppError {
  return present === undefined ? missing() : new AppError('precondition_failed');
}

/** An answer with the version as ETag, which a client sends back as If-Match. */
export function versionedAnswer<Body>(
  { version }: Versioned,
  body: Body,
  more: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
): Answer<Body> {
  return answer(more.status ?? 200, body, { etag: `"${version}"`, ...more.headers });
}
