import { useQuery } from '@tanstack/react-query';
import { apiFor } from '../session.ts';

/** All plans and add-ons with their prices, and how much of each limit each has. */
export const usePriceList = () =>
  useQuery({
    queryKey: ['plans'],
    queryFn: () => apiFor(undefined).call('GET /v1/plans', {}),
    staleTime: 600_000,
  });
