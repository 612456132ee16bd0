import { Code } from '@mantine/core';
import {
  apiFor,
  Confirm,
  Table,
  useAccount,
  usePages,
  useProductSearch,
  useTexts,
  When,
} from '@plinth/console';
import { Joined } from './joined.tsx';
import { texts } from './memory-texts.ts';

/** Sessions that one may read; one of them opened, with what was said in it. */
export function Sessions() {
  const { say, format } = useTexts(texts);
  const chosen = useAccount();
  const { search, change } = useProductSearch();
  const { pages, ...asked } = usePages({
    key: ['memory sessions', chosen?.account.id],
    read: (paging) => apiFor(chosen?.account.id).call('GET /v1/sessions', { query: paging }),
    isWanted: chosen !== undefined,
    limit: 20,
  });
  return (
    <>
      <Table
        label={say('sessions')}
        rows={pages?.flatMap(({ data }) => data)}
        asked={asked}
        keyOf={({ id }) => id}
        opened={search['id']}
        empty={
          <>
            <p className="dim">{say('noSessions')}</p>
            <Code block tabIndex={0}>
              {'claude mcp add --env PLINTH_URL=… --env PLINTH_KEY=… plinth -- node bin/plinth.js mcp'}
            </Code>
          </>
        }
        lines={8}
        columns={[
          {
            head: say('title'),
            cell: ({ id, title, client_id: own }) => (
              <button type="button" className="quiet" onClick={() => change({ id })}>
                {title ?? own}
              </button>
            ),
          },
          { head: say('level'), isDim: true, cell: ({ level }) => say(level) },
          { head: say('messages'), isFigure: true, cell: ({ messages }) => format.count(messages) },
          {
            head: say('lastSaid'),
            isFigure: true,
            isDim: true,
            cell: ({ last_said_at: at }) => (at === null ? '–' : <When at={at} isPast />),
          },
        ]}
      />
      {search['id'] !== undefined && <Said id={search['id']} />}
    </>
  );
}

function Said({ id }: { readonly id: string }) {
  const { say } = useTexts(texts);
  const chosen = useAccount();
  const { change } = useProductSearch();
  const api = apiFor(chosen?.account.id);
  const params = { id };
  const { pages, ...asked } = usePages({
    key: ['memory messages', chosen?.account.id, id],
    read: (query) => api.call('GET /v1/sessions/{id}/messages', { params, query }),
    isWanted: chosen !== undefined,
  });
  return (
    <section aria-labelledby="said">
      <h2 id="said">{say('messages')}</h2>
      <Table
        label={say('messages')}
        rows={pages?.flatMap(({ data }) => data)}
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
          {
            head: say('lastSaid'),
            isFigure: true,
            isDim: true,
            cell: ({ said_at: at }) => <When at={at} isPast />,
          },
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
    </section>
  );
}
