import { useState } from 'react';
import { Act } from '../parts/act.tsx';
import { useSample } from '../parts/sample.ts';
import { apiFor } from '../session.ts';
import { pageTexts, useTexts } from '../text/index.ts';

const texts = pageTexts({
  sample: ['Sample data', 'Beispieldaten'],
  about: [
    'A month of a shop that does not exist. Change what you like: nothing here is in your own server.',
    'Ein Monat eines Shops, den es nicht gibt. Ändere, was du magst: Nichts davon ist auf deinem Server.',
  ],
  home: ['Back to your server', 'Zurück zu deinem Server'],
  remove: ['Remove the sample', 'Beispiel entfernen'],
  removed: [
    'The sample is removed, and nothing is left of it.',
    'Das Beispiel ist entfernt, und nichts davon ist übrig.',
  ],
});

/** Says on each page of the sample's server that this is one, and ends it by one press. */
export function SampleBar() {
  const { say } = useTexts(texts);
  const [isRemoved, setRemoved] = useState(false);
  const { data } = useSample();
  const home = homeOf(data?.home);
  const remove = async () => {
    await apiFor(undefined).call('DELETE /v1/admin/sample', {});
    setRemoved(true);
    if (home !== undefined) location.assign(home);
  };
  return (
    <aside className="notice" aria-label={say('sample')}>
      <p className="grow">
        <b>{say('sample')}</b> {say(isRemoved ? 'removed' : 'about')}
      </p>
      {home !== undefined && (
        <a className="link" href={home}>
          {say('home')}
        </a>
      )}
      {!isRemoved && data?.state === 'here' && <Act text={say('remove')} act={remove} />}
    </aside>
  );
}

/** The overview of the server that the sample was begun at, by the name by which this page is reached. */
function homeOf(url: string | null | undefined): string | undefined {
  const target = URL.parse('/app/overview', url ?? undefined);
  if (target === null) return undefined;
  target.hostname = location.hostname;
  return target.href;
}
