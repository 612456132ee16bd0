import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { chooseAccount } from '../../account.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { Download } from '../../parts/download.tsx';
import { LineForm } from '../../parts/line-form.tsx';
import { useAct, useOfAccount } from '../../parts/of-account.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { Section } from '../../parts/section.tsx';
import { Table } from '../../parts/table.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import type { Chosen } from './members.tsx';
import { texts } from './texts.ts';

const api = apiFor(undefined);

/** What the organization is called; to owners, all of its data and its end. */
export function Organization({ account: { id, name, role } }: { readonly account: Chosen }) {
  const { say } = useTexts(texts);
  return (
    <Section title={say('organization')}>
      <LineForm
        key={name}
        label={say('organizationName')}
        button={say('rename')}
        value={name}
        act={(line) => api.call('PATCH /v1/organizations/{id}', { params: { id }, body: { name: line } })}
      />
      {role === 'owner' && (
        <>
          <Exports id={id} />
          <div className="filters">
            <Confirm
              isDangerous
              text={say('close')}
              act={() => api.call('DELETE /v1/organizations/{id}', { params: { id } })}
            />
            <span className="dim">{say('closing')}</span>
          </div>
        </>
      )}
    </Section>
  );
}

/** An archive of all data, which is made in the background and kept for a week. */
function Exports({ id }: { readonly id: string }) {
  const { say } = useTexts(texts);
  const { data } = useOfAccount(['exports'], () => api.call('GET /v1/me/exports', { query: { limit: 20 } }), {
    again: 5_000,
  });
  const order = useAct(() => api.call('POST /v1/organizations/{id}/exports', { params: { id } }));
  const own = data?.data.filter(({ organization_id: of }) => of === id) ?? [];
  return (
    <>
      <div className="filters">
        <Button variant="default" loading={order.isPending} onClick={() => order.mutate()}>
          {say('export')}
        </Button>
      </div>
      <Refusal error={order.error} />
      {own.length > 0 && (
        <Table
          label={say('exports')}
          rows={own}
          keyOf={(one) => one.id}
          empty=""
          columns={[
            { head: say('made'), past: (row) => row.created_at },
            { head: say('state'), isDim: true, cell: ({ status }) => say(`export.${status}`) },
            { head: say('size'), bytes: ({ bytes }) => bytes },
            {
              head: '',
              isFigure: true,
              cell: (one) =>
                one.status === 'ready' && (
                  <Download
                    text={say('download')}
                    name="export.zip"
                    read={() => api.open('GET /v1/me/exports/{id}/archive', { params: { id: one.id } })}
                  />
                ),
            },
          ]}
        />
      )}
    </>
  );
}

/** Organizations that their owner has closed and may open again. */
export function Closed() {
  const { say } = useTexts(texts);
  const { data } = useQuery({
    queryKey: ['closed'],
    queryFn: () => api.call('GET /v1/organizations', { query: { closed: 'true', limit: 50 } }),
  });
  if (data === undefined || data.data.length === 0) return null;
  return (
    <Section title={say('closed')}>
      <Table
        label={say('closed')}
        rows={data.data}
        keyOf={({ id }) => id}
        empty=""
        columns={[
          { head: say('name'), cell: ({ name }) => <span className="clip">{name}</span> },
          { head: say('erased'), isFigure: true, due: (row) => row.restorable_until },
          {
            head: '',
            isFigure: true,
            cell: ({ id }) => (
              <Confirm
                isQuiet
                text={say('openAgain')}
                act={async () => {
                  await api.call('POST /v1/organizations/{id}/restore', { params: { id } });
                  chooseAccount(id);
                }}
              />
            ),
          },
        ]}
      />
    </Section>
  );
}
