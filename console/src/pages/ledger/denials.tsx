import { useAccount } from '../../account.ts';
import { useSearchOf } from '../../parts/search.ts';
import { amounts } from '../../parts/limit-list.tsx';
import { LIVE } from '../../parts/live.ts';
import { useLimitLabel } from '../../parts/grant-label.ts';
import { usePages } from '../../parts/pages.ts';
import { Table } from '../../parts/table.tsx';
import { When } from '../../parts/when.tsx';
import { useTexts } from '../../text/index.ts';
import { useUsage } from '../home/limits.tsx';
import { readSearch, timesOf } from './search.ts';
import { texts } from './texts.ts';

/** Kinds of limits that are free again by themselves, soon. */
const SOON: ReadonlySet<string> = new Set(['burst', 'cooldown', 'rate']);

/** What limits denied, by the hour: what was used of them, when they begin anew, and what one can do. */
export function Denials() {
  const { say, format } = useTexts(texts);
  const { product, span, from, until } = useSearchOf(readSearch);
  const chosen = useAccount();
  const times = timesOf({
    ...(span === undefined ? {} : { span }),
    ...(from === undefined || until === undefined ? {} : { from, until }),
  });
  const asked = usePages({
    key: ['usage', chosen?.account.id, 'denials', product, span, from, until],
    read: async (paging) => {
      if (chosen === undefined) throw new Error('no account');
      return chosen.api.call('GET /v1/usage/denials', {
        query: { ...paging, ...times, ...(product === undefined ? {} : { product }) },
      });
    },
    isWanted: chosen !== undefined,
    again: LIVE,
  });
  const labelOf = useLimitLabel();
  const { data: usage } = useUsage();
  const resetOf = (of: { readonly product: string; readonly limit: string }) =>
    usage?.data.find((one) => one.product === of.product && one.limit === of.limit)?.resets_at;
  return (
    <Table
      label={say('times')}
      keyOf={(one) => `${one.hour} ${one.product} ${one.feature} ${one.limit} ${one.plan}`}
      asked={asked}
      empty={say('noDenials')}
      columns={[
        { head: say('calls.when'), past: (row) => row.last_at },
        {
          head: say('calls.feature'),
          cell: ({ feature, product: of }) => (
            <>
              {feature} <span className="dim">{of}</span>
            </>
          ),
        },
        { head: say('limit'), cell: (one) => labelOf(one) },
        { head: say('plan'), isDim: true, cell: ({ plan }) => plan },
        {
          head: say('used'),
          isFigure: true,
          cell: ({ kind, used, max, unit }) => {
            const amountOf = amounts(format, kind, unit ?? null);
            return say('limit.of', { used: amountOf(used), max: amountOf(max) });
          },
        },
        { head: say('times'), count: ({ denied }) => denied },
        {
          head: say('resets'),
          isFigure: true,
          cell: (one) => {
            const at = resetOf(one);
            return at == null ? '–' : <When at={at} />;
          },
        },
        {
          head: say('todo'),
          cell: ({ kind }) =>
            kind === 'concurrency' ? (
              say('fewer')
            ) : SOON.has(kind) ? (
              say('wait')
            ) : (
              <a className="link" href="/app/plan">
                {say('upgrade')}
              </a>
            ),
        },
        { head: say('calls.request'), isDim: true, isMono: true, cell: ({ last_request_id: id }) => id },
      ]}
    />
  );
}
