import {
  Head,
  Pick,
  Tabs,
  TextFilter,
  useAccount,
  useIsAtLeast,
  usePages,
  useApi,
  useProductSearch,
  useTexts,
} from '@plinth/console';
import { Onboarding } from './onboarding.tsx';
import { Projects } from './projects.tsx';
import { OpenScope } from './scope.tsx';
import { NewScope, ScopeTable } from './scope-table.tsx';
import { useFavourites } from './star.tsx';
import { Templates } from './templates.tsx';
import { STATUSES, texts } from './texts.ts';

const LISTS = ['all', 'favourites', 'projects', 'templates'] as const;

/** Scopes of the workspace, what they are sorted by and begun from, or one of them. */
export default function Scopes() {
  const { say } = useTexts(texts);
  const account = useAccount()?.account;
  const { search, change } = useProductSearch();
  const { scope } = search;
  const isWorkspace = account?.kind === 'organization';
  if (isWorkspace && scope !== undefined) return <OpenScope key={scope} id={scope} />;
  const list = LISTS.find((one) => one === search['list']) ?? 'all';
  return (
    <>
      <Head title={say('scopes')} />
      {account !== undefined && <Onboarding key={account.id} account={account} />}
      {isWorkspace && (
        <>
          <Tabs
            views={LISTS.map((one) => [one, say(one)])}
            view={list}
            choose={(one) => change({ list: one === 'all' ? undefined : one, template: undefined })}
          />
          {list === 'all' && <AllScopes />}
          {list === 'favourites' && <Favourites />}
          {list === 'projects' && <Projects />}
          {list === 'templates' && <Templates />}
        </>
      )}
    </>
  );
}

function AllScopes() {
  const { say } = useTexts(texts);
  const accountId = useAccount()?.account.id;
  const isMember = useIsAtLeast('member');
  const { call } = useApi();
  const { search, change } = useProductSearch();
  const { q } = search;
  const status = STATUSES.find((one) => one === search['status']);
  const asked = usePages({
    key: ['orbit scopes', accountId, q, status],
    read: (paging) => call('GET /v1/scopes', { query: { ...paging, q, status } }),
    again: 10_000,
  });
  const isNarrowed = q !== undefined || status !== undefined;
  return (
    <>
      {isMember && <NewScope />}
      <div className="filters">
        <TextFilter label={say('search')} value={q} choose={(words) => change({ q: words })} />
        <Pick
          label={say('status')}
          value={status}
          options={Object.fromEntries(STATUSES.map((one) => [one, say(one)]))}
          none={say('anyStatus')}
          choose={(one) => change({ status: one })}
        />
      </div>
      <ScopeTable
        label={say('scopes')}
        rows={asked.rows}
        asked={asked}
        empty={say(isNarrowed ? 'noneFits' : 'noScopes')}
        lines={24}
      />
    </>
  );
}

function Favourites() {
  const { say } = useTexts(texts);
  const { data, ...asked } = useFavourites();
  const rows = data?.data.map(({ scope_id: id, created_at: at, ...one }) => ({ ...one, id, updated_at: at }));
  return (
    <ScopeTable
      label={say('favourites')}
      rows={rows}
      asked={asked}
      empty={say('noFavourites')}
      when={say('marked')}
    />
  );
}
