import { Code } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useRuns } from '../../account.ts';
import { chatCall, codeOf } from '../../parts/call-code.ts';
import { CallTable } from '../../parts/call-table.tsx';
import { Section } from '../../parts/section.tsx';
import { useTexts } from '../../text/index.ts';
import { texts } from './texts.ts';
import { useUsage } from './limits.tsx';

/** The ten newest rows of the ledger, each a link to all that is known of it. */
export function LastCalls() {
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
            <>
              <p className="dim">{say('noCalls')}</p>
              <Code block tabIndex={0}>
                {codeOf(chatCall('small', say('promptExample')), 'curl')}
              </Code>
            </>
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
