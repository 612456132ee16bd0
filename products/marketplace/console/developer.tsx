import { Skeleton } from '@mantine/core';
import {
  Confirm,
  Head,
  State,
  StateBadge,
  Table,
  Tabs,
  Trouble,
  useAccount,
  useIsAtLeast,
  useOfAccount,
  usePagesOfAccount,
  useProductSearch,
  useTexts,
  When,
} from '@plinth/console';
import { Checklist } from './checklist.tsx';
import { Earnings } from './earnings.tsx';
import { Keys } from './keys.tsx';
import { usePrice } from './manifest.tsx';
import { Submit } from './submit.tsx';
import { texts } from './texts.ts';

const VIEWS = ['plugins', 'submit', 'keys', 'earnings'] as const;
/** What members see; the rest is of admins. */
const OF_MEMBERS: readonly string[] = ['plugins', 'keys'];

/** What the account develops and earns. */
export default function Developer() {
  const { say } = useTexts(texts);
  const { search, change } = useProductSearch();
  const role = useAccount()?.account.role;
  const isDeveloper = useIsAtLeast('admin');
  const views = VIEWS.filter((one) => isDeveloper || OF_MEMBERS.includes(one));
  const view = views.find((one) => one === search['view']) ?? 'plugins';
  if (role === undefined || role === 'viewer')
    return <Head title={say('developer')} about={role && say('membersDevelop')} />;
  return (
    <>
      <Head title={say('developer')} />
      <Tabs
        views={views.map((one) => [one, say(one)])}
        view={view}
        choose={(one) => change({ view: one, plugin: undefined })}
      />
      {view === 'plugins' && <Own />}
      {view === 'submit' && <Submit />}
      {view === 'keys' && <Keys />}
      {view === 'earnings' && <Earnings />}
    </>
  );
}

function Own() {
  const { say } = useTexts(texts);
  const priceOf = usePrice();
  const isDeveloper = useIsAtLeast('admin');
  const chosen = useAccount();
  const { search, change } = useProductSearch();
  const asked = usePagesOfAccount(['own plugins'], (api, query) =>
    api.call('GET /v1/developer/plugins', { query }),
  );
  return (
    <>
      <Table
        label={say('plugins')}
        asked={asked}
        keyOf={({ id }) => id}
        opened={search['plugin']}
        empty={say('noOwn')}
        lines={6}
        columns={[
          { head: say('name'), cell: ({ name }) => name, act: ({ id }) => change({ plugin: id }) },
          {
            head: say('state'),
            isText: true,
            cell: ({ state, is_payable: isPayable, removed_because: why }) => (
              <>
                <StateBadge color={state === 'offered' && isPayable ? 'accent' : 'gray'}>
                  {state === 'removed' ? say('removed', { why: why ?? '' }) : say(state)}
                </StateBadge>{' '}
                {state === 'offered' && !isPayable && say('payeeNeeded')}
              </>
            ),
          },
          { head: say('version'), isFigure: true, cell: ({ version }) => version ?? '–' },
          { head: say('installCount'), count: ({ installs }) => installs },
          { head: say('price'), isFigure: true, cell: priceOf },
          {
            head: '',
            cell: ({ id, state }) =>
              isDeveloper &&
              state === 'offered' && (
                <Confirm
                  isQuiet
                  text={say('withdraw')}
                  act={async () => chosen?.api.call('DELETE /v1/developer/plugins/{id}', { params: { id } })}
                />
              ),
          },
        ]}
      />
      {search['plugin'] !== undefined && <Versions id={search['plugin']} />}
    </>
  );
}

/** Versions of one plugin, each with what was found in it and said about it. */
function Versions({ id }: { readonly id: string }) {
  const { say } = useTexts(texts);
  const isDeveloper = useIsAtLeast('admin');
  const chosen = useAccount();
  const { data, error, refetch } = useOfAccount(
    ['own plugin', id],
    ({ call }) => call('GET /v1/developer/plugins/{id}', { params: { id } }),
    { again: 5_000 },
  );
  if (data === undefined)
    return error === null ? <Skeleton h={240} /> : <Trouble error={error} retry={() => void refetch()} />;
  return data.versions.map(({ version, state, notes, checklist, created_at: at }) => (
    <section key={version} aria-label={`${data.name} ${version}`}>
      <header className="page">
        <h2>
          {data.name} {version}
        </h2>
        <State
          of={state === 'rejected' ? 'failed' : state}
          text={say(state === 'removed' ? 'withdrawn' : state)}
        />
        <span className="dim">
          <When at={at} isPast />
        </span>
        {isDeveloper && (state === 'pending_upload' || state === 'pending_review') && (
          <span className="right">
            <Confirm
              text={say('withdraw')}
              act={async () =>
                chosen?.api.call('DELETE /v1/developer/plugins/{id}/versions/{version}', {
                  params: { id, version },
                })
              }
            />
          </span>
        )}
      </header>
      {notes !== null && (
        <p>
          {say('notes')}: {notes}
        </p>
      )}
      <Checklist of={checklist} />
    </section>
  ));
}
