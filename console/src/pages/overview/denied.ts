import { allRows } from '../../parts/pages.ts';
import { apiFor } from '../../session.ts';
import { dayAt, zone } from '../usage/sums.ts';

/** Denied calls by day, all limits together: of all accounts, or of one. */
export async function readDenied(days: number, account?: string): Promise<ReadonlyMap<string, number>> {
  const from = new Date(`${dayAt(1 - days)}T00:00`).toISOString();
  const rows = await allRows((paging) =>
    apiFor(undefined).call('GET /v1/admin/denials/totals', {
      query: {
        ...paging,
        group: 'day',
        from,
        zone,
        ...(account === undefined ? {} : { account_id: account }),
      },
    }),
  );
  const sums = new Map<string, number>();
  for (const { day, denied } of rows) sums.set(day ?? '', (sums.get(day ?? '') ?? 0) + denied);
  return sums;
}
