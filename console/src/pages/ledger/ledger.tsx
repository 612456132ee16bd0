import { useAccount } from '../../account.ts';
import { useSearchOf } from '../../parts/search.ts';
import { CallTable } from '../../parts/call-table.tsx';
import { Csv } from '../../parts/csv.tsx';
import { Head } from '../../parts/section.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { Denials } from './denials.tsx';
import { Filters } from './filters.tsx';
import { OpenedCall } from './opened-call.tsx';
import { filterOf, useLedgerRows } from './rows.ts';
import { readSearch } from './search.ts';
import { texts } from './texts.ts';

/** Rows of the ledger, the newest first, as one scrolls; one of them opened beside it. Or what limits denied, which has no rows. */
export function Ledger() {
  const { say } = useTexts(texts);
  const search = useSearchOf(readSearch);
  const chosen = useAccount();
  const isDenied = search.status === 'denied';
  return (
    <>
      <Head title={say('nav.ledger')}>
        {!isDenied && (
          <Csv
            route="GET /v1/usage/export"
            query={filterOf(search)}
            name="ledger"
            api={apiFor(chosen?.account.id)}
          />
        )}
      </Head>
      <Filters />
      {isDenied ? (
        <Denials />
      ) : (
        <div className="split" data-open={search.call !== undefined}>
          <Rows />
          {search.call !== undefined && <OpenedCall id={search.call} />}
        </div>
      )}
    </>
  );
}

function Rows() {
  const { say } = useTexts(texts);
  const search = useSearchOf(readSearch);
  const { call, ...filter } = search;
  const { events, asked } = useLedgerRows(useAccount()?.account.id, search);
  return (
    <div>
      <CallTable
        events={events}
        label={say('nav.ledger')}
        empty={say(Object.keys(filter).length === 0 ? 'firstCall' : 'none')}
        asked={asked}
        opened={call}
        filter={filter}
      />
    </div>
  );
}
