import { Button, Checkbox } from '@mantine/core';
import {
  Facts,
  Refusal,
  Table,
  useAct,
  useApi,
  useOfAccount,
  usePagesOfAccount,
  useProductSearch,
  useTexts,
} from '@plinth/console';
import { Neighbours } from './graph.tsx';
import { Item } from './item.tsx';
import { type Audience, LevelFilter, Shared, useLevel } from './levels.tsx';
import { texts } from './texts.ts';

const RATINGS = ['helpful', 'unhelpful'] as const;

/** Patterns that one may read, rated; and whether the account counts in what is released. */
export function Patterns() {
  const { say, format } = useTexts(texts);
  const api = useApi();
  const { change } = useProductSearch();
  const scope = useLevel();
  const { rows, ...asked } = usePagesOfAccount(
    ['memory patterns', scope],
    ({ call }, paging) =>
      call('GET /v1/patterns', { query: { ...paging, ...(scope === undefined ? {} : { scope }) } }),
    { again: 10_000 },
  );
  const finding = useAct(() => api.call('POST /v1/patterns/extract', { body: {} }));
  const rating = useAct(({ id, value }: { id: string; value: (typeof RATINGS)[number] | null }) =>
    api.call('POST /v1/patterns/{id}/rating', { params: { id }, body: { rating: value } }),
  );
  return (
    <>
      <LevelFilter>
        <Button variant="default" loading={finding.isPending} onClick={() => finding.mutate()}>
          {say('find')}
        </Button>
        {finding.isSuccess && <span role="status">{say('finding')}</span>}
      </LevelFilter>
      <Refusal error={finding.error ?? rating.error} />
      <Table
        label={say('patterns')}
        rows={rows?.flatMap((one) => ('title' in one ? [one] : []))}
        asked={asked}
        keyOf={({ id }) => id}
        empty={say(scope === undefined ? 'noPatterns' : 'noneOfLevel')}
        lines={8}
        columns={[
          {
            head: say('title'),
            isText: true,
            cell: ({ id, title, texts: said }) => (
              <>
                <button type="button" className="quiet left" onClick={() => change({ id })}>
                  {title}
                </button>
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
            cell: ({ id, your_rating: own }) => (
              <span className="actions">
                {RATINGS.map((value) => (
                  <button
                    key={value}
                    type="button"
                    className="quiet"
                    aria-pressed={own === value}
                    onClick={() => rating.mutate({ id, value: own === value ? null : value })}
                  >
                    {say(value)}
                  </button>
                ))}
              </span>
            ),
          },
        ]}
      />
      <Released />
    </>
  );
}

/** One pattern, with the words of each place that it was found in. */
export function OpenedPattern({ id }: { readonly id: string }) {
  const { say } = useTexts(texts);
  const { call } = useApi();
  const params = { id };
  const asked = useOfAccount(['memory pattern', id], (api) => api.call('GET /v1/patterns/{id}', { params }));
  const share = (body: Audience) => call('PATCH /v1/patterns/{id}', { params, body });
  return (
    <Item asked={asked} titleOf={({ title }) => title}>
      {(pattern) => (
        <>
          <Facts of={{ [say('level')]: <Shared item={pattern} change={share} /> }} />
          <section>
            {pattern.sources.flatMap(({ quotes }) =>
              quotes.map(({ message_id: message, span, text }) => (
                <p key={[message, ...span].join(' ')}>{text}</p>
              )),
            )}
          </section>
          <Neighbours id={id} />
        </>
      )}
    </Item>
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
