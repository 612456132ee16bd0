import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useAccount } from '../account.ts';
import { type Api, apiFor } from '../session.ts';
import type { Asked } from './table.tsx';

interface Page {
  readonly data?: readonly unknown[];
  readonly next_cursor: string | null;
}
type RowOf<One> = One extends { readonly data: readonly (infer Row)[] } ? Row : never;
interface Loaded<One extends Page> {
  readonly pages: readonly One[] | undefined;
  /** Rows of all pages that are loaded. */
  readonly rows: readonly RowOf<One>[] | undefined;
}

interface Paging {
  readonly limit: number;
  readonly cursor?: string;
}

interface PagesProps<One extends Page> {
  /** What is asked, whose account it is of among it: another key is another list. */
  readonly key: readonly unknown[];
  readonly read: (paging: Paging) => Promise<One>;
  readonly isWanted?: boolean;
  /** Milliseconds after which it is asked again. */
  readonly again?: number;
  readonly limit?: number;
  /** For a list that may be long: loaded pages are not asked for again. */
  readonly isFrozen?: boolean;
}

/** A list of the API, page by page. */
export function usePages<One extends Page>({
  key,
  read,
  isWanted = true,
  again,
  limit = 50,
  isFrozen = false,
}: PagesProps<One>): Asked & Loaded<One> {
  const { data, ...asked } = useInfiniteQuery({
    queryKey: key,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam: cursor }) => read({ limit, ...(cursor === undefined ? {} : { cursor }) }),
    getNextPageParam: (page: One) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    enabled: isWanted,
    ...(isFrozen ? { staleTime: Number.POSITIVE_INFINITY, gcTime: 0 } : {}),
    ...(again === undefined ? {} : { refetchInterval: again }),
  });
  const rows = data?.pages.flatMap((page) => (page.data ?? []) as readonly RowOf<One>[]);
  return { ...asked, pages: data?.pages, rows };
}

/** A list of the chosen account; another account is another list. */
export function usePagesOfAccount<One extends Page>(
  key: readonly unknown[],
  read: (api: Api, paging: Paging) => Promise<One>,
  options: Partial<Omit<PagesProps<One>, 'key' | 'read'>> = {},
): Asked & Loaded<One> {
  const id = useAccount()?.account.id;
  return usePages({
    isWanted: id !== undefined,
    ...options,
    key: [...key, id],
    read: (paging) => read(apiFor(id), paging),
  });
}

/** Enough pages for a chart. */
const MOST_PAGES = 20;

/** All rows of a list that is not long: a report by day, as far as twenty pages go. */
export async function allRows<One extends Page>(
  read: (paging: Paging) => Promise<One>,
): Promise<readonly RowOf<One>[]> {
  const rows: RowOf<One>[] = [];
  let cursor: string | null = '';
  for (let pages = 0; cursor !== null && pages < MOST_PAGES; pages += 1) {
    const page: One = await read({ limit: 100, ...(cursor === '' ? {} : { cursor }) });
    rows.push(...((page.data ?? []) as readonly RowOf<One>[]));
    cursor = page.next_cursor;
  }
  return rows;
}
