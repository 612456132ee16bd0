import { NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useAccount } from '../../account.ts';
import { useTexts } from '../../text/index.ts';
import { useSearchOf } from '../../parts/search.ts';
import { DIMENSIONS, type Dimension, type LedgerSearch, readSearch, STATES } from './search.ts';
import { texts } from './texts.ts';

/** Days within which something was called that one can choose. */
const LATELY = 90;
const ANY = { product: 'anyProduct', feature: 'anyFeature', model: 'anyModel', key: 'anyKey' } as const;

export function Filters() {
  const { say, format } = useTexts(texts);
  const search = useSearchOf(readSearch);
  const navigate = useNavigate({ from: '/app/ledger' });
  const choose = (change: Readonly<Record<string, string | undefined>>) => {
    const { call: _call, ...kept } = search;
    void navigate({ search: readSearch({ ...kept, ...change }) });
  };
  const { from, until } = search;
  const isDenied = search.status === 'denied';
  return (
    <div className="filters">
      <NativeSelect
        aria-label={say('span')}
        value={search.span ?? from ?? ''}
        data={[
          { value: '', label: say('anyTime') },
          { value: 'day', label: say('day') },
          { value: 'week', label: say('week') },
          { value: 'month', label: say('month') },
          ...(from === undefined || until === undefined
            ? []
            : [{ value: from, label: say('days', { from: format.day(from), until: format.day(until) }) }]),
        ]}
        onChange={({ currentTarget }) =>
          choose({ span: currentTarget.value, from: undefined, until: undefined })
        }
      />
      <NativeSelect
        aria-label={say('calls.status')}
        value={search.status ?? ''}
        data={[{ value: '', label: say('anyStatus') }, ...STATES]}
        onChange={({ currentTarget }) => choose({ status: currentTarget.value })}
      />
      {DIMENSIONS.filter((name) => !isDenied || name === 'product').map((name) => (
        <Choice key={name} name={name} search={search} choose={choose} />
      ))}
    </div>
  );
}

interface ChoiceProps {
  readonly name: Dimension;
  readonly search: LedgerSearch;
  readonly choose: (change: Readonly<Record<string, string>>) => void;
}

/** The values of one dimension that were called lately, and what is chosen in any case. */
function Choice({ name, search, choose }: ChoiceProps) {
  const { say } = useTexts(texts);
  const nameOf = useKeyNames();
  const chosen = search[name];
  const lately = useLately(name);
  const values = [...new Set([...lately, ...(chosen === undefined ? [] : [chosen])])];
  return (
    <NativeSelect
      aria-label={say(ANY[name])}
      value={chosen ?? ''}
      data={[
        { value: '', label: say(ANY[name]) },
        ...values.map((value) => ({ value, label: name === 'key' ? nameOf(value) : value })),
      ]}
      onChange={({ currentTarget }) => choose({ [name]: currentTarget.value })}
    />
  );
}

function useLately(group: Dimension): readonly string[] {
  const chosen = useAccount();
  const { data } = useQuery({
    queryKey: ['lately', chosen?.account.id, group],
    queryFn: () =>
      chosen?.api.call('GET /v1/usage/report', {
        query: {
          group,
          from: new Date(Date.now() - LATELY * 86_400_000).toISOString().slice(0, 10),
          limit: 100,
        },
      }),
    enabled: chosen !== undefined,
    staleTime: 60_000,
  });
  return data?.data.flatMap((sum) => sum[group === 'key' ? 'key_id' : group] ?? []) ?? [];
}

/** What keys are called by those who may see them; of others the end of their ids. */
export function useKeyNames(): (id: string) => string {
  const chosen = useAccount();
  const { data } = useQuery({
    queryKey: ['key-names', chosen?.account.id],
    queryFn: () => chosen?.api.call('GET /v1/api-keys', { query: { limit: 100 } }),
    enabled: chosen !== undefined,
    staleTime: 60_000,
  });
  return (id) => data?.data.find((key) => key.id === id)?.name ?? `…${id.slice(-8)}`;
}
