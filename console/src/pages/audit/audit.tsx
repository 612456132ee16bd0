import { Button, NativeSelect } from '@mantine/core';
import type { ReplyOf } from '@plinth/sdk';
import { Link, useNavigate } from '@tanstack/react-router';
import { useAccount } from '../../account.ts';
import { useSearchOf } from '../../parts/search.ts';
import { Csv } from '../../parts/csv.tsx';
import { useNames } from '../../parts/names.ts';
import { isAtLeast } from '../../parts/of-account.ts';
import { usePages, usePagesOfAccount } from '../../parts/pages.ts';
import { Head } from '../../parts/section.tsx';
import { SpanPick } from '../../parts/span.tsx';
import { sinceOf } from '../../parts/spans.ts';
import { Table } from '../../parts/table.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { readAuditSearch, SUBJECTS } from './search.ts';
import { texts } from './texts.ts';

type Entry = ReplyOf<'GET /v1/account/audit'>['data'][number];

/** Who did what in the account, the newest first; to members who may not read all of it, what happened to the organization. */
export function Audit() {
  const { say } = useTexts(texts);
  const account = useAccount()?.account;
  const isAdmin = isAtLeast(account?.role, 'admin');
  return (
    <>
      <Head title={say('nav.audit')}>{isAdmin && <Export />}</Head>
      {isAdmin ? <Trail /> : account !== undefined && <Activity id={account.id} />}
    </>
  );
}

function useFilter() {
  const { action, span, actor } = useSearchOf(readAuditSearch);
  const from = span === undefined ? {} : { from: sinceOf(span) };
  return {
    ...(action === undefined ? {} : { action }),
    ...(actor === undefined ? {} : { actor }),
    ...from,
  };
}

function Trail() {
  const { say } = useTexts(texts);
  const { action, span, actor } = useSearchOf(readAuditSearch);
  const filter = useFilter();
  const nameOf = useNames();
  const asked = usePagesOfAccount(
    ['audit', action, span, actor],
    (api, paging) => api.call('GET /v1/account/audit', { query: { ...paging, ...filter } }),
    { again: 10_000 },
  );
  return (
    <>
      <Filters />
      <Table
        label={say('nav.audit')}
        asked={asked}
        keyOf={({ id }) => id}
        empty={say('none')}
        columns={[
          { head: say('when'), isDim: true, past: (row) => row.created_at },
          {
            head: say('what'),
            cell: ({ action: done }) => (
              <Link to="/app/audit" search={{ ...readAuditSearch({ span, actor }), action: done }}>
                {done}
              </Link>
            ),
          },
          { head: say('who'), cell: (entry) => <Who entry={entry} nameOf={nameOf} /> },
          {
            head: say('target'),
            isDim: true,
            cell: ({ target }) =>
              target === null ? '–' : `${target.kind} ${target.id === null ? '' : nameOf(target.id)}`,
          },
          {
            head: say('changes'),
            isDim: true,
            isMono: true,
            cell: ({ changes }) => <Changes changes={changes} />,
          },
          { head: say('ip'), isDim: true, isMono: true, cell: ({ ip }) => ip ?? '–' },
        ]}
      />
    </>
  );
}

function Who({
  entry: { actor, user_id: user },
  nameOf,
}: {
  readonly entry: Entry;
  readonly nameOf: (id: string) => string;
}) {
  const { say } = useTexts(texts);
  const search = useSearchOf(readAuditSearch);
  const text =
    actor.kind === 'user' || (actor.kind === 'key' && user !== null)
      ? `${actor.kind === 'key' ? `${say('byKey')} ` : ''}${nameOf(user ?? actor.id ?? '')}`
      : say(actor.kind);
  if (actor.id === null || actor.kind === 'store' || actor.kind === 'system') return text;
  return (
    <Link to="/app/audit" search={{ ...search, actor: actor.id }}>
      {text}
    </Link>
  );
}

function Changes({ changes }: { readonly changes: Entry['changes'] }) {
  const said = Object.entries(changes)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
  return (
    <span className="clip" title={said}>
      {said}
    </span>
  );
}

function Filters() {
  const { say } = useTexts(texts);
  const search = useSearchOf(readAuditSearch);
  const navigate = useNavigate({ from: '/app/audit' });
  const choose = (next: object) => void navigate({ search: readAuditSearch({ ...search, ...next }) });
  const { action, actor } = search;
  const isListed = SUBJECTS.some((subject) => subject === action);
  return (
    <div className="filters">
      <SpanPick value={search.span} hasAny choose={(span) => choose({ span })} />
      <NativeSelect
        aria-label={say('what')}
        value={action ?? ''}
        data={[
          { value: '', label: say('anything') },
          ...(action === undefined || isListed ? [] : [action]),
          ...SUBJECTS.map((value) => ({ value, label: say(`about.${value}`) })),
        ]}
        onChange={({ currentTarget }) => choose({ action: currentTarget.value })}
      />
      {actor !== undefined && (
        <Button variant="default" onClick={() => choose({ actor: '' })}>
          {say('everybody')}
        </Button>
      )}
    </div>
  );
}

/** All rows that the filters leave, in one file. */
function Export() {
  const chosen = useAccount();
  const filter = useFilter();
  return (
    <Csv route="GET /v1/account/audit/export" query={filter} name="audit" api={apiFor(chosen?.account.id)} />
  );
}

function Activity({ id }: { readonly id: string }) {
  const { say } = useTexts(texts);
  const nameOf = useNames();
  const asked = usePages({
    key: ['activity', id],
    read: (paging) =>
      apiFor(undefined).call('GET /v1/organizations/{id}/activity', { params: { id }, query: paging }),
    again: 10_000,
  });
  return (
    <>
      <p className="dim">{say('partly')}</p>
      <Table
        label={say('nav.audit')}
        asked={asked}
        keyOf={(entry) => entry.id}
        empty={say('none')}
        columns={[
          { head: say('when'), isDim: true, past: (row) => row.created_at },
          { head: say('what'), cell: ({ action }) => action },
          { head: say('who'), cell: ({ user_id: user }) => (user === null ? say('system') : nameOf(user)) },
          {
            head: say('target'),
            isDim: true,
            cell: ({ target }) =>
              target === null ? '–' : `${target.kind} ${target.id === null ? '' : nameOf(target.id)}`,
          },
        ]}
      />
    </>
  );
}
