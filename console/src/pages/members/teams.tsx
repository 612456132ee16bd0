import { NativeSelect } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useSearchOf } from '../../parts/search.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { LineForm } from '../../parts/line-form.tsx';
import { useNames } from '../../parts/names.ts';
import { isAtLeast, useAct } from '../../parts/of-account.ts';
import { usePages } from '../../parts/pages.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { Section } from '../../parts/section.tsx';
import { Table } from '../../parts/table.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { useMembers } from './member-table.tsx';
import type { Chosen } from './members.tsx';
import { readMembersSearch } from './search.ts';
import { texts } from './texts.ts';

const api = apiFor(undefined);

/** Groups of members, to whom a member shows what not all of the organization need see. */
export function Teams({ account }: { readonly account: Chosen }) {
  const { say } = useTexts(texts);
  const { team: opened } = useSearchOf(readMembersSearch);
  const { id } = account;
  const isAdmin = isAtLeast(account.role, 'admin');
  const asked = usePages({
    key: ['teams', id],
    read: (paging) => api.call('GET /v1/organizations/{id}/teams', { params: { id }, query: paging }),
    again: 10_000,
  });
  const team = asked.rows?.find((one) => one.id === opened);
  return (
    <Section title={say('teams')}>
      {isAdmin && (
        <LineForm
          label={say('teamName')}
          button={say('makeTeam')}
          act={(name) => api.call('POST /v1/organizations/{id}/teams', { params: { id }, body: { name } })}
        />
      )}
      <Table
        label={say('teams')}
        asked={asked}
        lines={2}
        keyOf={(one) => one.id}
        opened={opened}
        empty={say(isAdmin ? 'noTeams' : 'noTeamsYet')}
        columns={[
          {
            head: say('name'),
            cell: (one) => (
              <Link className="clip" to="/app/members" search={{ team: one.id }} resetScroll={false}>
                {one.name}
              </Link>
            ),
          },
          { head: say('nav.members'), count: (row) => row.member_count },
          { head: say('made'), isFigure: true, past: (row) => row.created_at },
        ]}
      />
      {team !== undefined && <OpenedTeam key={team.id} account={account} team={team} isAdmin={isAdmin} />}
    </Section>
  );
}

interface OpenedTeamProps {
  readonly account: Chosen;
  readonly team: { readonly id: string; readonly name: string };
  readonly isAdmin: boolean;
}

function OpenedTeam({ account, team, isAdmin }: OpenedTeamProps) {
  const { say } = useTexts(texts);
  const { pages: known } = useMembers(account);
  const params = { id: account.id, team_id: team.id };
  const { pages, ...asked } = usePages({
    key: ['team', account.id, team.id],
    read: (paging) => api.call('GET /v1/organizations/{id}/teams/{team_id}', { params, query: paging }),
    again: 10_000,
    limit: 100,
  });
  const people = known?.flatMap(({ data }) => data) ?? [];
  const within = pages?.flatMap(({ members }) => members);
  const others = people.filter(({ user_id: user }) => within?.every((one) => one.user_id !== user) === true);
  const nameOf = useNames();
  const add = useAct((user: string) =>
    api.call('PUT /v1/organizations/{id}/teams/{team_id}/members/{user_id}', {
      params: { ...params, user_id: user },
    }),
  );
  return (
    <Section title={team.name}>
      {isAdmin && (
        <>
          <LineForm
            key={team.name}
            label={say('teamName')}
            button={say('rename')}
            value={team.name}
            act={(name) =>
              api.call('PATCH /v1/organizations/{id}/teams/{team_id}', { params, body: { name } })
            }
          />
          <div className="filters">
            <NativeSelect
              aria-label={say('add')}
              value=""
              disabled={add.isPending || others.length === 0}
              data={[
                { value: '', label: say(others.length === 0 ? 'allIn' : 'add') },
                ...others.map(({ user_id: user }) => ({ value: user, label: nameOf(user) })),
              ]}
              onChange={({ currentTarget: { value } }) => value !== '' && add.mutate(value)}
            />
            <Confirm
              isDangerous
              text={say('deleteTeam')}
              act={() => api.call('DELETE /v1/organizations/{id}/teams/{team_id}', { params })}
            />
          </div>
          <Refusal error={add.error} />
        </>
      )}
      <Table
        label={team.name}
        rows={within}
        asked={asked}
        lines={2}
        keyOf={({ user_id: user }) => user}
        empty={say('emptyTeam')}
        columns={[
          { head: say('name'), cell: ({ user_id: user }) => <span className="clip">{nameOf(user)}</span> },
          { head: say('since'), isFigure: true, past: (row) => row.added_at },
          {
            head: '',
            isFigure: true,
            cell: ({ user_id: user }) =>
              isAdmin && (
                <Confirm
                  isQuiet
                  text={say('takeOut')}
                  act={() =>
                    api.call('DELETE /v1/organizations/{id}/teams/{team_id}/members/{user_id}', {
                      params: { ...params, user_id: user },
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
