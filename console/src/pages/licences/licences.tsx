import { Anchor, Badge, Button, TextInput } from '@mantine/core';
import type { ReplyOf } from '@plinth/sdk';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { Confirm } from '../../parts/confirm.tsx';
import { usePages } from '../../parts/pages.ts';
import { Pick } from '../../parts/pick.tsx';
import { changed, useSearchOf } from '../../parts/search.ts';
import { endOfLicence } from '../../parts/secrets.ts';
import { Table } from '../../parts/table.tsx';
import { TextFilter } from '../../parts/text-filter.tsx';
import { When } from '../../parts/when.tsx';
import { usePriceList } from '../../parts/price-list.ts';
import { apiFor } from '../../session.ts';
import { readLicenceSearch } from './search.ts';
import { useTexts } from '../../text/index.ts';
import { texts } from './texts.ts';

type Licence = ReplyOf<'GET /v1/admin/licenses'>['data'][number];

const COLOURS = { active: 'accent', suspended: 'red', inactive: 'gray' } as const;
/** Characters of a key's end that can be looked for; an email is looked for as a whole. */
const LEAST = 4;
const EMAIL = /^\S+@\S+\.\S+$/;

/** Licences of all accounts; one opened, with its machines and what can be done. */
export function Licences() {
  const { say, format } = useTexts(texts);
  const { licence, account, key, email, status, tier } = useSearchOf(readLicenceSearch);
  const navigate = useNavigate({ from: '/app/licences' });
  const change = (next: Parameters<typeof changed<ReturnType<typeof readLicenceSearch>>>[1]) =>
    void navigate({ search: (search) => changed(search, next) });
  const query = {
    ...(account && { account_id: account }),
    ...(key && key.length >= LEAST && { key }),
    ...(email && EMAIL.test(email) && { email }),
    ...(status && { status }),
    ...(tier && { tier }),
  };
  const { pages, ...asked } = usePages({
    key: ['licences', query],
    read: (paging) => apiFor(undefined).call('GET /v1/admin/licenses', { query: { ...paging, ...query } }),
  });
  const licences = pages?.flatMap(({ data }) => data);
  const opened = licences?.find(({ id }) => id === licence);
  return (
    <>
      <header className="page">
        <h1>{say('nav.licences')}</h1>
      </header>
      <div className="filters">
        <TextFilter
          label={say('key')}
          value={key}
          clean={endOfLicence}
          choose={(next) => change({ key: next })}
        />
        <TextFilter label={say('email')} value={email} choose={(next) => change({ email: next })} />
        <Pick
          label={say('status')}
          value={status}
          none={say('anyStatus')}
          options={{
            active: say('state.active'),
            suspended: say('state.suspended'),
            inactive: say('state.inactive'),
          }}
          choose={(next) => change({ status: next })}
        />
        <Pick
          label={say('tier')}
          value={tier}
          none={say('anyTier')}
          options={useTiers()}
          choose={(next) => change({ tier: next })}
        />
      </div>
      {opened !== undefined && <Opened licence={opened} close={() => change({ licence: undefined })} />}
      <Table<Licence>
        label={say('nav.licences')}
        rows={licences}
        keyOf={({ id }) => id}
        asked={asked}
        opened={licence}
        empty={say('empty')}
        columns={[
          {
            head: say('organization'),
            isLong: true,
            cell: ({ id, organization }) => (
              <Link from="/app/licences" to="." search={(search) => changed(search, { licence: id })}>
                {organization}
              </Link>
            ),
          },
          { head: say('tier'), isDim: true, cell: (one) => one.tier },
          { head: say('status'), cell: (one) => <State licence={one} /> },
          {
            head: say('seats'),
            isFigure: true,
            cell: ({ current_seats_used: used, max_seats: max }) =>
              say('limit.of', { used: format.count(used), max: format.count(max) }),
          },
          {
            head: say('machines'),
            isFigure: true,
            cell: ({ machines_used: used, max_machines: max }) =>
              say('limit.of', { used: format.count(used), max: format.count(max) }),
          },
          {
            head: say('renewed'),
            isFigure: true,
            cell: ({ last_renewal_at: at }) => (at === null ? '–' : <When at={at} isPast />),
          },
          {
            head: say('ends'),
            isFigure: true,
            cell: ({ expires_at: at }) => (at === null ? say('endless') : <When at={at} />),
          },
          { head: say('hint'), isDim: true, isMono: true, cell: ({ key_hint: hint }) => `…${hint}` },
        ]}
      />
    </>
  );
}

/** The names of plans that have licences. */
function useTiers(): Readonly<Record<string, string>> {
  const { data } = usePriceList();
  const named =
    data?.data.filter(({ product, default: isDefault }) => product === 'coditect' && !isDefault) ?? [];
  return Object.fromEntries(named.map(({ id, name }) => [id.split('.')[1] ?? id, name]));
}

function State({ licence: { status, status_reason: reason } }: { readonly licence: Licence }) {
  const { say } = useTexts(texts);
  return (
    <>
      <Badge size="sm" radius="sm" tt="none" fw={400} variant="light" color={COLOURS[status]}>
        {say(`state.${status}`)}
      </Badge>
      {reason !== null && <span className="dim"> {reason}</span>}
    </>
  );
}

function Opened({ licence, close }: { readonly licence: Licence; readonly close: () => void }) {
  const { say } = useTexts(texts);
  const queries = useQueryClient();
  const { id, organization, account_id: account, status_reason: why, version } = licence;
  const [reason, setReason] = useState('');
  const [days, setDays] = useState('');
  const refresh = () => queries.invalidateQueries({ queryKey: ['licences'] });
  const machines = useQuery({
    queryKey: ['machines', id],
    queryFn: () => apiFor(undefined).call('GET /v1/admin/licenses/{id}/machines', { params: { id } }),
  });
  const extend = useMutation({
    mutationFn: () =>
      apiFor(undefined).call(
        'POST /v1/admin/licenses/{id}/extend',
        { params: { id }, body: { days: Number(days) } },
        { version },
      ),
    onSuccess: () => {
      setDays('');
      return refresh();
    },
  });
  return (
    <section aria-labelledby="opened" className="opened">
      <header className="page">
        <h2 id="opened">{say('opened', { name: organization })}</h2>
        <State licence={licence} />
        <Anchor renderRoot={(props) => <Link {...props} to="/app/customers" search={{ account }} />}>
          {say('organization')}
        </Anchor>
        <span className="right">
          <Button variant="default" size="compact-xs" onClick={close}>
            {say('app.close')}
          </Button>
        </span>
      </header>
      <div className="filters">
        {why === 'admin' ? (
          <Confirm
            text={say('reinstate')}
            act={async () => {
              await apiFor(undefined).call(
                'POST /v1/admin/licenses/{id}/reinstate',
                { params: { id } },
                { version },
              );
              await refresh();
            }}
          />
        ) : (
          <>
            <TextInput
              aria-label={say('reason')}
              placeholder={say('reason')}
              w={360}
              maxLength={500}
              value={reason}
              onChange={({ currentTarget }) => setReason(currentTarget.value)}
            />
            {reason.trim() !== '' && (
              <Confirm
                text={say('suspend')}
                act={async () => {
                  const body = { reason: reason.trim() };
                  await apiFor(undefined).call(
                    'POST /v1/admin/licenses/{id}/suspend',
                    { params: { id }, body },
                    { version },
                  );
                  await refresh();
                }}
                isDangerous
              />
            )}
          </>
        )}
        <TextInput
          aria-label={say('days')}
          placeholder={say('days')}
          inputMode="numeric"
          w={104}
          value={days}
          onChange={({ currentTarget }) => setDays(currentTarget.value)}
        />
        <Button
          variant="default"
          loading={extend.isPending}
          disabled={!/^[1-9]\d{0,3}$/.test(days)}
          onClick={() => extend.mutate()}
        >
          {say('extend')}
        </Button>
        {extend.error !== null && <span role="alert">{extend.error.message}</span>}
      </div>
      <Table
        label={say('machines')}
        rows={machines.data?.data}
        keyOf={(machine) => machine.id}
        asked={machines}
        lines={2}
        empty={say('noMachines')}
        columns={[
          { head: say('machine'), isLong: true, cell: ({ name }) => name ?? '–' },
          { head: say('hardware'), isDim: true, isMono: true, cell: ({ hardware_id: hardware }) => hardware },
          { head: say('platform'), isDim: true, cell: ({ platform }) => platform ?? '–' },
          { head: say('activated'), isFigure: true, cell: ({ activated_at: at }) => <When at={at} isPast /> },
          { head: say('seen'), isFigure: true, cell: ({ last_seen_at: at }) => <When at={at} isPast /> },
        ]}
      />
    </section>
  );
}
