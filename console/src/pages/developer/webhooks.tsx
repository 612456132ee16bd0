import { Button, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { useSearchOf } from '../../parts/search.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { Copy } from '../../parts/copy.tsx';
import { Facts } from '../../parts/facts.tsx';
import { LIVE } from '../../parts/live.ts';
import { Pick } from '../../parts/pick.tsx';
import { usePages } from '../../parts/pages.ts';
import { Head } from '../../parts/section.tsx';
import { State } from '../../parts/state.tsx';
import { Table } from '../../parts/table.tsx';
import { When } from '../../parts/when.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { Opened } from '../../parts/opened.tsx';
import { DELIVERY_STATES, readWebhookSearch } from './search.ts';
import { texts } from './texts.ts';

const api = apiFor(undefined);

/** The operator's endpoints; one opened with what was sent to it. */
export function Webhooks() {
  const { say, format } = useTexts(texts);
  const { webhook } = useSearchOf(readWebhookSearch);
  const [secret, setSecret] = useState<string>();
  const asked = usePages({
    key: ['webhooks'],
    read: (query) => api.call('GET /v1/admin/webhooks', { query }),
    again: LIVE,
  });
  return (
    <>
      <Head title={say('nav.webhooks')} />
      <NewEndpoint made={setSecret} />
      {secret !== undefined && <Secret secret={secret} />}
      <Table
        label={say('nav.webhooks')}
        keyOf={({ id }) => id}
        asked={asked}
        opened={webhook}
        lines={4}
        empty={say('noWebhooks')}
        columns={[
          {
            head: say('url'),
            cell: ({ id, url }) => (
              <Link to="/app/webhooks" search={{ webhook: id }}>
                {url}
              </Link>
            ),
          },
          { head: say('description'), isDim: true, cell: ({ description }) => description },
          {
            head: say('types'),
            isDim: true,
            cell: ({ types }) => (
              <span title={types.join(', ')}>{say('count', { count: format.count(types.length) })}</span>
            ),
          },
          {
            head: say('state'),
            cell: ({ status, disabled_because: why, failing_since: since }) => (
              <>
                <State of={status} text={say(status)} /> {why === 'failing' ? '' : why}{' '}
                {since !== null && (
                  <>
                    {say('since')} <When at={since} isPast />
                  </>
                )}
              </>
            ),
          },
        ]}
      />
      {webhook !== undefined && <OneWebhook id={webhook} show={setSecret} />}
    </>
  );
}

function NewEndpoint({ made }: { readonly made: (secret: string) => void }) {
  const { say } = useTexts(texts);
  const [url, setUrl] = useState('');
  const queries = useQueryClient();
  const { mutate, isPending, error } = useMutation({
    mutationFn: (sent: string) => api.call('POST /v1/admin/webhooks', { body: { url: sent } }),
    async onSuccess({ secret }, sent) {
      if (secret !== null) made(secret);
      // The next one may have been typed meanwhile.
      setUrl((now) => (now === sent ? '' : now));
      await queries.invalidateQueries({ queryKey: ['webhooks'] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    mutate(url);
  };
  return (
    <form className="filters" onSubmit={submit}>
      <TextInput
        value={url}
        onChange={({ currentTarget }) => setUrl(currentTarget.value)}
        required
        w={320}
        aria-label={say('newUrl')}
        placeholder={say('newUrl')}
        error={error?.message}
      />
      <Button type="submit" loading={isPending}>
        {say('add')}
      </Button>
    </form>
  );
}

/** It is in one answer and nowhere else. */
function Secret({ secret }: { readonly secret: string }) {
  const { say } = useTexts(texts);
  return (
    <p role="status">
      {say('secret')} <code>{secret}</code> <Copy value={secret} text={say('copy')} />
    </p>
  );
}

function OneWebhook({ id, show }: { readonly id: string; readonly show: (secret: string) => void }) {
  const { say, format } = useTexts(texts);
  const queries = useQueryClient();
  const navigate = useNavigate({ from: '/app/webhooks' });
  const [told, setTold] = useState<string>();
  const params = { id };
  const asked = useQuery({
    queryKey: ['webhooks', id],
    queryFn: () => api.call('GET /v1/admin/webhooks/{id}', { params }),
    refetchInterval: LIVE,
  });
  const after = async () => queries.invalidateQueries({ queryKey: ['webhooks'] });
  return (
    <section aria-label={say('deliveries')}>
      <Opened
        title={asked.data?.url ?? say('nav.webhooks')}
        close={() => void navigate({ search: {} })}
        asked={asked}
        missing={say('noWebhook')}
      >
        {({ status, created_at: made, former_secret_until: former, types }) => (
          <>
            <Facts
              of={{
                [say('state')]: say(status),
                [say('made')]: format.day(made),
                [say('types')]: say('count', { count: format.count(types.length) }),
              }}
            />
            {former !== null && <p className="dim">{say('secretAgain')}</p>}
            {told !== undefined && <p role="status">{told}</p>}
            <div className="filters">
              <Button
                variant="default"
                onClick={() =>
                  void api
                    .call('POST /v1/admin/webhooks/{id}/test', { params })
                    .then(
                      () => say('tested'),
                      (error: Error) => error.message,
                    )
                    .then(setTold)
                    .then(after)
                }
              >
                {say('test')}
              </Button>
              <Confirm
                text={say('replayDay')}
                act={async () => {
                  const since = new Date(Date.now() - 86_400_000).toISOString();
                  const { deliveries } = await api.call('POST /v1/admin/webhooks/{id}/replay', {
                    params,
                    body: { since, include_delivered: false },
                  });
                  setTold(say('replayed', { count: format.count(deliveries) }));
                  await after();
                }}
              />
              <Confirm
                text={say('rotate')}
                act={async () => {
                  const { secret } = await api.call('POST /v1/admin/webhooks/{id}/rotate', {
                    params,
                    body: { overlap_hours: 24 },
                  });
                  if (secret !== null) show(secret);
                  await after();
                }}
              />
              <Confirm
                text={say(status === 'enabled' ? 'disable' : 'enable')}
                act={async () => {
                  const next = status === 'enabled' ? 'disabled' : 'enabled';
                  await api.call('PATCH /v1/admin/webhooks/{id}', { params, body: { status: next } });
                  await after();
                }}
              />
              <Confirm
                isDangerous
                text={say('remove')}
                act={async () => {
                  await api.call('DELETE /v1/admin/webhooks/{id}', { params });
                  await navigate({ search: {} });
                  await after();
                }}
              />
            </div>
            <Deliveries id={id} after={after} />
          </>
        )}
      </Opened>
    </section>
  );
}

function Deliveries({ id, after }: { readonly id: string; readonly after: () => Promise<void> }) {
  const { say } = useTexts(texts);
  const { status } = useSearchOf(readWebhookSearch);
  const navigate = useNavigate({ from: '/app/webhooks' });
  const asked = usePages({
    key: ['webhooks', id, 'deliveries', status],
    read: (paging) =>
      api.call('GET /v1/admin/webhooks/{id}/deliveries', {
        params: { id },
        query: { ...paging, ...(status === undefined ? {} : { status }) },
      }),
    again: LIVE,
  });
  return (
    <>
      <div className="filters">
        <Pick
          label={say('state')}
          value={status}
          none={say('anyState')}
          options={DELIVERY_STATES}
          choose={(next) => void navigate({ search: readWebhookSearch({ webhook: id, status: next }) })}
        />
      </div>
      <Table
        label={say('deliveries')}
        keyOf={({ id: delivery }) => delivery}
        asked={asked}
        lines={8}
        empty={say('noDeliveries')}
        columns={[
          { head: say('calls.when'), past: (row) => row.created_at },
          { head: say('event'), cell: ({ type }) => type },
          { head: say('state'), cell: ({ status: of }) => <State of={of} /> },
          { head: say('tries'), count: ({ attempts }) => attempts },
          {
            head: say('answer'),
            isDim: true,
            cell: ({ answered, answer, error }) =>
              [answered, answer?.slice(0, 60), error].filter(Boolean).join(' '),
          },
          { head: say('next'), isFigure: true, due: (row) => row.next_attempt_at },
          {
            head: say('replay'),
            cell: ({ status: of, event_id: event }) =>
              of === 'dead' && (
                <Confirm
                  text={say('replay')}
                  act={async () => {
                    await api.call('POST /v1/admin/webhooks/{id}/replay', {
                      params: { id },
                      body: { event_id: event, include_delivered: false },
                    });
                    await after();
                  }}
                />
              ),
          },
        ]}
      />
    </>
  );
}
