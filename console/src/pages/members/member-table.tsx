import { NativeSelect } from '@mantine/core';
import type { ReplyOf } from '@plinth/sdk';
import { useMe } from '../../account.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { isAtLeast, useAct } from '../../parts/of-account.ts';
import { usePages } from '../../parts/pages.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { Table } from '../../parts/table.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import type { Chosen } from './members.tsx';
import { texts } from './texts.ts';

type Member = ReplyOf<'GET /v1/organizations/{id}/members'>['data'][number];
export type Role = Member['role'];

const api = apiFor(undefined);
const ROLES: readonly Role[] = ['viewer', 'member', 'admin', 'owner'];

/** Roles that a member with this one may give. */
export function useRoles(own: Role) {
  const { say } = useTexts(texts);
  return ROLES.filter((role) => isAtLeast(own, role)).map((value) => ({
    value,
    label: say(`role.${value}`),
  }));
}

/** All members, page by page. */
export const useMembers = ({ id }: Chosen) =>
  usePages({
    key: ['members', id],
    read: (paging) => api.call('GET /v1/organizations/{id}/members', { params: { id }, query: paging }),
    again: 10_000,
    limit: 100,
  });

export function MemberTable({ account }: { readonly account: Chosen }) {
  const { say } = useTexts(texts);
  const { data: me } = useMe();
  const asked = useMembers(account);
  return (
    <Table
      label={say('nav.members')}
      asked={asked}
      lines={4}
      keyOf={({ user_id: user }) => user}
      empty=""
      columns={[
        {
          head: say('name'),
          cell: ({ full_name: name, email }) => <span className="clip">{name ?? email}</span>,
        },
        { head: say('email'), isDim: true, cell: ({ email }) => email },
        { head: say('role'), cell: (member) => <RoleOf member={member} account={account} /> },
        { head: say('since'), isFigure: true, past: (row) => row.created_at },
        {
          head: '',
          isFigure: true,
          cell: (member) => <Acts member={member} account={account} isMe={member.user_id === me?.id} />,
        },
      ]}
    />
  );
}

/** Chosen by who may: only owners make and unmake owners. */
function RoleOf({ member, account }: { readonly member: Member; readonly account: Chosen }) {
  const { say } = useTexts(texts);
  const roles = useRoles(account.role);
  const { mutate, isPending, error } = useAct((role: Role) =>
    api.call('PATCH /v1/organizations/{id}/members/{user_id}', {
      params: { id: account.id, user_id: member.user_id },
      body: { role },
    }),
  );
  if (!isAtLeast(account.role, 'admin') || !isAtLeast(account.role, member.role))
    return say(`role.${member.role}`);
  return (
    <>
      <NativeSelect
        variant="unstyled"
        className="in-row"
        rightSectionWidth={16}
        aria-label={say('roleOf', { name: member.full_name ?? member.email ?? '–' })}
        value={member.role}
        disabled={isPending}
        data={roles}
        onChange={({ currentTarget: { value } }) => mutate(value as Role)}
      />
      <Refusal error={error} />
    </>
  );
}

interface ActsProps {
  readonly member: Member;
  readonly account: Chosen;
  readonly isMe: boolean;
}

function Acts({ member, account: { id, role }, isMe }: ActsProps) {
  const { say } = useTexts(texts);
  const { user_id: user } = member;
  const isRemovable = isMe || (isAtLeast(role, 'admin') && isAtLeast(role, member.role));
  return (
    <span className="acts">
      {role === 'owner' && !isMe && (
        <Confirm
          isQuiet
          text={say('handOver')}
          act={() =>
            api.call('POST /v1/organizations/{id}/transfer', { params: { id }, body: { user_id: user } })
          }
        />
      )}
      {isRemovable && (
        <Confirm
          isQuiet
          isDangerous
          text={say(isMe ? 'leave' : 'remove')}
          act={() =>
            api.call('DELETE /v1/organizations/{id}/members/{user_id}', { params: { id, user_id: user } })
          }
        />
      )}
    </span>
  );
}
