import { useQuery } from '@tanstack/react-query';
import { moneyText } from '../../parts/money.ts';
import { Section } from '../../parts/section.tsx';
import { Table } from '../../parts/table.tsx';
import { apiFor } from '../../session.ts';
import { type Language, useTexts } from '../../text/index.ts';
import { CallsChart, readCalls } from '../overview/calls-chart.tsx';
import type { Details } from './customer.tsx';
import { useDenials } from './denials.tsx';
import { texts } from './texts.ts';

interface StoryProps extends Pick<Details, 'customer' | 'payments'> {
  readonly id: string;
}

interface Happening {
  readonly at: string;
  readonly what: string;
  readonly about?: string;
  /** The id that it is found by: of a request or a payment. */
  readonly id?: string | null;
}

const DAYS = 30;
/** Lines of the story; the audit has the rest. */
const MOST = 20;

const TOLD = [
  'invoice.refund',
  'subscription.cancel',
  'subscription.extend_trial',
  'subscription.sell',
  'subscription.withdraw',
] as const;
const isTold = (action: string): action is (typeof TOLD)[number] => TOLD.some((one) => one === action);

/** Changes with their amount as people write it. */
function withMoney(
  language: Language,
  { amount_minor: amount, currency, ...changes }: Record<string, unknown>,
) {
  if (typeof amount !== 'number' || typeof currency !== 'string')
    return { amount_minor: amount, currency, ...changes };
  return { amount: moneyText(language, amount, currency), ...changes };
}

/** Its calls of each day, and those that limits denied. */
export function Curve({ id }: { readonly id: string }) {
  const { say } = useTexts(texts);
  const { data } = useQuery({
    queryKey: ['customer curve', id],
    queryFn: () => readCalls(DAYS, id),
    refetchInterval: 60_000,
  });
  if (data === undefined || (data.groups.length === 0 && data.denied.size === 0)) return null;
  return (
    <Section title={say('calls')}>
      <CallsChart label={say('calls')} deniedLabel={say('times')} {...data} />
    </Section>
  );
}

/** The account’s history, the newest first: sign-up, payments, refunds, denials, and changes that people and the server made. */
export function Story({ id, customer, payments }: StoryProps) {
  const { say, language } = useTexts(texts);
  const { data: denials } = useDenials(id);
  const { data: audit } = useQuery({
    queryKey: ['customer changes', id],
    queryFn: () => apiFor(undefined).call('GET /v1/admin/audit', { query: { account: id, limit: MOST } }),
    refetchInterval: 10_000,
  });
  const rows: Happening[] = [
    { at: customer.created_at, what: say('signedUp') },
    ...payments.map((one) => ({
      at: one.occurred_at,
      what: `${say('payment')}: ${say(`payment.${one.state}`)}`,
      about:
        moneyText(language, one.amount_minor, one.currency) +
        (one.refunded_minor === 0
          ? ''
          : `; ${say('refunded')}: ${moneyText(language, one.refunded_minor, one.currency)}`),
      id: one.payment,
    })),
    ...(denials?.data ?? []).map((one) => ({
      at: one.last_at,
      what: say('deniedTimes', { times: String(one.denied), limit: one.limit.replaceAll('_', ' ') }),
      about: `${one.product} ${one.feature}`,
      id: one.last_request_id,
    })),
    // A payment stands above, with its amount.
    ...(audit?.data ?? [])
      .filter(({ action }) => !action.startsWith('payment.'))
      .map(({ created_at: at, action, changes, request_id: request }) => ({
        at,
        what: isTold(action) ? say(`did.${action}`) : action.replaceAll(/[._]/g, ' '),
        about: Object.entries(withMoney(language, changes))
          .filter(([, value]) => value !== null && value !== undefined)
          .map(
            ([name, value]) =>
              `${name.replaceAll('_', ' ')}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
          )
          .join(', '),
        id: request,
      })),
  ];
  const sorted = rows.toSorted((one, other) => other.at.localeCompare(one.at));
  return (
    <Section title={say('happened')}>
      <Table
        label={say('happened')}
        rows={
          denials === undefined || audit === undefined
            ? undefined
            : sorted.slice(0, MOST).map((row, line) => ({ ...row, line }))
        }
        keyOf={({ at, what, line }) => `${at} ${what} ${line}`}
        empty=""
        columns={[
          { head: say('calls.when'), past: (row) => row.at },
          { head: say('what.happened'), cell: ({ what }) => what },
          { head: say('what.about'), isDim: true, isLong: true, cell: ({ about = '' }) => about },
          { head: say('what.id'), isDim: true, isMono: true, cell: ({ id: found }) => found },
        ]}
      />
    </Section>
  );
}
