import { Button, NativeSelect, TextInput } from '@mantine/core';
import {
  apiFor,
  Confirm,
  Head,
  Table,
  useAccount,
  usePagesOfAccount,
  useProductSearch,
  useTexts,
} from '@plinth/console';
import { type Platform, PLATFORMS, texts } from './texts.ts';

/** Kept posts, found by their words, and the trash. */
export default function Library() {
  const { say } = useTexts(texts);
  const chosen = useAccount();
  const { search, change } = useProductSearch();
  const { q, platform, trash } = search;
  const isTrash = trash !== undefined;
  const api = apiFor(chosen?.account.id);
  const asked = usePagesOfAccount(['reel library', q, platform, isTrash], ({ call }, paging) =>
    call('GET /v1/library/assets', {
      query: {
        ...paging,
        ...(q === undefined ? {} : { q }),
        ...(platform === undefined ? {} : { platform: platform as Platform }),
        ...(isTrash ? { deleted: 'true' } : {}),
      },
    }),
  );
  return (
    <>
      <Head title={say('library')} />
      <form className="filters" role="search" onSubmit={(event) => event.preventDefault()}>
        <TextInput
          className="grow"
          type="search"
          aria-label={say('search')}
          placeholder={say('search')}
          value={q ?? ''}
          maxLength={200}
          onChange={({ currentTarget }) =>
            change({ q: currentTarget.value === '' ? undefined : currentTarget.value })
          }
        />
        <NativeSelect
          aria-label={say('platform')}
          value={platform ?? ''}
          data={[{ value: '', label: say('allPlatforms') }, ...PLATFORMS]}
          onChange={({ currentTarget }) =>
            change({ platform: currentTarget.value === '' ? undefined : currentTarget.value })
          }
        />
        <Button
          variant="default"
          aria-pressed={isTrash}
          onClick={() => change({ trash: isTrash ? undefined : 'true' })}
        >
          {say('trash')}
        </Button>
      </form>
      <Table
        label={say('library')}
        asked={asked}
        keyOf={({ id }) => id}
        empty={say(isTrash ? 'noTrash' : q === undefined ? 'noAssets' : 'nothingFound')}
        columns={[
          { head: say('hook'), isText: true, cell: ({ title, hook }) => title ?? hook },
          { head: say('platform'), isDim: true, cell: (asset) => asset.platform },
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
