import { NativeSelect, Title } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useAccount } from '../../account.ts';
import { CallTable } from '../../parts/call-table.tsx';
import { usePages } from '../../parts/pages.ts';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { OpenedCall } from './opened-call.tsx';
import { readSearch, SPANS, STATES } from './search.ts';

/** Rows of the ledger, the newest first, page by page; one of them opened beside it. */
export function Ledger() {
  const { say } = useTexts();
  const { call, status, span } = useSearch({ from: '/app/ledger' });
  const chosen = useAccount();
  const filter = {
    ...(status === undefined ? {} : { status }),
    ...(span === undefined
      ? {}
      : {
          from: new Date(Math.floor(Date.now() / 60_000) * 60_000 - SPANS[span] * 86_400_000).toISOString(),
        }),
  };
  const { pages, ...asked } = usePages({
    key: ['ledger', chosen?.account.id, status, span],
    read: (paging) => apiFor(chosen?.account.id).call('GET /v1/usage', { query: { ...paging, ...filter } }),
    isWanted: chosen !== undefined,
  });
  const events = pages?.flatMap((page) => page.events);
  const opened = events?.find(({ id }) => id === call);
  return (
    <>
      <header className="page">
        <Title order={1}>{say('nav.ledger')}</Title>
      </header>
      <Filters />
      <div className="split" data-open={opened !== undefined}>
        <div>
          <CallTable
            events={events}
            label={say('nav.ledger')}
            empty={say('calls.none')}
            asked={asked}
            opened={call}
          />
        </div>
        {opened !== undefined && <OpenedCall event={opened} />}
      </div>
    </>
  );
}

function Filters() {
  const { say } = useTexts();
  const search = useSearch({ from: '/app/ledger' });
  const navigate = useNavigate({ from: '/app/ledger' });
  return (
    <div className="filters">
      <NativeSelect
        aria-label={say('calls.span')}
        value={search.span ?? ''}
        data={[
          { value: '', label: say('calls.anyTime') },
          { value: 'day', label: say('calls.day') },
          { value: 'week', label: say('calls.week') },
          { value: 'month', label: say('calls.month') },
        ]}
        onChange={({ currentTarget }) =>
          void navigate({ search: readSearch({ ...search, span: currentTarget.value }) })
        }
      />
      <NativeSelect
        aria-label={say('calls.status')}
        value={search.status ?? ''}
        data={[{ value: '', label: say('calls.anyStatus') }, ...STATES]}
        onChange={({ currentTarget }) =>
          void navigate({ search: readSearch({ ...search, status: currentTarget.value }) })
        }
      />
    </div>
  );
}
