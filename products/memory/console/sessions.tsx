import { Code } from '@mantine/core';
import {
  Confirm,
  Empty,
  Section,
  Table,
  useApi,
  usePagesOfAccount,
  useProductSearch,
  useTexts,
} from '@plinth/console';
import { Joined } from './joined.tsx';
import { texts } from './texts.ts';

/** Sessions that one may read; one of them opened, with what was said in it. */
export function Sessions() {
  const { say } = useTexts(texts);
  const { search, change } = useProductSearch();
  const asked = usePagesOfAccount(
    ['memory sessions'],
    ({ call }, paging) => call('GET /v1/sessions', { query: paging }),
    { limit: 20 },
  );
  return (
    <>
      <Table
        label={say('sessions')}
        asked={asked}
        keyOf={({ id }) => id}
        opened={search['id']}
        empty={
          <>
            <Empty>{say('noSessions')}</Empty>
            <Code block tabIndex={0}>
              {'claude mcp add --env PLINTH_URL=… --env PLINTH_KEY=… plinth -- node server/bin/plinth.js mcp'}
            </Code>
          </>
        }
        lines={8}
        columns={[
          {
            head: say('title'),
            cell: ({ title, client_id: own }) => title ?? own,
            act: ({ id }) => change({ id }),
          },
          { head: say('level'), isDim: true, cell: ({ level }) => say(level) },
          { head: say('messages'), count: ({ messages }) => messages },
          { head: say('lastSaid'), isFigure: true, isDim: true, past: (row) => row.last_said_at },
        ]}
      />
      {search['id'] !== undefined && <Said id={search['id']} />}
    </>
  );
}

function Said({ id }: { readonly id: string }) {
  const { say } = useTexts(texts);
  const { change } = useProductSearch();
  const api = useApi();
  const params = { id };
  const asked = usePagesOfAccount(['memory messages', id], ({ call }, query) =>
    call('GET /v1/sessions/{id}/messages', { params, query }),
  );
  return (
    <Section title={say('messages')}>
      <Table
        label={say('messages')}
        asked={asked}
        keyOf={(message) => message.id}
        empty=""
        lines={4}
        columns={[
          { head: '', isDim: true, cell: ({ speaker, role }) => speaker ?? role },
          {
            head: say('messages'),
            isText: true,
            cell: ({ text }) => text ?? <span className="dim">{say('recalled')}</span>,
          },
          { head: say('lastSaid'), isFigure: true, isDim: true, past: (row) => row.said_at },
        ]}
      />
      <Joined id={id} />
      <Confirm
        isDangerous
        text={say('forget')}
        act={async () => {
          await api.call('DELETE /v1/sessions/{id}', { params });
          change({ id: undefined });
        }}
      />
    </Section>
  );
}
