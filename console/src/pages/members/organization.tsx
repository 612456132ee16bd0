import { Button, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { chooseAccount } from '../../account.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { saveFile } from '../../parts/save-file.ts';
import { LineForm } from '../../parts/line-form.tsx';
import { useAct, useOfAccount } from '../../parts/of-account.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { Table } from '../../parts/table.tsx';
import { When } from '../../parts/when.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import type { Chosen } from './members.tsx';
import { texts } from './texts.ts';

const api = apiFor(undefined);

/** What the organization is called; to owners, all of its data and its end. */
export function Organization({ account: { id, name, role } }: { readonly account: Chosen }) {
  const { say } = useTexts(texts);
  return (
    <section aria-labelledby="organization">
      <Title order={2} id="organization">
        {say('organization')}
      </Title>
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
    </section>
  );
}

/** An archive of all data, which is made in the background and kept for a week. */
function Exports({ id }: { readonly id: string }) {
  const { say, format } = useTexts(texts);
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
            { head: say('made'), cell: ({ created_at: at }) => <When at={at} isPast /> },
            { head: say('state'), isDim: true, cell: ({ status }) => say(`export.${status}`) },
            {
              head: say('size'),
              isFigure: true,
              cell: ({ bytes }) => (bytes === null ? '–' : format.bytes(bytes)),
            },
            {
              head: '',
              isFigure: true,
              cell: (one) => one.status === 'ready' && <Download id={one.id} />,
            },
          ]}
        />
      )}
    </>
  );
}

function Download({ id }: { readonly id: string }) {
  const { say } = useTexts(texts);
  const { mutate, isPending, error } = useAct(() =>
    saveFile(api, `export-${id}.zip`, {
      route: 'GET /v1/me/exports/{id}/archive',
      given: { params: { id } },
    }),
  );
  return (
    <>
      <Refusal error={error} />
      <button type="button" className="quiet" disabled={isPending} onClick={() => mutate()}>
        {say('download')}
      </button>
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
    <section aria-labelledby="closed">
      <Title order={2} id="closed">
        {say('closed')}
      </Title>
      <Table
        label={say('closed')}
        rows={data.data}
        keyOf={({ id }) => id}
        empty=""
        columns={[
          { head: say('name'), cell: ({ name }) => <span className="clip">{name}</span> },
          {
            head: say('erased'),
            isFigure: true,
            cell: ({ restorable_until: at }) => at !== null && <When at={at} />,
          },
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
    </section>
  );
}
