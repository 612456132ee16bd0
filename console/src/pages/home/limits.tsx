import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useAccount } from '../../account.ts';
import { LIVE } from '../../parts/live.ts';
import { LimitList } from '../../parts/limit-list.tsx';
import { Section } from '../../parts/section.tsx';
import { Trouble } from '../../parts/trouble.tsx';
import { useTexts } from '../../text/index.ts';
import { texts } from './texts.ts';

/** Limits of the account, as they are used now. */
export function Limits() {
  const { say } = useTexts(texts);
  const { data, error, refetch } = useUsage();
  return (
    <Section title={say('limits.title')}>
      {error !== null && <Trouble error={error} retry={() => void refetch()} />}
      {data === undefined &&
        error === null &&
        Array.from({ length: 5 }, (_one, row) => <Skeleton key={row} h={36} mb={1} />)}
      {data?.data.length === 0 && <p className="dim">{say('noLimits')}</p>}
      {data !== undefined && <LimitList limits={data.data} />}
    </Section>
  );
}

export function useUsage() {
  const chosen = useAccount();
  return useQuery({
    queryKey: ['usage', chosen?.account.id],
    queryFn: () => chosen?.api.call('GET /v1/usage', { query: { limit: 10 } }),
    enabled: chosen !== undefined,
    refetchInterval: LIVE,
  });
}
