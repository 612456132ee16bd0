import { Button, Checkbox, NativeSelect, PasswordInput, TextInput } from '@mantine/core';
import type { ReplyOf } from '@plinth/sdk';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Confirm } from '../../parts/confirm.tsx';
import { Copy } from '../../parts/copy.tsx';
import { LineForm } from '../../parts/line-form.tsx';
import { useAct } from '../../parts/of-account.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { Section } from '../../parts/section.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { Table } from '../../parts/table.tsx';
import { When } from '../../parts/when.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import type { Chosen } from './members.tsx';
import { texts } from './texts.ts';

type Connection = ReplyOf<'GET /v1/organizations/{id}/sso'>;

const api = apiFor(undefined);

/** Domains that are proven by a record in DNS, and the provider by which members come. */
export function SingleSignOn({ account: { id, role } }: { readonly account: Chosen }) {
  const { say } = useTexts(texts);
  const domains = useQuery({
    queryKey: ['domains', id],
    queryFn: () => api.call('GET /v1/organizations/{id}/sso/domains', { params: { id } }),
  });
  const { data: connection, error } = useQuery({
    queryKey: ['sso', id],
    queryFn: () => api.call('GET /v1/organizations/{id}/sso', { params: { id } }),
    // Without a proven domain users can't come by it: it is not asked for.
    enabled: (domains.data?.data.length ?? 0) > 0,
  });
  const isUnset = (error as { code?: string } | null)?.code === 'sso_unconfigured';
  return (
    <Section title={say('sso')}>
      <LineForm
        label={say('domain')}
        placeholder="example.com"
        button={say('claim')}
        act={(domain) =>
          api.call('POST /v1/organizations/{id}/sso/domains', { params: { id }, body: { domain } })
        }
      />
      <Table
        label={say('domains')}
        rows={domains.data?.data}
        asked={domains}
        lines={1}
        keyOf={({ domain }) => domain}
        empty={say('noDomains')}
        columns={[
          { head: say('domain'), cell: ({ domain }) => domain },
          {
            head: say('state'),
            cell: ({ status }) =>
              status === 'verified' ? (
                <span className="dim">{say('verified')}</span>
              ) : (
                <StateBadge color={status === 'missing' ? 'red' : 'gray'}>{say(status)}</StateBadge>
              ),
          },
          {
            head: say('record'),
            isMono: true,
            cell: ({ record: { name, value } }) => (
              <>
                {name} TXT <Copy value={value} text={say('copyValue')} />
              </>
            ),
          },
          {
            head: '',
            isFigure: true,
            cell: ({ domain, status }) => {
              const params = { id, domain };
              return (
                <span className="acts">
                  {status !== 'verified' && (
                    <Confirm
                      isQuiet
                      text={say('verify')}
                      act={() =>
                        api.call('POST /v1/organizations/{id}/sso/domains/{domain}/verify', { params })
                      }
                    />
                  )}
                  <Confirm
                    isQuiet
                    isDangerous
                    text={say('remove')}
                    act={() => api.call('DELETE /v1/organizations/{id}/sso/domains/{domain}', { params })}
                  />
                </span>
              );
            },
          },
        ]}
      />
      {(connection !== undefined || isUnset) && role === 'owner' && (
        <ConnectionForm
          key={connection?.updated_at ?? ''}
          id={id}
          connection={isUnset ? undefined : connection}
        />
      )}
    </Section>
  );
}

interface ConnectionFormProps {
  readonly id: string;
  readonly connection: Connection | undefined;
}

function ConnectionForm({ id, connection }: ConnectionFormProps) {
  const { say } = useTexts(texts);
  const [set, setSet] = useState({
    issuer: connection?.issuer ?? '',
    client_id: connection?.client_id ?? '',
    client_secret: '',
    enforced: connection?.enforced ?? false,
    provisions: connection?.provisions ?? true,
    default_role: connection?.default_role ?? ('member' as const),
  });
  const { mutate, isPending, error } = useAct(() => {
    const { client_secret: secret, ...body } = set;
    return api.call('PUT /v1/organizations/{id}/sso', {
      params: { id },
      body: { ...body, ...(secret === '' ? {} : { client_secret: secret }) },
    });
  });
  return (
    <form
      className="preview"
      onSubmit={(event) => {
        event.preventDefault();
        mutate();
      }}
    >
      {connection !== undefined && (
        <p className="dim">
          {say('redirect')} <span className="mono">{connection.redirect_uri}</span>{' '}
          <Copy value={connection.redirect_uri} text={say('copyValue')} />{' '}
          {connection.proven_at === null ? say('unproven') : say('proven')}{' '}
          {connection.proven_at !== null && <When at={connection.proven_at} isPast />}
        </p>
      )}
      <div className="filters">
        <TextInput
          label={say('issuer')}
          placeholder="https://login.example.com"
          type="url"
          required
          value={set.issuer}
          onChange={({ currentTarget: { value } }) => setSet({ ...set, issuer: value })}
        />
        <TextInput
          label={say('clientId')}
          required
          value={set.client_id}
          onChange={({ currentTarget: { value } }) => setSet({ ...set, client_id: value })}
        />
        <PasswordInput
          size="xs"
          w={200}
          label={say('clientSecret')}
          placeholder={connection === undefined ? '' : say('unchanged')}
          autoComplete="off"
          value={set.client_secret}
          onChange={({ currentTarget: { value } }) => setSet({ ...set, client_secret: value })}
        />
        <NativeSelect
          label={say('newcomers')}
          value={set.provisions ? set.default_role : ''}
          data={[
            { value: '', label: say('noNewcomers') },
            { value: 'member', label: say('role.member') },
            { value: 'viewer', label: say('role.viewer') },
          ]}
          onChange={({ currentTarget: { value } }) =>
            setSet({
              ...set,
              provisions: value !== '',
              default_role: value === 'viewer' ? 'viewer' : 'member',
            })
          }
        />
      </div>
      <Checkbox
        mt="md"
        size="xs"
        label={say('enforced')}
        checked={set.enforced}
        onChange={({ currentTarget: { checked } }) => setSet({ ...set, enforced: checked })}
      />
      <Refusal error={error} />
      <div className="filters">
        <Button type="submit" variant="default" loading={isPending}>
          {say('save')}
        </Button>
        {connection !== undefined && (
          <Confirm
            isDangerous
            text={say('endSso')}
            act={() => api.call('DELETE /v1/organizations/{id}/sso', { params: { id } })}
          />
        )}
      </div>
    </form>
  );
}
