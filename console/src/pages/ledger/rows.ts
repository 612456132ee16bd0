import { useQuery } from '@tanstack/react-query';
import { useMemo, useRef } from 'react';
import type { LedgerEvent } from '../../parts/call-table.tsx';
import { LIVE } from '../../parts/live.ts';
import { usePages } from '../../parts/pages.ts';
import type { Asked } from '../../parts/table.tsx';
import { apiFor } from '../../session.ts';
import { type LedgerSearch, timesOf } from './search.ts';

const PAGE = 100;

/** The filters of the API that an address means. */
export function filterOf({ status, product, feature, model, key, ...times }: LedgerSearch) {
  return {
    ...(status === undefined || status === 'denied' ? {} : { status }),
    ...(product === undefined ? {} : { product }),
    ...(feature === undefined ? {} : { feature }),
    ...(model === undefined ? {} : { model }),
    ...(key === undefined ? {} : { key_id: key }),
    ...timesOf(times),
  };
}

/**
 * Rows of the ledger, the newest first: page by page as one scrolls, and at their head what came since. Rows that are loaded are not asked
 * for again, however many there are; those of the head are, and so say how calls end that were under way.
 */
export function useLedgerRows(
  account: string | undefined,
  search: LedgerSearch,
): { readonly events: readonly LedgerEvent[] | undefined; readonly asked: Asked } {
  const { call: _call, ...said } = search;
  const key = ['usage', account, 'ledger', said] as const;
  const read = (paging: { readonly limit: number; readonly cursor?: string }) =>
    apiFor(account).call('GET /v1/usage', { query: { ...paging, ...filterOf(said) } });
  const isWanted = account !== undefined;
  const { pages, ...asked } = usePages({ key, read, isWanted, isFrozen: true, limit: PAGE });
  const { data: head } = useQuery({
    queryKey: ['usage', account, 'head', said],
    queryFn: () => read({ limit: PAGE }),
    enabled: isWanted && pages !== undefined,
    refetchInterval: LIVE,
  });
  const newer = useRef<{ readonly key: string; readonly rows: Map<string, LedgerEvent> }>(undefined);
  const name = JSON.stringify(key);
  const events = useMemo(() => {
    const loaded = pages?.flatMap((page) => page.events);
    if (loaded === undefined) return undefined;
    if (newer.current?.key !== name) newer.current = { key: name, rows: new Map() };
    const { rows } = newer.current;
    const known = new Set(loaded.map(({ id }) => id));
    const isJoined =
      head === undefined ||
      head.next_cursor === null ||
      head.events.some(({ id }) => known.has(id) || rows.has(id));
    // More came than a head holds: what lies between is not known, and a list with a hole is not shown.
    if (isJoined) for (const one of head?.events ?? []) rows.set(one.id, one);
    const added = [...rows.values()]
      .filter(({ id }) => !known.has(id))
      .toSorted((a, b) => (a.id < b.id ? 1 : -1));
    return [...added, ...loaded.map((one) => rows.get(one.id) ?? one)];
  }, [pages, head, name]);
  return { events, asked };
}
