import { Button, Code } from '@mantine/core';
import type { ReplyOf } from '@plinth/sdk';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useAccount, useMe } from '../../account.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { Copy } from '../../parts/copy.tsx';
import { useNames } from '../../parts/names.ts';
import { isAtLeast, useOfAccount } from '../../parts/of-account.ts';
import { usePagesOfAccount } from '../../parts/pages.ts';
import { Head } from '../../parts/section.tsx';
import { Table } from '../../parts/table.tsx';
import { When } from '../../parts/when.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { useBoundLines } from './bounds.tsx';
import { NewKey } from './new-key.tsx';
import { ProviderKeys } from './provider-keys.tsx';
import { Spending } from './spending.tsx';
import { texts } from './texts.ts';

type Key = ReplyOf<'GET /v1/api-keys'>['data'][number];
/** A key with its secret, which is shown once. */
export type MadeKey = Pick<ReplyOf<'POST /v1/api-keys'>, 'key' | 'name'>;

/** Keys in force: what each may, what it has spent of its budget, when it was used; a new one, another secret, an end. */
export function Keys() {
  const chosen = useAccount();
  const { say } = useTexts(texts);
  return chosen === undefined ? <h1>{say('nav.keys')}</h1> : <KeysOf key={chosen.account.id} />;
}

function KeysOf() {
  const { say } = useTexts(texts);
  const [isMaking, setMaking] = useState(false);
  const [made, setMade] = useState<MadeKey>();
  return (
    <>
      <Head title={say('nav.keys')}>
        {!isMaking && (
          <span className="right">
            <Button onClick={() => setMaking(true)}>{say('new')}</Button>
          </span>
        )}
      </Head>
      {made !== undefined && <Secret made={made} forget={() => setMade(undefined)} />}
      {isMaking && (
        <NewKey
          onMade={(key) => {
            setMade(key);
            setMaking(false);
          }}
          leave={() => setMaking(false)}
        />
      )}
      <KeyTable onRotated={setMade} />
      <Spending />
      <ProviderKeys />
    </>
  );
}

function Secret({ made: { key, name }, forget }: { readonly made: MadeKey; readonly forget: () => void }) {
  const { say } = useTexts(texts);
  return (
    <div className="notice" role="status">
      <span>{say(key === null ? 'shownBefore' : 'once', { name })}</span>
      {key !== null && (
        <>
          <Code>{key}</Code>
          <Copy value={key} text={say('copy')} />
        </>
      )}
      <span className="right">
        <button type="button" className="quiet" onClick={forget}>
          {say('kept')}
        </button>
      </span>
    </div>
  );
}

function KeyTable({ onRotated }: { readonly onRotated: (made: MadeKey) => void }) {
  const { say, format } = useTexts(texts);
  const chosen = useAccount();
  const { data: me } = useMe();
  const account = chosen?.account;
  const api = apiFor(account?.id);
  const asked = usePagesOfAccount(
    ['keys'],
    ({ call }, paging) => call('GET /v1/api-keys', { query: paging }),
    { again: 10_000 },
  );
  const spentBy = useSpending();
  const boundsOf = useBoundLines();
  const nameOf = useNames();
  // To admins of an organization, who see the keys of all.
  const isOfMany = account?.kind === 'organization' && isAtLeast(account.role, 'admin');
  const isMine = ({ user_id: user }: Key) => user === me?.id;
  return (
    <Table
      label={say('nav.keys')}
      asked={asked}
      keyOf={({ id }) => id}
      empty={say('none')}
      columns={[
        { head: say('name'), cell: ({ name }) => <span className="clip">{name}</span> },
        { head: say('key'), isMono: true, isDim: true, cell: ({ prefix }) => `${prefix}…` },
        {
          head: say('may'),
          isDim: true,
          cell: ({ scopes }) => (
            <span title={scopes.join(', ')}>
              {scopes.includes('*') ? say('everything') : scopes.slice(0, 2).join(', ')}
              {scopes.length > 2 && ` +${scopes.length - 2}`}
            </span>
          ),
        },
        ...(!isOfMany
          ? []
          : [{ head: say('of'), isDim: true, cell: ({ user_id: user }: Key) => nameOf(user) }]),
        {
          head: say('spent'),
          isFigure: true,
          cell: ({ id, monthly_budget_micros: budget }) => {
            const cost = spentBy.get(id);
            const spent = format.micros(cost === undefined ? 0 : cost);
            return budget === null ? spent : say('limit.of', { used: spent, max: format.micros(budget) });
          },
        },
        {
          head: say('bounds'),
          isDim: true,
          cell: (key) => boundsOf(key).map((line) => <div key={line}>{line}</div>),
        },
        {
          head: say('used'),
          isFigure: true,
          cell: ({ last_used_at: at }) => (at === null ? say('never') : <When at={at} isPast />),
        },
        { head: say('ends'), isFigure: true, due: (row) => row.expires_at },
        {
          head: '',
          isFigure: true,
          cell: (key) => (
            <span className="acts">
              <Link to="/app/ledger" search={{ key: key.id }}>
                {say('calls')}
              </Link>
              {isMine(key) && (
                <Confirm
                  isQuiet
                  text={say('rotate')}
                  act={async () => {
                    const params = { id: key.id };
                    onRotated(await api.call('POST /v1/api-keys/{id}/rotate', { params }));
                  }}
                />
              )}
              {(isMine(key) || isAtLeast(account?.role, 'admin')) && (
                <Confirm
                  isQuiet
                  isDangerous
                  text={say('revoke')}
                  act={() => api.call('DELETE /v1/api-keys/{id}', { params: { id: key.id } })}
                />
              )}
            </span>
          ),
        },
      ]}
    />
  );
}

/** What each key has cost since the month began, in micro-dollars. */
function useSpending(): ReadonlyMap<string, number | null> {
  const { data } = useOfAccount(
    ['spending'],
    (api) => api.call('GET /v1/usage/report', { query: { group: 'key', limit: 100 } }),
    { again: 10_000 },
  );
  return new Map(data?.data.map(({ key_id: key, cost_micros: cost }) => [key ?? '', cost]));
}
