import { Checkbox } from '@mantine/core';
import {
  Chart,
  Csv,
  Empty,
  Refusal,
  Table,
  Tabs,
  Trouble,
  useAct,
  useApi,
  useGrant,
  useOfAccount,
  useProductSearch,
  useTexts,
} from '@plinth/console';
import type { ReplyOf } from '@plinth/sdk';
import { Person } from './parts.tsx';
import { KINDS, shadesOf } from './shades.ts';
import { texts } from './texts.ts';

/** Series that one can tell apart. */
const MOST = 5;

/** Feelings and themes of the mirror, over the last four weeks. */
export default function Spectrum() {
  const { say } = useTexts(texts);
  return (
    <Person title={say('spectrum')}>
      <Weeks />
    </Person>
  );
}

function Weeks() {
  const { say, format } = useTexts(texts);
  const api = useApi();
  const { search, change } = useProductSearch();
  const kind = KINDS.find((one) => one === search['kind']) ?? 'feelings';
  const { data, error, refetch } = useOfAccount(['prism spectrum'], ({ call }) =>
    call('GET /v1/spectrum', {}),
  );
  const { data: profile } = useOfAccount(['prism profile'], ({ call }) => call('GET /v1/profile', {}));
  const isExported = useGrant('prism', 'spectrum_export') === true;
  if (error !== null && data === undefined)
    return (
      <>
        <p>{say('aboutSpectrum')}</p>
        <Trouble error={error} retry={() => void refetch()} />
      </>
    );
  if (data === undefined || profile === undefined) return null;
  const { points, shades } = shadesOf(data, kind);
  const most = shades.slice(0, MOST);
  const often = most.map(({ text, count }) => `${text} (${format.count(count)})`).join(', ');
  return (
    <>
      <Consent profile={profile} />
      <Tabs views={KINDS.map((one) => [one, say(one)])} view={kind} choose={(one) => change({ kind: one })} />
      {shades.length === 0 ? (
        <Empty>{say(profile.consents.insights ? 'noShades' : 'noInsights')}</Empty>
      ) : (
        <>
          <p>{say('mostOften', { what: often })}</p>
          <Chart
            label={say('overTime', { what: say(kind) })}
            points={points}
            nameOf={format.day}
            amountOf={format.count}
            series={most.map(({ text, values }) => ({ key: text, label: text, values, as: 'bar' }))}
          />
          <section>
            <Table
              label={say(kind)}
              rows={shades}
              keyOf={({ text }) => text}
              empty=""
              columns={[
                { head: say(kind), cell: ({ text }) => text },
                { head: say('times'), count: (shade) => shade.count },
                { head: say('strength'), count: ({ intensity }) => Math.round(100 * intensity) },
              ]}
            />
            {isExported && (
              <div className="filters">
                <Csv route="GET /v1/spectrum" query={{}} name="spectrum" api={api} />
              </div>
            )}
          </section>
        </>
      )}
    </>
  );
}

/** The person's consent, without which nothing is drawn out of what they write. */
function Consent({ profile }: { readonly profile: ReplyOf<'GET /v1/profile'> }) {
  const { say } = useTexts(texts);
  const { call } = useApi();
  const { consents, version } = profile;
  const turning = useAct((insights: boolean) =>
    call('PATCH /v1/profile', { body: { consents: { insights } } }, { version }),
  );
  return (
    <>
      <Checkbox
        label={say('insights')}
        checked={consents.insights}
        disabled={turning.isPending}
        mb="md"
        onChange={({ currentTarget }) => turning.mutate(currentTarget.checked)}
      />
      <Refusal error={turning.error} />
    </>
  );
}
