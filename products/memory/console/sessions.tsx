import { Code } from '@mantine/core';
import {
  Confirm,
  Download,
  Empty,
  Facts,
  Section,
  Table,
  useApi,
  useIsAtLeast,
  useMe,
  useOfAccount,
  usePagesOfAccount,
  useProductSearch,
  useTexts,
} from '@plinth/console';
import { Neighbours } from './graph.tsx';
import { Item } from './item.tsx';
import { type Audience, LevelFilter, Shared, useLevel } from './levels.tsx';
import { texts } from './texts.ts';

const ENDINGS = { markdown: 'md', json: 'json' } as const;

/** Sessions that one may read. */
export function Sessions() {
  const { say } = useTexts(texts);
  const { change } = useProductSearch();
  const level = useLevel();
  const asked = usePagesOfAccount(
    ['memory sessions', level],
    ({ call }, paging) =>
      call('GET /v1/sessions', { query: { ...paging, ...(level === undefined ? {} : { level }) } }),
    { limit: 20 },
  );
  return (
    <>
      <LevelFilter />
      <Table
        label={say('sessions')}
        asked={asked}
        keyOf={({ id }) => id}
        empty={
          <>
            <Empty>{say(level === undefined ? 'noSessions' : 'noneOfLevel')}</Empty>
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
          { head: say('level'), isDim: true, cell: (row) => say(row.level) },
          { head: say('messages'), count: ({ messages }) => messages },
          { head: say('lastSaid'), isFigure: true, isDim: true, past: (row) => row.last_said_at },
        ]}
      />
    </>
  );
}

/** One session: for whom it is, its messages, its export and its end. */
export function OpenedSession({ id }: { readonly id: string }) {
  const { say } = useTexts(texts);
  const { call } = useApi();
  const params = { id };
  const asked = useOfAccount(['memory session', id], (api) => api.call('GET /v1/sessions/{id}', { params }));
  const share = (body: Audience) => call('PATCH /v1/sessions/{id}', { params, body });
  return (
    <Item asked={asked} titleOf={({ title, client_id: own }) => title ?? own}>
      {(session) => (
        <>
          <Facts of={{ [say('level')]: <Shared item={session} change={share} /> }} />
          <Said id={id} />
          <Neighbours id={id} />
          <Acts id={id} author={session.author_id} />
        </>
      )}
    </Item>
  );
}

function Acts({ id, author }: { readonly id: string; readonly author: string }) {
  const { say } = useTexts(texts);
  const { call } = useApi();
  const { change } = useProductSearch();
  const isMember = useIsAtLeast('member');
  const isAuthor = useMe().data?.id === author;
  const params = { id };
  const read = async (format: keyof typeof ENDINGS) => {
    const made = await call('POST /v1/sessions/{id}/export', { params, body: { format } });
    return new Response('markdown' in made ? made.markdown : JSON.stringify(made, null, 2));
  };
  const remove = async () => {
    await call('DELETE /v1/sessions/{id}', { params });
    change({ id: undefined });
  };
  return (
    <div className="filters">
      {isAuthor && <Confirm isDangerous text={say('forget')} act={remove} />}
      {isMember &&
        (['markdown', 'json'] as const).map((format) => (
          <Download
            key={format}
            text={say('exportAs', { format: format === 'json' ? 'JSON' : 'Markdown' })}
            name={`session-${id.slice(-8)}.${ENDINGS[format]}`}
            read={() => read(format)}
          />
        ))}
    </div>
  );
}

function Said({ id }: { readonly id: string }) {
  const { say } = useTexts(texts);
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
          { head: say('speaker'), isDim: true, cell: ({ speaker, role }) => speaker ?? role },
          {
            head: say('message'),
            isText: true,
            cell: ({ text }) => text ?? <span className="dim">{say('recalled')}</span>,
          },
          { head: say('said'), isFigure: true, isDim: true, past: (row) => row.said_at },
        ]}
      />
    </Section>
  );
}
