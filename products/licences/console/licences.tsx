import { Skeleton } from '@mantine/core';
import {
  Confirm,
  Copy,
  Download,
  Facts,
  Head,
  Section,
  Table,
  Trouble,
  useAccount,
  useApi,
  useOfAccount,
  usePagesOfAccount,
  useProductSearch,
  useTexts,
} from '@plinth/console';
import { useCapacityColumns } from './capacity.tsx';
import { History } from './history.tsx';
import { MachineTable } from './machine-table.tsx';
import { Status } from './status.tsx';
import { texts } from './texts.ts';

/** Minutes. */
const DAY = 1_440;

/** Licences of the account; one of them opened, with its key, its seats and its machines. */
export default function Licences() {
  const { say } = useTexts(texts);
  const capacity = useCapacityColumns();
  const { search, change } = useProductSearch();
  const asked = usePagesOfAccount(['licences'], (api, paging) =>
    api.call('GET /v1/licenses', { query: paging }),
  );
  const opened = search['licence'] ?? (asked.rows?.length === 1 ? asked.rows[0]?.id : undefined);
  return (
    <>
      <Head title={say('title')} />
      <Table
        label={say('title')}
        asked={asked}
        keyOf={({ id }) => id}
        opened={opened}
        empty={say('none')}
        lines={4}
        columns={[
          {
            head: say('licence'),
            cell: ({ id, tier, key_hint: hint }) => (
              <button type="button" className="quiet" onClick={() => change({ licence: id })}>
                {tier} <span className="dim mono">…{hint}</span>
              </button>
            ),
          },
          { head: say('status'), cell: (licence) => <Status of={licence} /> },
          ...capacity,
          { head: say('expires'), isFigure: true, due: (row) => row.expires_at },
        ]}
      />
      {opened !== undefined && <Opened id={opened} />}
    </>
  );
}

function Opened({ id }: { readonly id: string }) {
  const { say, format } = useTexts(texts);
  const chosen = useAccount();
  const params = { id };
  const { data, error, refetch } = useOfAccount(['licence', id], (api) =>
    api.call('GET /v1/licenses/{id}', { params }),
  );
  if (error !== null) return <Trouble error={error} retry={() => void refetch()} />;
  if (data === undefined || chosen === undefined) return <Skeleton h={240} mt="lg" />;
  return (
    <section aria-label={data.tier}>
      <Facts
        of={{
          [say('key')]:
            data.license_key === null ? (
              <span className="dim">{say('keyHint', { hint: data.key_hint })}</span>
            ) : (
              <Copy value={data.license_key} text={say('copyKey')} />
            ),
          [say('offline')]:
            data.offline_minutes < DAY
              ? say('minutes', { count: format.count(data.offline_minutes) })
              : say('days', { count: format.count(Math.round(data.offline_minutes / DAY)) }),
          [say('licence')]: <span className="mono">{data.id}</span>,
        }}
      />
      {data.status === 'active' && (
        <div className="filters plan-acts">
          {data.license_key !== null && (
            <Confirm
              text={say('rotate')}
              act={() => chosen.api.call('POST /v1/licenses/{id}/key', { params })}
            />
          )}
          <Download
            text={say('file')}
            name="license.signed.json"
            read={() => chosen.api.open('GET /v1/licenses/{id}/download', { params })}
          />
        </div>
      )}
      <Seats id={id} />
      <Machines id={id} />
      <History id={id} seats={data.max_seats} />
    </section>
  );
}

function Seats({ id }: { readonly id: string }) {
  const { say } = useTexts(texts);
  const api = useApi();
  const { data, ...asked } = useOfAccount(
    ['licence seats', id],
    ({ call }) => call('GET /v1/licenses/{id}/seats', { params: { id } }),
    { again: 10_000 },
  );
  return (
    <Section title={say('inUse')}>
      <Table
        label={say('inUse')}
        rows={data?.seats}
        asked={asked}
        keyOf={({ session_id: session }) => session}
        empty={say('noSeats')}
        lines={2}
        columns={[
          {
            head: say('machine'),
            cell: ({ machine_name: name, hardware_id: hardware }) => (
              <>
                {name} <span className="dim mono">{hardware}</span>
              </>
            ),
          },
          { head: say('since'), past: (row) => row.started_at },
          { head: say('seen'), past: (row) => row.last_heartbeat_at },
          { head: say('offlineUntil'), due: (row) => row.offline_until },
          { head: 'IP', isDim: true, cell: ({ ip }) => ip },
          {
            head: '',
            isFigure: true,
            cell: ({ machine_id: machine }) => (
              <Confirm
                text={say('end')}
                isQuiet
                act={() =>
                  api.call('DELETE /v1/licenses/{id}/seats/{machine}', {
                    params: { id, machine },
                  })
                }
              />
            ),
          },
        ]}
      />
    </Section>
  );
}

function Machines({ id }: { readonly id: string }) {
  const { say } = useTexts(texts);
  const { data, ...asked } = useOfAccount(['licence machines', id], (api) =>
    api.call('GET /v1/licenses/{id}/machines', { params: { id } }),
  );
  return (
    <Section title={say('machines')}>
      <MachineTable machines={data?.data} asked={asked} />
    </Section>
  );
}
