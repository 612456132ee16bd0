import { TextInput } from '@mantine/core';
import {
  Head,
  isAtLeast,
  LineForm,
  StateBadge,
  Table,
  TextFilter,
  type Typed,
  useAccount,
  useApi,
  usePages,
  useProductSearch,
  useTexts,
} from '@plinth/console';
import { OpenScope } from './scope.tsx';
import { texts } from './texts.ts';

/** Scopes of the workspace, or one of them. */
export default function Scopes() {
  const { say } = useTexts(texts);
  const account = useAccount()?.account;
  const { scope } = useProductSearch().search;
  const isWorkspace = account?.kind === 'organization';
  if (isWorkspace && scope !== undefined) return <OpenScope key={scope} id={scope} />;
  return (
    <>
      <Head title={say('scopes')} />
      {account?.kind === 'personal' && <p className="dim">{say('organizations')}</p>}
      {isWorkspace && isAtLeast(account.role, 'member') && <NewScope />}
      {isWorkspace && <List />}
    </>
  );
}

function NewScope() {
  const { say } = useTexts(texts);
  const { call } = useApi();
  const { change } = useProductSearch();
  const create = async (title: string, { client }: Typed) => {
    const { id } = await call('POST /v1/scopes', { body: { title, client_name: client || null } });
    change({ scope: id });
  };
  return (
    <LineForm label={say('titleExample')} button={say('create')} act={create}>
      <TextInput name="client" aria-label={say('client')} placeholder={say('client')} maxLength={200} />
    </LineForm>
  );
}

function List() {
  const { say } = useTexts(texts);
  const accountId = useAccount()?.account.id;
  const { call } = useApi();
  const { search, change } = useProductSearch();
  const { q } = search;
  const asked = usePages({
    key: ['orbit scopes', accountId, q],
    read: (paging) => call('GET /v1/scopes', { query: { ...paging, q } }),
    again: 10_000,
  });
  return (
    <>
      <TextFilter isWide label={say('search')} value={q} choose={(words) => change({ q: words })} />
      <Table
        label={say('scopes')}
        asked={asked}
        keyOf={({ id }) => id}
        empty={say(q === undefined ? 'noScopes' : 'noneFits')}
        columns={[
          { head: say('title'), cell: ({ title }) => title, act: ({ id }) => change({ scope: id }) },
          { head: say('client'), isDim: true, cell: ({ client_name: client }) => client ?? '–' },
          { head: say('status'), cell: (one) => <StateBadge>{say(one.status)}</StateBadge> },
          { head: say('changed'), isFigure: true, isDim: true, past: (row) => row.updated_at },
        ]}
      />
    </>
  );
}
