import {
  Confirm,
  StateBadge,
  Table,
  useApi,
  useOfAccount,
  usePagesOfAccount,
  useProductSearch,
  useTexts,
} from '@plinth/console';
import { Joined } from './joined.tsx';
import { texts } from './texts.ts';

/** Decisions that one may read; one of them opened, with why it was made. */
export function Decisions() {
  const { say } = useTexts(texts);
  const { search, change } = useProductSearch();
  const asked = usePagesOfAccount(
    ['memory decisions'],
    (api, paging) => api.call('GET /v1/decisions', { query: paging }),
    { limit: 20 },
  );
  return (
    <>
      <Table
        label={say('decisions')}
        asked={asked}
        keyOf={({ id }) => id}
        opened={search['id']}
        empty={say('noDecisions')}
        lines={8}
        columns={[
          { head: say('title'), cell: ({ title }) => title, act: ({ id }) => change({ id }) },
          {
            head: say('status'),
            cell: ({ status }) => (
              <StateBadge color={status === 'accepted' ? 'accent' : 'gray'}>{status}</StateBadge>
            ),
          },
          { head: say('level'), isDim: true, cell: ({ level }) => say(level) },
          { head: say('decided'), isFigure: true, isDim: true, past: (row) => row.decided_at },
        ]}
      />
      {search['id'] !== undefined && <Opened id={search['id']} />}
    </>
  );
}

function Opened({ id }: { readonly id: string }) {
  const { say } = useTexts(texts);
  const api = useApi();
  const params = { id };
  const { data } = useOfAccount(['memory decision', id], ({ call }) =>
    call('GET /v1/decisions/{id}', { params }),
  );
  if (data === undefined || 'markdown' in data) return null;
  return (
    <section aria-labelledby="decision" className="prose">
      <h2 id="decision">{data.title}</h2>
      <p>{data.context}</p>
      <p>{data.rationale}</p>
      {data.consequences !== null && <p>{data.consequences}</p>}
      {data.status === 'proposed' && (
        <Confirm
          text={say('accept')}
          act={() =>
            api.call('PATCH /v1/decisions/{id}', {
              params,
              body: { status: 'accepted' },
            })
          }
        />
      )}
      <Joined id={id} />
    </section>
  );
}
