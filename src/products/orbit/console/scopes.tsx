import { Button, NativeSelect, TextInput } from '@mantine/core';
import {
  isAtLeast,
  Refusal,
  StateBadge,
  Table,
  TextFilter,
  typedIn,
  useAccount,
  useAct,
  useOfAccount,
  usePages,
  useProductSearch,
  useTexts,
  When,
} from '@plinth/console';
import { useRef } from 'react';
import { OpenScope } from './scope.tsx';
import { texts } from './texts.ts';
import { useApi } from './use-scope.ts';

/** Scopes of the workspace, or one of them. */
export default function Scopes() {
  const { say } = useTexts(texts);
  const account = useAccount()?.account;
  const { scope } = useProductSearch().search;
  const isWorkspace = account?.kind === 'organization';
  if (isWorkspace && scope !== undefined) return <OpenScope key={scope} id={scope} />;
  return (
    <>
      <header className="page">
        <h1>{say('scopes')}</h1>
      </header>
      {account?.kind === 'personal' && <p className="dim">{say('organizations')}</p>}
      {isWorkspace && isAtLeast(account.role, 'member') && <NewScope />}
      {isWorkspace && <List />}
    </>
  );
}

/** Made with the sections of a template, if one is chosen. */
function NewScope() {
  const { say } = useTexts(texts);
  const api = useApi();
  const { change } = useProductSearch();
  /** It is not made twice where its template was refused. */
  const made = useRef<string>(undefined);
  const { data } = useOfAccount(['orbit templates'], ({ call }) =>
    call('GET /v1/templates', { query: { limit: 100 } }),
  );
  const making = useAct(
    async ({ title = '', client, template }: ReturnType<typeof typedIn>) => {
      const body = { title, client_name: client || null };
      const scope = (made.current ??= (await api.call('POST /v1/scopes', { body })).id);
      if (template)
        await api.call('POST /v1/templates/{id}/apply', {
          params: { id: template },
          body: { scope_id: scope },
        });
      return scope;
    },
    (scope) => change({ scope }),
  );
  const templates = data?.data.map(({ id, name }) => ({ value: id, label: name })) ?? [];
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        making.mutate(typedIn(event.currentTarget));
      }}
    >
      <p className="filters">
        <TextInput
          name="title"
          className="grow"
          required
          maxLength={300}
          {...labelled(say('titleExample'))}
        />
        <TextInput name="client" maxLength={200} {...labelled(say('client'))} />
        <NativeSelect
          name="template"
          aria-label={say('template')}
          data={[{ value: '', label: say('noTemplate') }, ...templates]}
        />
        <Button type="submit" loading={making.isPending}>
          {say('create')}
        </Button>
      </p>
      <Refusal error={making.error} />
    </form>
  );
}

const labelled = (label: string) => ({ 'aria-label': label, placeholder: label });

function List() {
  const { say } = useTexts(texts);
  const accountId = useAccount()?.account.id;
  const api = useApi();
  const { search, change } = useProductSearch();
  const { q } = search;
  const { pages, ...asked } = usePages({
    key: ['orbit scopes', accountId, q],
    read: (paging) => api.call('GET /v1/scopes', { query: { ...paging, q } }),
    again: 10_000,
  });
  return (
    <>
      <TextFilter isWide label={say('search')} value={q} choose={(words) => change({ q: words })} />
      <Table
        label={say('scopes')}
        rows={pages?.flatMap(({ data }) => data)}
        asked={asked}
        keyOf={({ id }) => id}
        empty={say(q === undefined ? 'noScopes' : 'noneFits')}
        columns={[
          {
            head: say('title'),
            isText: true,
            cell: ({ id, title }) => (
              <button type="button" className="quiet left" onClick={() => change({ scope: id })}>
                {title}
              </button>
            ),
          },
          { head: say('client'), isDim: true, cell: ({ client_name: client }) => client ?? '–' },
          { head: say('status'), cell: (one) => <StateBadge>{say(one.status)}</StateBadge> },
          {
            head: say('changed'),
            isFigure: true,
            isDim: true,
            cell: ({ updated_at: at }) => <When at={at} isPast />,
          },
        ]}
      />
    </>
  );
}
