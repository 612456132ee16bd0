import { Button, Checkbox, Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useSearchOf } from '../../parts/search.ts';
import { Head, Section } from '../../parts/section.tsx';
import { State } from '../../parts/state.tsx';
import { Table } from '../../parts/table.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { readServerSearch } from './search.ts';
import { texts } from './texts.ts';

/** What is wrong with the server, and the settings that are in effect. */
export function Server() {
  const { say } = useTexts(texts);
  return (
    <>
      <Head title={say('nav.server')} />
      <Findings />
      <Settings />
    </>
  );
}

const ORDER = ['failed', 'warning', 'ok'] as const;

function Findings() {
  const { say } = useTexts(texts);
  const { data, isFetching, ...asked } = useQuery({
    queryKey: ['doctor'],
    queryFn: () => apiFor(undefined).call('GET /v1/admin/doctor', {}),
    staleTime: 60_000,
  });
  const unwell = data?.data.filter(({ status }) => status !== 'ok').length ?? 0;
  return (
    <section aria-labelledby="wrong">
      <header className="page">
        <h2 id="wrong">{say('wrong')}</h2>
        {data !== undefined && data.data.length > 0 && (
          <span className="dim">
            {say(unwell === 0 ? 'allWell' : 'unwell', {
              count: String(unwell),
              all: String(data.data.length),
            })}
          </span>
        )}
        <span className="right">
          <Button variant="default" loading={isFetching} onClick={() => void asked.refetch()}>
            {say('again')}
          </Button>
        </span>
      </header>
      {data === undefined && asked.error === null && (
        <p className="dim" role="status">
          {say('looking')}
        </p>
      )}
      <Table
        label={say('wrong')}
        rows={data?.data.toSorted((one, other) => ORDER.indexOf(one.status) - ORDER.indexOf(other.status))}
        keyOf={({ name }) => name}
        asked={asked}
        lines={12}
        empty={say('nothingToLook')}
        columns={[
          {
            head: say('state'),
            cell: ({ status }) => (
              <State of={status} text={say(status === 'failed' ? 'failedState' : status)} />
            ),
          },
          { head: say('kind'), cell: ({ name }) => name },
          { head: say('found'), isText: true, cell: ({ says }) => says },
        ]}
      />
    </section>
  );
}

function Settings() {
  const { say } = useTexts(texts);
  const { all } = useSearchOf(readServerSearch);
  const navigate = useNavigate({ from: '/app/server' });
  const { data, error } = useQuery({
    queryKey: ['settings'],
    queryFn: () => apiFor(undefined).call('GET /v1/admin/config', {}),
    staleTime: 60_000,
  });
  // Who may not see them has been told above.
  if (error !== null) return null;
  if (data === undefined) return <Skeleton h={320} />;
  return (
    <>
      <section aria-labelledby="settings">
        <header className="page">
          <h2 id="settings">{say('settings')}</h2>
          <Checkbox
            className="right"
            size="xs"
            label={say('onlySet')}
            checked={all !== true}
            onChange={({ currentTarget }) =>
              void navigate({ search: currentTarget.checked ? {} : { all: true }, resetScroll: false })
            }
          />
        </header>
        <Table
          label={say('settings')}
          rows={data.data.filter(({ is_set: isSet }) => all === true || isSet)}
          keyOf={({ name }) => name}
          empty=""
          columns={[
            { head: say('setting'), isMono: true, cell: ({ name }) => name },
            {
              head: say('value'),
              isText: true,
              cell: ({ value, is_set: isSet }) =>
                value === ''
                  ? '–'
                  : (value ?? <span className="dim">{say(isSet ? 'hidden' : 'unset')}</span>),
            },
            { head: say('about'), isDim: true, isText: true, cell: ({ says }) => says },
          ]}
        />
      </section>
      <Section title={say('ai')}>
        <Table
          label={say('ai')}
          rows={data.ai}
          keyOf={({ name }) => name}
          empty=""
          columns={[
            { head: say('setting'), cell: ({ name }) => name },
            { head: say('value'), isText: true, cell: ({ value }) => value },
          ]}
        />
      </Section>
    </>
  );
}
