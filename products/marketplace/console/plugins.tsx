import { Button } from '@mantine/core';
import {
  Head,
  Pick,
  Table,
  Tabs,
  TextFilter,
  useOfAccount,
  usePagesOfAccount,
  useProductSearch,
  useTexts,
} from '@plinth/console';
import type { QueryOf, ReplyOf } from '@plinth/sdk';
import { usePermissions, usePrice } from './manifest.tsx';
import { OpenPlugin } from './plugin.tsx';
import { CATEGORIES, categoryText, texts } from './texts.ts';

type Query = QueryOf<'GET /v1/plugins'>;
type Listing = ReplyOf<'GET /v1/plugins'>['plugins'][number];

/** As many as a page of the catalogue has. */
const ON_PAGE = 20;

/** The catalogue, what the account has of it, or one plugin. */
export default function Plugins() {
  const { say } = useTexts(texts);
  const { search, change } = useProductSearch();
  const { plugin, view } = search;
  if (plugin !== undefined) return <OpenPlugin key={plugin} id={plugin} />;
  return (
    <>
      <Head title={say('plugins')} />
      <Tabs
        views={[
          ['browse', say('browse')],
          ['installed', say('installed')],
        ]}
        view={view === 'installed' ? 'installed' : 'browse'}
        choose={(one) => change({ view: one === 'browse' ? undefined : one })}
      />
      {view === 'installed' ? <Installed /> : <Browse />}
    </>
  );
}

function Browse() {
  const { say, format } = useTexts(texts);
  const priceOf = usePrice();
  const { search, change } = useProductSearch();
  const { category, q, sort = 'rating', page = '1' } = search;
  const query = { sort, page: Number(page), ...(category && { category }), ...(q && { q }) } as Query;
  const { data, ...asked } = useOfAccount(['plugins', query], ({ call }) =>
    call('GET /v1/plugins', { query }),
  );
  const anew = { page: undefined };
  const go = (by: number) => change({ page: String(Number(page) + by) });
  return (
    <>
      <div className="filters">
        <TextFilter label={say('search')} value={q} choose={(words) => change({ ...anew, q: words })} />
        <Pick
          label={say('category')}
          value={category}
          options={Object.fromEntries(CATEGORIES.map((one) => [one, categoryText(say, one)]))}
          none={say('allCategories')}
          choose={(one) => change({ ...anew, category: one })}
        />
        <Pick
          label={say('sort')}
          value={sort}
          options={{ rating: say('rating'), installs: say('installs'), newest: say('newest') }}
          choose={(one) => change({ ...anew, sort: one })}
        />
        {data !== undefined && (
          <span className="dim" role="status">
            {say('found', { count: format.count(data.total) })}
          </span>
        )}
      </div>
      <Table<Listing>
        label={say('plugins')}
        rows={data?.plugins}
        asked={asked}
        keyOf={({ id }) => id}
        empty={say('noneFits')}
        columns={[
          { head: say('name'), cell: ({ name }) => name, act: ({ id }) => change({ plugin: id }) },
          { head: say('author'), isDim: true, isLong: true, cell: ({ author }) => author },
          { head: say('category'), isDim: true, cell: (one) => categoryText(say, one.category) },
          {
            head: say('ratings'),
            isFigure: true,
            cell: ({ ratings: { average, count } }) =>
              average === null
                ? '–'
                : say('ofRatings', { average: format.count(average), count: `${count}` }),
          },
          { head: say('installCount'), count: ({ installs }) => installs },
          { head: say('price'), isFigure: true, cell: priceOf },
        ]}
      />
      {data !== undefined && data.total > ON_PAGE && (
        <p className="filters">
          <Button variant="default" disabled={data.page === 1} onClick={() => go(-1)}>
            {say('previous')}
          </Button>
          <Button variant="default" disabled={data.page * ON_PAGE >= data.total} onClick={() => go(1)}>
            {say('next')}
          </Button>
        </p>
      )}
    </>
  );
}

function Installed() {
  const { say } = useTexts(texts);
  const permissionsOf = usePermissions();
  const { change } = useProductSearch();
  const asked = usePagesOfAccount(['plugins installed'], (api, query) =>
    api.call('GET /v1/plugins/installed', { query }),
  );
  return (
    <Table
      label={say('installed')}
      asked={asked}
      keyOf={({ id }) => id}
      empty={say('noneInstalled')}
      columns={[
        { head: say('name'), cell: ({ name }) => name, act: ({ id }) => change({ plugin: id }) },
        { head: say('has'), isFigure: true, cell: ({ installed_version: version }) => version ?? '–' },
        { head: say('version'), isFigure: true, cell: ({ version }) => version ?? '–' },
        {
          head: say('state'),
          isText: true,
          cell: ({ installed, bought, removed_because: why, orphaned, new_permissions: wanted }) =>
            why !== null
              ? say('removed', { why })
              : [
                  installed && say('installed'),
                  bought && say('bought'),
                  orphaned && say('orphaned'),
                  wanted.length > 0 && `${say('newPermissions')}: ${permissionsOf(wanted)}`,
                ]
                  .filter((one) => one !== false)
                  .join(', '),
        },
      ]}
    />
  );
}
