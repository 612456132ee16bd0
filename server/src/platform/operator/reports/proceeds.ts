import { actorOf, type Audit, type RequestOrigin } from '#platform/audit';
import { commitPoint, type Database, type Statement, statement, type Transaction } from '#platform/db';
import { type Answer, answer, type Caller, type Once } from '#platform/http';
import { AppError, declareErrors, type Ids } from '#platform/kernel';

declareErrors({
  sale_differs: {
    status: 409,
    message: 'A sale of this source and id is recorded already, with other figures.',
  },
});

const RECORDED = commitPoint('reports.proceeds-recorded', 'sales, and the audit event of who recorded them');

/** Where a sale was made; `manual`: an operator knows of it. */
export const SOURCES = ['manual', 'stripe', 'app_store', 'google_play'] as const;

/** One sale, or a refund with amounts below 0. Amounts are in minor units of the currency (`usd`: cents). */
export interface Sale {
  readonly account_id: string;
  readonly product: string;
  /** `reel.pro` */
  readonly plan: string | null;
  readonly currency: string;
  /** The customer's payment, tax included. */
  readonly gross_minor: number;
  /** The provider's fee. */
  readonly fee_minor: number;
  readonly tax_minor: number;
  readonly occurred_at: string;
  readonly source: (typeof SOURCES)[number];
  /** The provider's own id: the same one again is the same sale. */
  readonly source_id: string;
}

export interface RecordedSale extends Omit<Sale, 'occurred_at'> {
  readonly id: string;
  readonly net_minor: number;
  readonly occurred_at: Date;
  readonly created_at: Date;
}

interface SaleStatus {
  readonly source: string;
  readonly source_id: string;
  readonly status: 'recorded' | 'known';
}

export interface Proceeds {
  /**
   * Records sales in one commit, all or none: those that are known are passed over. Throws `sale_differs` for one that is
   * known with other figures, `not_found` for an account that does not exist. Answers which were new.
   */
  record(
    sales: readonly Sale[],
    by: { readonly caller: Caller; readonly origin: RequestOrigin; readonly once: Once },
  ): Promise<Answer<{ readonly data: readonly SaleStatus[] }>>;
  /** Newest first; `before` is the id of the last one of the page before. */
  list(page: {
    readonly accountId?: string | undefined;
    readonly before?: string | undefined;
    readonly limit: number;
  }): Promise<RecordedSale[]>;
}

export function createProceeds(parts: {
  readonly db: Database;
  readonly ids: Ids;
  readonly audit: Audit;
}): Proceeds {
  const { db, ids, audit } = parts;
  return {
    record: (sales, { caller, origin, once }) =>
      once(RECORDED, async (tx) => {
        const recorded = [];
        // One after the other, in the order of their ids: two imports of the same sales never wait for each other in a ring.
        for (const sale of [...sales].sort(byId)) recorded.push(await recordOne(tx, ids.next(), sale));
        const isNew = recorded.filter(({ status }) => status === 'recorded').length;
        await audit.recordIn(tx, {
          action: 'proceeds.recorded',
          actor: actorOf(caller),
          changes: { recorded: isNew, known: recorded.length - isNew },
          origin,
        });
        return answer(200, { data: recorded });
      }),
    async list({ accountId, before, limit }) {
      const [rows] = await db.system('admin.reports', [
        statement<RecordedSale>(
          `select ${COLUMNS} from reports.proceeds
           where id < $1 and ($3::uuid is null or account_id = $3) order by id desc limit $2`,
          [before ?? 'ffffffff-ffff-ffff-ffff-ffffffffffff', limit, accountId ?? null],
        ),
      ]);
      return rows;
    },
  };
}

function byId(one: Sale, other: Sale): number {
  const [a, b] = [`${one.source} ${one.source_id}`, `${other.source} ${other.source_id}`];
  return a < b ? -1 : a > b ? 1 : 0;
}

async function recordOne(tx: Transaction, id: string, sale: Sale) {
  const { source, source_id } = sale;
  const inserted = await tx.run(insert(id, sale));
  if (inserted.length > 0) return { source, source_id, status: 'recorded' as const };
  const [known] = await tx.run(isSame(sale));
  // Nothing was in its way, and yet it isn't there: the account is not.
  if (known === undefined)
    throw new AppError('not_found', { message: `There is no account ${sale.account_id}.` });
  if (!known.same) throw new AppError('sale_differs', { details: { source, source_id } });
  return { source, source_id, status: 'known' as const };
}

const COLUMNS = `id, account_id, product, plan, currency, gross as gross_minor, fee as fee_minor, tax as tax_minor,
  net as net_minor, occurred_at, source, source_id, created_at`;

function valuesOf(sale: Sale): unknown[] {
  const { account_id, product, plan, currency, occurred_at, source, source_id } = sale;
  const amounts = [sale.gross_minor, sale.fee_minor, sale.tax_minor];
  return [source, source_id, account_id, product, plan, currency, ...amounts, occurred_at];
}

function insert(id: string, sale: Sale): Statement {
  return statement(
    `insert into reports.proceeds (id, source, source_id, account_id, product, plan, currency, gross, fee, tax, occurred_at)
     select $11, $1, $2, account_id, $4, $5, $6, $7, $8, $9, $10 from accounts.accounts where account_id = $3
     on conflict (source, source_id) do nothing returning id`,
    [...valuesOf(sale), id],
  );
}

function isSame(sale: Sale): Statement<{ same: boolean }> {
  return statement<{ same: boolean }>(
    `select (account_id, product, plan, currency, gross, fee, tax, occurred_at)
       is not distinct from ($3::uuid, $4::text, $5::text, $6::text, $7::bigint, $8::bigint, $9::bigint, $10::timestamptz) as same
     from reports.proceeds where source = $1 and source_id = $2`,
    valuesOf(sale),
  );
}
