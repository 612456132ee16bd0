import { useNavigate } from '@tanstack/react-router';
import { Chart } from '../../parts/chart.tsx';
import { useOfAccount } from '../../parts/of-account.ts';
import { Section } from '../../parts/section.tsx';
import { useTexts } from '../../text/index.ts';
import { dayAfter, largest, readSums } from '../usage/sums.ts';
import { texts } from './texts.ts';

const DAYS = 30;
/** Keys that one can tell apart. */
const MOST = 4;

/** Cost of each day by the keys that made the calls; nothing before the first call by a key. */
export function Spending() {
  const { say, format } = useTexts(texts);
  const navigate = useNavigate();
  const { data } = useOfAccount(['key costs'], async (api) => {
    const [sums, keys] = await Promise.all([
      readSums(api, { by: 'key', days: DAYS }),
      api.call('GET /v1/api-keys', { query: { limit: 100 } }),
    ]);
    return { ...sums, names: new Map(keys.data.map(({ id, name }) => [id, name])) };
  });
  if (data === undefined || !data.groups.some(({ name }) => name !== null)) return null;
  const { days, groups, names } = data;
  return (
    <Section title={say('costs')}>
      <Chart
        label={say('costs')}
        points={days}
        nameOf={format.day}
        amountOf={format.micros}
        series={largest(groups, 'cost', MOST).map(({ name, isRest, days: used }) => ({
          key: isRest ? 'rest' : (name ?? 'none'),
          label: isRest ? '…' : name === null ? say('noKey') : (names.get(name) ?? say('endedKey')),
          values: days.map((day) => used.get(day)?.cost ?? 0),
        }))}
        open={(day) =>
          void navigate({ to: '/app/ledger', search: { from: day, until: dayAfter(day), status: 'posted' } })
        }
      />
    </Section>
  );
}
