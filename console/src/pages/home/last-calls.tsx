import { Anchor, Code, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { CallTable } from '../../parts/call-table.tsx';
import { useTexts } from '../../text/index.ts';
import { texts } from './texts.ts';
import { useUsage } from './limits.tsx';

/** The ten newest rows of the ledger, each a link to all that is known of it. */
export function LastCalls() {
  const { say } = useTexts(texts);
  const { data } = useUsage();
  return (
    <section aria-labelledby="calls">
      <Title order={2} id="calls">
        {say('calls.last')}
      </Title>
      <CallTable
        events={data?.events}
        label={say('calls.last')}
        lines={10}
        empty={
          <>
            <p className="dim">{say('noCalls')}</p>
            <Code block tabIndex={0}>
              {curlOf('small', say('promptExample'))}
            </Code>
          </>
        }
      />
      {data !== undefined && data.events.length > 0 && (
        <Anchor component={Link} to="/app/ledger">
          {say('allCalls')}
        </Anchor>
      )}
    </section>
  );
}

/** The call of this page, as one would type it. */
export function curlOf(model: string, prompt: string): string {
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: prompt }] }).replaceAll(
    "'",
    String.raw`'\''`,
  );
  return [
    `curl ${location.origin}/v1/ai/chat/completions \\`,
    `  -H "Authorization: Bearer $PLINTH_KEY" -H 'Content-Type: application/json' \\`,
    `  -d '${body}'`,
  ].join('\n');
}
