import { Link } from '@tanstack/react-router';
import { LIVE } from '../../parts/live.ts';
import { usePagesOfAccount } from '../../parts/pages.ts';
import { Head } from '../../parts/section.tsx';
import { Table } from '../../parts/table.tsx';
import { useTexts } from '../../text/index.ts';
import { texts } from './texts.ts';

const DAYS = 7;

/** Failed calls of the account by their code, the most frequent first. */
export function Errors() {
  const { say } = useTexts(texts);
  const asked = usePagesOfAccount(
    ['errors'],
    (api, paging) =>
      api.call('GET /v1/usage/errors', {
        query: { ...paging, from: new Date(Date.now() - DAYS * 86_400_000).toISOString() },
      }),
    { again: LIVE },
  );
  return (
    <>
      <Head title={say('nav.errors')} about={say('aboutErrors', { days: String(DAYS) })}>
        <span className="right">
          <Link className="link" to="/app/ledger" search={{ status: 'denied' }}>
            {say('denied')}
          </Link>
          <Link className="link" to="/app/ledger" search={{ status: 'voided' }}>
            {say('voided')}
          </Link>
        </span>
      </Head>
      <Table
        label={say('nav.errors')}
        keyOf={({ code, route }) => `${code} ${route}`}
        asked={asked}
        empty={say('noErrors')}
        columns={[
          { head: say('code'), isMono: true, cell: ({ code }) => code },
          { head: say('status'), isFigure: true, cell: ({ status }) => status },
          { head: say('call'), isMono: true, isDim: true, cell: ({ route }) => route },
          { head: say('failed'), count: ({ failed }) => failed },
          { head: say('last'), isFigure: true, past: (row) => row.last_at },
          { head: say('calls.request'), isMono: true, isDim: true, cell: ({ last_request_id: id }) => id },
        ]}
      />
    </>
  );
}
