import type { ReplyOf } from '@plinth/sdk';
import { useQuery } from '@tanstack/react-query';
import { apiFor } from '../session.ts';

/** How far the sample shop of this server is. */
export type SampleShop = ReplyOf<'GET /v1/admin/sample'>;

/** Milliseconds between two looks while it is filled. */
const AGAIN = 1_000;

export const useSample = () =>
  useQuery({
    queryKey: ['sample'],
    queryFn: () => apiFor(undefined).call('GET /v1/admin/sample', {}),
    refetchInterval: ({ state: { data } }) => (data?.state === 'filling' ? AGAIN : false),
  });
