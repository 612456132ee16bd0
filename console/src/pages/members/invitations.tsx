import { Button, NativeSelect, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { Confirm } from '../../parts/confirm.tsx';
import { useAct } from '../../parts/of-account.ts';
import { usePages } from '../../parts/pages.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { Section } from '../../parts/section.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { Table } from '../../parts/table.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { type Role, useRoles } from './member-table.tsx';
import type { Chosen } from './members.tsx';
import { texts } from './texts.ts';

const api = apiFor(undefined);

/** Who was asked to come and has not yet: sent anew, or withdrawn. */
export function Invitations({ account }: { readonly account: Chosen }) {
  const { say } = useTexts(texts);
  const { id } = account;
  const asked = usePages({
    key: ['invitations', id],
    read: (paging) => api.call('GET /v1/organizations/{id}/invitations', { params: { id }, query: paging }),
    again: 10_000,
  });
  return (
    <Section title={say('invitations')}>
      <Invite account={account} />
      <Table
        label={say('invitations')}
        asked={asked}
        lines={2}
        keyOf={({ id: invitation }) => invitation}
        empty={say('noInvitations')}
        columns={[
          { head: say('email'), cell: ({ email }) => email },
          { head: say('role'), isDim: true, cell: ({ role }) => say(`role.${role}`) },
          {
            head: say('state'),
            isDim: true,
            cell: ({ status }) =>
              status === 'open' ? say('open') : <StateBadge color="red">{say('expired')}</StateBadge>,
          },
          { head: say('sent'), isFigure: true, past: (row) => row.created_at },
          { head: say('ends'), isFigure: true, due: (row) => row.expires_at },
          {
            head: '',
            isFigure: true,
            cell: ({ id: invitation }) => {
              const params = { id, invitation_id: invitation };
              return (
                <span className="acts">
                  <Confirm
                    isQuiet
                    text={say('resend')}
                    act={() =>
                      api.call('POST /v1/organizations/{id}/invitations/{invitation_id}/resend', { params })
                    }
                  />
                  <Confirm
                    isQuiet
                    isDangerous
                    text={say('withdraw')}
                    act={() =>
                      api.call('DELETE /v1/organizations/{id}/invitations/{invitation_id}', { params })
                    }
                  />
                </span>
              );
            },
          },
        ]}
      />
    </Section>
  );
}

function Invite({ account: { id, role: own } }: { readonly account: Chosen }) {
  const { say } = useTexts(texts);
  const roles = useRoles(own);
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<Role>('member');
  const { mutate, isPending, error } = useAct(
    (sent: string) =>
      api.call('POST /v1/organizations/{id}/invitations', {
        params: { id },
        body: { email: sent.trim(), role },
      }),
    // The next one may have been typed meanwhile.
    (_, sent) => setEmail((now) => (now === sent ? '' : now)),
  );
  return (
    <>
      <form
        className="filters"
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          mutate(email);
        }}
      >
        <TextInput
          type="email"
          required
          aria-label={say('email')}
          placeholder="grace@example.com"
          maxLength={254}
          value={email}
          onChange={({ currentTarget }) => setEmail(currentTarget.value)}
        />
        <NativeSelect
          aria-label={say('role')}
          value={role}
          data={roles}
          onChange={({ currentTarget: { value } }) => setRole(value as Role)}
        />
        <Button type="submit" variant="default" loading={isPending}>
          {say('invite')}
        </Button>
        <span className="dim">{say(`may.${role}`)}</span>
      </form>
      <Refusal error={error} />
    </>
  );
}
