import { Button, Checkbox } from '@mantine/core';
import { Refusal, Table, useAct, useApi, useOfAccount, usePagesOfAccount, useTexts } from '@plinth/console';
import { texts } from './texts.ts';

const RATINGS = ['helpful', 'unhelpful'] as const;

/** Patterns that one may read, rated; and whether the account counts in what is released. */
export function Patterns() {
  const { say, format } = useTexts(texts);
  const api = useApi();
  const { rows, ...asked } = usePagesOfAccount(
    ['memory patterns'],
    ({ call }, paging) => call('GET /v1/patterns', { query: paging }),
    { again: 10_000 },
  );
  const finding = useAct(() => api.call('POST /v1/patterns/extract', { body: {} }));
  const rating = useAct(({ id, value }: { id: string; value: (typeof RATINGS)[number] | null }) =>
    api.call('POST /v1/patterns/{id}/rating', { params: { id }, body: { rating: value } }),
  );
  return (
    <>
      <p className="filters">
        <Button variant="default" loading={finding.isPending} onClick={() => finding.mutate()}>
          {say('find')}
        </Button>
        {finding.isSuccess && <span role="status">{say('finding')}</span>}
      </p>
      <Refusal error={finding.error ?? rating.error} />
      <Table
        label={say('patterns')}
        rows={rows?.flatMap((one) => ('title' in one ? [one] : []))}
        asked={asked}
        keyOf={({ id }) => id}
        empty={say('noPatterns')}
        lines={8}
        columns={[
          {
            head: say('title'),
            isText: true,
            cell: ({ title, texts: said }) => (
              <>
                {title}
                <br />
                <span className="dim">{said.join(' → ')}</span>
              </>
            ),
          },
          { head: say('seen'), count: ({ sessions }) => sessions },
          {
            head: say('confidence'),
            isFigure: true,
            cell: ({ confidence }) => `${format.count(Math.round(confidence * 100))} %`,
          },
          {
            head: '',
            isFigure: true,
            cell: ({ id, your_rating: own }) =>
              RATINGS.map((value) => (
                <button
                  key={value}
                  type="button"
                  className="quiet"
                  aria-pressed={own === value}
                  onClick={() => rating.mutate({ id, value: own === value ? null : value })}
                >
                  {say(value)}{' '}
                </button>
              )),
          },
        ]}
      />
      <Released />
    </>
  );
}

function Released() {
  const { say } = useTexts(texts);
  const api = useApi();
  const { data } = useOfAccount(['privacy'], ({ call }) => call('GET /v1/privacy/settings', {}));
  const change = useAct((platform_statistics: boolean) =>
    api.call('POST /v1/privacy/settings', { body: { platform_statistics } }),
  );
  return (
    <>
      <Checkbox
        mt="lg"
        label={say('statistics')}
        checked={data?.platform_statistics ?? false}
        disabled={data === undefined || change.isPending}
        onChange={({ currentTarget }) => change.mutate(currentTarget.checked)}
      />
      <Refusal error={change.error} />
    </>
  );
}
