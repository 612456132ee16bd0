import { actorOf } from '#platform/audit';
import { commitPoint, type Transaction } from '#platform/db';
import { isRunning } from '#platform/entitlements';
import { itemError, type ItemError } from '#platform/http';
import { commitUnless } from '#platform/imports';
import type { RowOutcome } from '#platform/limits';
import { linkCustomers } from './link-customers.ts';
import {
  type CreditsRow,
  type ImportCall,
  type ImportingParts,
  readAccounts,
  type RowResult,
  type StripeLink,
} from './rows.ts';

const GIVEN = commitPoint('billing.rows-given', 'credits of rows that the operator keeps elsewhere');

/** Imports rows that an operator has in another system; each is answered by itself, in the order given. */
export interface Importing {
  giveCredits(call: ImportCall, rows: readonly CreditsRow[]): Promise<RowResult<'given' | 'known'>[]>;
  /** Throws `nothing_sold`, and `validation_failed` where Stripe's customers are of another mode than this server sells in. */
  linkCustomers(
    call: ImportCall & { readonly livemode: boolean },
    links: readonly StripeLink[],
  ): Promise<RowResult<'linked' | 'known'>[]>;
}

export function createImporting(parts: ImportingParts): Importing {
  return {
    giveCredits: (call, rows) => giveCredits(parts, call, rows),
    linkCustomers: (call, links) => linkCustomers(parts, call, links),
  };
}

async function giveCredits(
  { db, entitlements, rowCredits }: ImportingParts,
  { caller, origin, trying }: ImportCall,
  rows: readonly CreditsRow[],
): Promise<RowResult<'given' | 'known'>[]> {
  const accountOf = await readAccounts(db, rows);
  const told = { source: 'admin', cause: 'imported', by: actorOf(caller), origin } as const;
  const read = rows.map((row) => {
    const account = accountOf(row.customer);
    if ('error' in account) return account;
    const credits = creditsNamed(entitlements, row);
    if ('error' in credits) return credits;
    const { id: rowId, amount, expires_at: until } = row;
    return {
      ...told,
      ...account,
      ...credits,
      rowId,
      amount,
      expiresAt: until === undefined ? undefined : new Date(until),
    };
  });
  const good = read.flatMap((row) => ('error' in row ? [] : [row]));
  const transaction = <T>(work: (tx: Transaction) => Promise<T>) => db.system('billing.import', GIVEN, work);
  const outcomes = await commitUnless<RowOutcome[]>(trying, transaction, (tx) => rowCredits(tx, good));
  // A denial that is remembered somewhere no longer holds.
  if (!trying) for (const { accountId } of good) entitlements.announce(accountId);
  const ordered = outcomes.values();
  return read.map((row) => {
    if ('error' in row) return row;
    const outcome = ordered.next().value;
    if (outcome === 'given' || outcome === 'known') return { account_id: row.accountId, status: outcome };
    return outcome === 'late' ? LATE : DIFFERS;
  });
}

const LATE = itemError('validation_failed', 'expires_at: They would have expired before they are given.');
const DIFFERS = itemError('conflict', 'id: Other credits were given for it.');

/** The credits that a row means: of the one product that has such, where it names none. */
function creditsNamed(
  { catalogues }: ImportingParts['entitlements'],
  row: CreditsRow,
): { readonly product: string; readonly limit: string } | { readonly error: ItemError } {
  const all = [...catalogues.values()].filter(isRunning).flatMap(({ product, limits }) =>
    Object.entries(limits)
      .filter(([name, { kind }]) => kind === 'credits' && name === (row.limit ?? name))
      .map(([limit]) => ({ product, limit })),
  );
  const found = all.filter(({ product }) => product === (row.product ?? product));
  const [one] = found;
  if (one === undefined)
    return itemError('validation_failed', 'product: No product that runs has such credits.');
  if (found.length === 1) return one;
  const names = found.map(({ product, limit }) => `${product} ${limit}`).join(', ');
  return itemError('validation_failed', `product: Name product and limit, for there are several: ${names}.`);
}
