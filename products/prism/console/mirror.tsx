import {
  LineForm,
  Section,
  Table,
  useApi,
  usePagesOfAccount,
  useProductSearch,
  useTexts,
} from '@plinth/console';
import { Left, Person, useHelp } from './parts.tsx';
import { OpenSession } from './session.tsx';
import { texts } from './texts.ts';

/** Sessions of the mirror, or one of them. */
export default function Mirror() {
  const { say } = useTexts(texts);
  const { session } = useProductSearch().search;
  return (
    <Person title={say('mirror')}>
      {session === undefined ? <Sessions /> : <OpenSession key={session} id={session} />}
    </Person>
  );
}

function Sessions() {
  const { say } = useTexts(texts);
  const { call } = useApi();
  const { change } = useProductSearch();
  const help = useHelp();
  /** Its title is looked at before the limit is: a person in a crisis need not get as far as a message. */
  const begin = async (title: string, isSafe = false): Promise<void> => {
    const reply = await call('POST /v1/mirror/sessions', { body: { title } }, { isSafe });
    if ('id' in reply) change({ session: reply.id });
    help(reply, () => begin(title, true));
  };
  const asked = usePagesOfAccount(['prism sessions'], (api, query) =>
    api.call('GET /v1/mirror/sessions', { query }),
  );
  return (
    <>
      <LineForm label={say('about')} button={say('begin')} act={(title) => begin(title)} />
      <Left limit="mirror_sessions" label={say('sessionsWeek')} />
      <Section title={say('sessions')}>
        <Table
          label={say('sessions')}
          asked={asked}
          keyOf={({ id }) => id}
          empty={say('noSessions')}
          lines={6}
          columns={[
            {
              head: say('session'),
              cell: ({ title }) => title ?? '–',
              act: ({ id }) => change({ session: id }),
            },
            { head: say('summary'), isLong: true, isDim: true, cell: ({ summary }) => summary },
            { head: say('status'), isDim: true, cell: ({ status }) => say(status) },
            { head: say('when'), isFigure: true, isDim: true, past: (row) => row.created_at },
          ]}
        />
      </Section>
    </>
  );
}
