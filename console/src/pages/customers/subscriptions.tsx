import { useTexts } from '../../text/index.ts';
import { moneyText } from '../../parts/money.ts';
import { usePageSearch } from '../../parts/search.ts';
import { Section } from '../../parts/section.tsx';
import { Table } from '../../parts/table.tsx';
import type { Details } from './customer.tsx';
import { texts } from './sale-texts.ts';
import { readCustomerSearch } from './search.ts';

type Subscription = Details['subscriptions'][number];

/** The customer's subscriptions, and an operator's acts on each, the harmless first. */
export function Subscriptions({ subscriptions }: Pick<Details, 'subscriptions'>) {
  const { say, language } = useTexts(texts);
  const [, change] = usePageSearch(readCustomerSearch);
  const stateOf = useStateText();
  if (subscriptions.length === 0) return null;
  const button = (action: 'trial' | 'end' | 'withdraw', { id }: Subscription) => (
    <button
      type="button"
      key={action}
      className="quiet"
      {...(action === 'trial' ? {} : { style: { color: 'var(--error)' } })}
      onClick={() => change({ action, sale: id })}
    >
      {say(action)}
    </button>
  );
  return (
    <Section title={say('subscriptions')}>
      <Table
        label={say('subscriptions')}
        rows={subscriptions}
        keyOf={({ id }) => id}
        empty=""
        columns={[
          { head: say('plan'), cell: ({ plan }) => plan },
          {
            head: say('price'),
            isFigure: true,
            cell: ({ price, quantity }) => moneyText(language, price.unit_amount * quantity, price.currency),
          },
          { head: say('state'), cell: stateOf },
          {
            head: say('acts'),
            cell: (row) =>
              row.store !== 'stripe' ? (
                <span className="dim">{say('state.elsewhere', { store: row.store })}</span>
              ) : row.ended_at !== null ? null : (
                <span className="actions">
                  {row.state === 'trialing' && row.cancels_at === null && button('trial', row)}
                  {button('end', row)}
                  {button('withdraw', row)}
                </span>
              ),
          },
        ]}
      />
    </Section>
  );
}

function useStateText() {
  const { say, format } = useTexts(texts);
  return ({
    state,
    ended_at: ended,
    cancels_at: ends,
    trial_ends_at: trial,
    period_ends_at: end,
  }: Subscription) => {
    if (ended !== null) return say('state.ended', { day: format.day(ended) });
    if (ends !== null) return say('state.ends', { day: format.day(ends) });
    if (state === 'trialing') return say('state.trialing', { day: format.day(trial ?? end) });
    if (state === 'past_due' || state === 'paused') return say(`state.${state}`);
    return say('state.active', { day: format.day(end) });
  };
}
