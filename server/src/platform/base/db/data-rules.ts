import type { AccountId } from '#platform/kernel';

/**
 * The fate of rows when their account, or their person, is erased. `where` names the rows: `$1` is the id of the account or
 * user, `$2` the person's email, once it was verified; when not said, the rows whose account_id or user_id it is.
 */
export type Fate =
  | { readonly does: 'erase'; readonly where?: string }
  /** They go by the foreign key to another table. */
  | { readonly does: 'follow'; readonly table: string }
  /** The row stays, for a reason; these columns of it are emptied, by an expression of SQL each. */
  | {
      readonly does: 'unlink';
      readonly sets: Readonly<Record<string, string>>;
      readonly because: string;
      readonly where?: string;
    }
  /** They stay as they are: no word of a person stands in them, or they are another's. */
  | { readonly does: 'keep'; readonly because: string };

/** The row of a sealed column. */
export interface SealedRow {
  readonly account_id: AccountId;
  readonly id: string;
}

/** How erasure and export treat one table. Each module says it of its own, beside its migrations. */
export interface DataRule {
  /** `reel.drafts` */
  readonly table: string;
  /** The fate of an account's rows. */
  readonly account?: Fate;
  /** Which of an account's rows its export shows, as a condition on `t`: what a member keeps from the others is in the archive of that person alone. */
  readonly accountShows?: string;
  /** The fate of a person's rows: who they are, and what they did for accounts that are not erased with them. */
  readonly user?: Fate;
  /** Columns of the actor of a row, where others do things to a person: if it was another, a person's archive lacks these columns. */
  readonly doer?: { readonly id: string; readonly columns: readonly string[] };
  /** Why its rows are no account's and no person's. */
  readonly nobodys?: string;
  /** Columns that are sealed under the account's data key, with the place that each is bound to: an export shows what was sealed. */
  readonly sealed?: Readonly<Record<string, (row: SealedRow) => string>>;
  /**
   * For rows about a file of their `blob_id`, sealed as these columns are: its product, and the place that its bytes are bound to. An
   * export has the file as it was, under the row's `name`.
   */
  readonly file?: {
    readonly product: string;
    readonly about: (row: SealedRow & Readonly<Record<string, unknown>>) => string;
  };
  /** Columns that an export leaves out: secrets, even hashed, and what is made of other columns; or why all of it is. */
  readonly withheld?: readonly string[] | string;
}

/** The rows are deleted. */
export function erased(where?: string): Fate {
  return where === undefined ? { does: 'erase' } : { does: 'erase', where };
}

/** The rows are deleted with those of `table` that they belong to. */
export function erasedWith(table: string): Fate {
  return { does: 'follow', table };
}

/** The rows stay, without what these columns say of anybody. */
export function unlinked(sets: Readonly<Record<string, string>>, because: string, where?: string): Fate {
  return { does: 'unlink', sets, because, ...(where === undefined ? {} : { where }) };
}

export function kept(because: string): Fate {
  return { does: 'keep', because };
}

/** Tables of this module itself. */
export const dbDataRules: readonly DataRule[] = [
  { table: 'app.clock', nobodys: 'the time' },
  { table: 'app.installation', nobodys: 'which data this is, and whether it was moved elsewhere' },
  { table: 'public.plinth_migrations', nobodys: 'which migrations were applied' },
];

/** The rows of an account that a person made: they are the account's, and have the person's id, which belongs to no user after the erasure. */
export const THE_ACCOUNTS = kept('the account’s; of the person it has an id, which is nobody’s by then');
/** The ledger and its sums. */
export const THE_BOOKS = kept(
  'the books: figures, names of products and models, and ids, which are nobody’s by then',
);
