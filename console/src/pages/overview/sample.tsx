import { Button, Progress } from '@mantine/core';
import { useAct } from '../../parts/of-account.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { useSample } from '../../parts/sample.ts';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { texts } from './texts.ts';

/** Before the first sale: a month of a shop to look at, which is filled beside this server and opened in its place. */
export function SampleOffer() {
  const { say } = useTexts(texts);
  const { data } = useSample();
  const opening = useAct(
    () => apiFor(undefined).call('POST /v1/admin/sample', {}),
    ({ url }) => {
      if (url !== null) location.assign(atThisHost(url));
    },
  );
  const removing = useAct(() => apiFor(undefined).call('DELETE /v1/admin/sample', {}));
  if (data === undefined || data.state === 'unavailable' || data.state === 'here') return null;
  const { state, day, days } = data;
  return (
    <div className="notice">
      <div className="grow">
        <b>{say('sample')}</b>
        <p className="dim" role="status">
          {state === 'filling'
            ? say('sampleDay', { day: String(day), days: String(days) })
            : say('sampleAbout')}
        </p>
        {state === 'filling' && (
          <Progress value={(day / days) * 100} aria-label={say('sample')} size="xs" mt="xs" />
        )}
      </div>
      {state !== 'filling' && (
        <Button variant="default" loading={opening.isPending} onClick={() => opening.mutate()}>
          {say(state === 'ready' ? 'sampleOpen' : 'sampleFill')}
        </Button>
      )}
      {state !== 'none' && (
        <Button variant="subtle" loading={removing.isPending} onClick={() => removing.mutate()}>
          {say('sampleRemove')}
        </Button>
      )}
      <Refusal error={opening.error ?? removing.error} />
    </div>
  );
}

/** The server names itself as its own machine does: from elsewhere it is reached by the name of this page. */
function atThisHost(url: string): string {
  const target = new URL(url);
  target.hostname = location.hostname;
  return target.href;
}
