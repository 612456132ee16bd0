import { useQuery } from '@tanstack/react-query';
import { useAccount, useRuns } from '../../account.ts';
import { Head } from '../../parts/section.tsx';
import { useTexts } from '../../text/index.ts';
import { texts } from './texts.ts';
import { LastCalls } from './last-calls.tsx';
import { Limits } from './limits.tsx';
import { TryCall } from './try-call.tsx';

/** One call to try, where calls of models run; how much of each limit is left, and the last calls. */
export function Home() {
  const { say } = useTexts(texts);
  const chosen = useAccount();
  const runs = useRuns();
  if (chosen === undefined) return <h1>{say('nav.home')}</h1>;
  return (
    <>
      <Head title={say('nav.home')}>
        <Plans />
      </Head>
      {runs('gateway') && <TryCall />}
      <Limits />
      <LastCalls />
    </>
  );
}

/** What is paid for, and until when. */
function Plans() {
  const { say, format } = useTexts(texts);
  const chosen = useAccount();
  const { data } = useQuery({
    queryKey: ['entitlements', chosen?.account.id],
    queryFn: () => chosen?.api.call('GET /v1/billing/entitlements', {}),
    enabled: chosen !== undefined,
  });
  const paid = data?.data.filter(({ source }) => source !== 'default') ?? [];
  const shown = paid.length > 0 ? paid : (data?.data.slice(0, 1) ?? []);
  return (
    <span className="dim">
      {shown
        .map(({ name, plan_name: plan, until }) =>
          [
            say('plan', { plan: paid.length > 0 ? `${name} ${plan ?? ''}` : (plan ?? name) }),
            ...(until === null ? [] : [say('until', { day: format.day(until) })]),
          ].join(', '),
        )
        .join(' · ')}
    </span>
  );
}
