import { Button } from '@mantine/core';
import {
  Confirm,
  Head,
  Pick,
  Table,
  TextFilter,
  useApi,
  usePagesOfAccount,
  useProductSearch,
  useTexts,
} from '@plinth/console';
import { isPlatform, platformName, PLATFORMS, texts } from './texts.ts';

/** Kept posts, found by their words, and the trash. */
export default function Library() {
  const { say } = useTexts(texts);
  const { search, change } = useProductSearch();
  const { q, trash } = search;
  const platform = isPlatform(search['platform']) ? search['platform'] : undefined;
  const isTrash = trash !== undefined;
  const api = useApi();
  const asked = usePagesOfAccount(['reel library', q, platform, isTrash], ({ call }, paging) =>
    call('GET /v1/library/assets', {
      query: {
        ...paging,
        ...(q === undefined ? {} : { q }),
        ...(platform === undefined ? {} : { platform }),
        ...(isTrash ? { deleted: 'true' } : {}),
      },
    }),
  );
  return (
    <>
      <Head title={say('library')} />
      <div className="filters" role="search">
        <TextFilter label={say('search')} value={q} choose={(words) => change({ q: words })} />
        <Pick
          label={say('platform')}
          value={platform}
          options={PLATFORMS}
          none={say('allPlatforms')}
          choose={(one) => change({ platform: one })}
        />
        <Button
          variant="default"
          aria-pressed={isTrash}
          onClick={() => change({ trash: isTrash ? undefined : 'true' })}
        >
          {say('trash')}
        </Button>
      </div>
      <Table
        label={say('library')}
        asked={asked}
        keyOf={({ id }) => id}
        empty={say(isTrash ? 'noTrash' : q === undefined ? 'noAssets' : 'nothingFound')}
        columns={[
          { head: say('hook'), isText: true, cell: ({ title, hook }) => title ?? hook },
          { head: say('platform'), isDim: true, cell: (asset) => platformName(asset.platform) },
          { head: say('status'), isDim: true, cell: ({ status }) => status },
          { head: say('tags'), isDim: true, cell: ({ tags }) => tags.join(', ') },
          { head: say('when'), isFigure: true, isDim: true, past: (row) => row.created_at },
          {
            head: '',
            isFigure: true,
            cell: ({ id }) => (
              <Confirm
                isQuiet
                text={say(isTrash ? 'restore' : 'remove')}
                act={() =>
                  api.call(
                    isTrash ? 'POST /v1/library/assets/{id}/restore' : 'DELETE /v1/library/assets/{id}',
                    {
                      params: { id },
                    },
                  )
                }
              />
            ),
          },
        ]}
      />
    </>
  );
}
