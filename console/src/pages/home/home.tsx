import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Suspense } from 'react';
import { useAccount, useRuns } from '../../account.ts';
import { CallTable } from '../../parts/call-table.tsx';
import { Head, Section } from '../../parts/section.tsx';
import { lazyPart } from '../../parts/lazy-part.ts';
import { useTexts } from '../../text/index.ts';
import { texts } from './texts.ts';
import { Limits, useUsage } from './limits.tsx';
import { TryCall } from './try-call.tsx';

const FirstSteps = lazyPart(() => import('./first-steps.tsx'), 'FirstSteps');
const NoCalls = lazyPart(() => import('./no-calls.tsx'), 'NoCalls');

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
      <Suspense fallback={null}>
        <FirstSteps />
      </Suspense>
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
  return (
    <span className="dim">
      {paid
        .filter(({ plan }) => plan !== null)
        .map(({ name, plan_name: plan, until, paid: bills }) =>
          [
            say('plan', { plan: `${name} ${plan ?? ''}` }),
            // A billed plan renews before it ends: the plan page says when.
            ...(until === null || bills.length > 0 ? [] : [say('until', { day: format.day(until) })]),
          ].join(', '),
        )
        .join(' · ')}
    </span>
  );
}

/** The ten newest rows of the ledger, each a link to all that is known of it. */
function LastCalls() {
  const { say } = useTexts(texts);
  const runs = useRuns();
  const { data } = useUsage();
  return (
    <Section title={say('calls.last')}>
      <CallTable
        events={data?.events}
        label={say('calls.last')}
        lines={10}
        empty={
          runs('gateway') ? (
            <Suspense fallback={null}>
              <NoCalls />
            </Suspense>
          ) : (
            say('noCallYet')
          )
        }
      />
      {data !== undefined && data.events.length > 0 && (
        <Link className="link" to="/app/ledger">
          {say('allCalls')}
        </Link>
      )}
    </Section>
  );
}
