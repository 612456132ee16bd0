import { Alert, Anchor, Button, Skeleton } from '@mantine/core';
import {
  Act,
  Confirm,
  Facts,
  isAtLeast,
  Head,
  PARTS,
  Pick,
  Refusal,
  Section,
  Table,
  Trouble,
  useAccount,
  useAct,
  useMoney,
  useIsAtLeast,
  useOfAccount,
  useProductSearch,
  useTexts,
} from '@plinth/console';
import type { ReplyOf } from '@plinth/sdk';
import { PlinthError } from '@plinth/sdk/errors';
import { pluginCalls } from '@plinth/sdk/plugins';
import { useState } from 'react';
import { Permissions, usePermissions, usePrice } from './manifest.tsx';
import { save } from './package.ts';
import { categoryText, texts } from './texts.ts';

type Plugin = ReplyOf<'GET /v1/plugins/{id}'>;

/** One plugin: what it is and may do, and what the account has of it. */
export function OpenPlugin({ id }: { readonly id: string }) {
  const { say, format } = useTexts(texts);
  const [priceOf, permissionsOf] = [usePrice(), usePermissions()];
  const { change } = useProductSearch();
  const [payAt, setPayAt] = useState<string>();
  const isMember = useIsAtLeast('member');
  const { data, error, refetch } = useOfAccount(
    ['plugin', id],
    ({ call }) => call('GET /v1/plugins/{id}', { params: { id } }),
    { again: (one) => (payAt !== undefined && one?.bought !== true ? 2_000 : 0) },
  );
  const back = (
    <button type="button" className="quiet dim" onClick={() => change({ plugin: undefined })}>
      ← {say('plugins')}
    </button>
  );
  if (error !== null && 'status' in error && error.status === 404)
    return (
      <>
        {back}
        <Head title={id} about={say('notOffered')} />
      </>
    );
  if (data === undefined)
    return error === null ? <Skeleton h={480} /> : <Trouble error={error} retry={() => void refetch()} />;
  const { average, count } = data.ratings;
  const had = data.versions.find(({ version }) => version === data.installed_version)?.permissions;
  const news = had === undefined ? [] : data.permissions.filter((one) => !had.includes(one));
  return (
    <>
      {back}
      <Head title={data.name} about={data.author} />
      {data.removed_because !== null && (
        <Alert color="red" role="alert">
          {say('removed', { why: data.removed_because })}
        </Alert>
      )}
      <p>{data.description}</p>
      <Facts
        of={{
          [say('price')]: priceOf(data),
          [say('version')]: data.version,
          [say('category')]: categoryText(say, data.category),
          [say('installCount')]: format.count(data.installs),
          [say('ratings')]:
            average === null ? '–' : say('ofRatings', { average: format.count(average), count: `${count}` }),
          [say('has')]: data.bought ? say('bought') : (data.installed_version ?? undefined),
        }}
      />
      <Section title={say('permissions')}>
        <Permissions of={data.permissions} />
        {news.length > 0 && (
          <p>
            {say('newPermissions')}: {permissionsOf(news)}
          </p>
        )}
        <Install plugin={data} isUpdate={news.length > 0} payAt={payAt} setPayAt={setPayAt} />
        {data.orphaned && <p className="dim">{say('orphaned')}</p>}
      </Section>
      {data.installed && isMember && <Rating plugin={data} />}
      <Section title={say('versions')}>
        <Table
          label={say('versions')}
          rows={data.versions}
          keyOf={({ version }) => version}
          empty="–"
          columns={[
            { head: say('version'), cell: ({ version }) => version },
            {
              head: say('permissions'),
              isText: true,
              isDim: true,
              cell: ({ permissions }) => permissionsOf(permissions),
            },
            { head: say('size'), bytes: ({ bytes }) => bytes },
            { head: say('published'), isFigure: true, past: (row) => row.published_at },
          ]}
        />
      </Section>
    </>
  );
}

interface InstallProps {
  readonly plugin: Plugin;
  /** The newest version wants more than the one that is installed. */
  readonly isUpdate: boolean;
  /** The page where it is paid. */
  readonly payAt: string | undefined;
  readonly setPayAt: (url: string | undefined) => void;
}

/** What stands above it is consented to by its button. The bytes are verified before the browser has them as a file. */
function Install({ plugin, isUpdate, payAt, setPayAt }: InstallProps) {
  const { say } = useTexts(texts);
  const { minor } = useMoney();
  const chosen = useAccount();
  const { id, price_cents: cents, bought, installed } = plugin;
  const price = minor(cents, plugin.currency);
  const isTheirs = installed || bought;
  const isPaid = cents > 0 && !isTheirs;
  const { mutate, isPending, error, data } = useAct(async () => {
    if (chosen === undefined) return undefined;
    const caller = { ...PARTS, credentials: undefined, accountId: chosen.account.id };
    try {
      const { version, bytes } = await pluginCalls(chosen.api, caller).download(id, {
        acceptPermissions: plugin.permissions,
        ...(isPaid && { agreed: { amount: cents, currency: plugin.currency } }),
      });
      setPayAt(undefined);
      save(`${id}-${version}.zip`, bytes as Uint8Array<ArrayBuffer>);
      return version;
    } catch (caught) {
      if (!(caught instanceof PlinthError) || caught.code !== 'payment_needed') throw caught;
      setPayAt(String(caught.details['checkout_url']));
      return undefined;
    }
  });
  if (!plugin.offered && !isTheirs) return <p className="dim">{say('notOffered')}</p>;
  if (!isAtLeast(chosen?.account.role, isPaid ? 'admin' : 'member'))
    return <p className="dim">{say(isPaid ? 'adminsBuy' : 'membersInstall')}</p>;
  const text = isTheirs
    ? say(isUpdate ? 'update' : 'download', { version: plugin.version })
    : cents === 0
      ? say('install')
      : say('buy', { price });
  return (
    <>
      {payAt !== undefined && !bought && (
        <p role="status">
          <Anchor href={payAt} target="_blank" rel="noopener">
            {say('pay', { price })}
          </Anchor>{' '}
          {say('waiting')}
        </p>
      )}
      <p className="filters">
        {plugin.removed_because === null && (
          <Button variant="default" loading={isPending} onClick={() => mutate()}>
            {text}
          </Button>
        )}
        {installed && (
          <Confirm
            text={say('uninstall')}
            act={async () => chosen?.api.call('DELETE /v1/plugins/{id}/install', { params: { id } })}
          />
        )}
        {data !== undefined && <span role="status">{say('verified', { version: data })}</span>}
      </p>
      <Refusal error={error} />
    </>
  );
}

function Rating({ plugin: { id, my_stars: own } }: { readonly plugin: Plugin }) {
  const { say } = useTexts(texts);
  const chosen = useAccount();
  const [stars, setStars] = useState(String(own ?? 5));
  return (
    <p className="filters">
      <Pick
        label={say('stars')}
        value={stars}
        options={Object.fromEntries([1, 2, 3, 4, 5].map((one) => [one, '★'.repeat(one)]))}
        choose={(one) => setStars(one ?? stars)}
      />
      <Act
        text={say('rate')}
        act={async () =>
          chosen?.api.call('PUT /v1/plugins/{id}/rating', { params: { id }, body: { stars: Number(stars) } })
        }
      />
    </p>
  );
}
