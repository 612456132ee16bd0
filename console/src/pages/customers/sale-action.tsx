import { NativeSelect, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { minorIn, moneyText, typedMoney } from '../../parts/money.ts';
import { numberIn } from '../../parts/number-in.ts';
import { useAct } from '../../parts/of-account.ts';
import { usePlans } from '../../parts/plans.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { usePageSearch } from '../../parts/search.ts';
import { Section } from '../../parts/section.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import type { Details } from './customer.tsx';
import { FormEnd, lastInstantOf } from './form-end.tsx';
import { texts } from './sale-texts.ts';
import { readCustomerSearch } from './search.ts';

type Subscription = Details['subscriptions'][number];
type Payment = Details['payments'][number];

interface FormProps {
  readonly id: string;
}

/** The form of an act on what a customer has bought, as the page's address names it. */
export function SaleAction({
  id,
  payments,
  subscriptions,
}: FormProps & Pick<Details, 'payments' | 'subscriptions'>) {
  const [{ action, sale }] = usePageSearch(readCustomerSearch);
  const payment = payments.find((one) => one.payment === sale && one.state === 'succeeded');
  const subscription = subscriptions.find((one) => one.id === (payment?.subscription_id ?? sale));
  if (action === 'refund')
    return payment === undefined ? null : (
      <RefundForm key={sale} id={id} payment={payment} subscription={subscription} />
    );
  if (action === 'invoice') return <InvoiceForm id={id} />;
  if (subscription === undefined) return null;
  if (action === 'trial') return <TrialForm key={sale} id={id} of={subscription} />;
  if (action === 'end') return <EndForm key={sale} id={id} of={subscription} />;
  return action === 'withdraw' ? <WithdrawForm key={sale} id={id} of={subscription} /> : null;
}

interface FrameProps {
  readonly title: string;
  readonly note?: string;
  readonly submit: string;
  readonly isReady: boolean;
  readonly isDangerous?: boolean;
  /** `key`: the same for each press, so that one press too many does nothing more. */
  readonly act: (key: string) => Promise<unknown>;
  readonly children?: ReactNode;
}

function Frame({ title, note, submit, isReady, isDangerous = false, act, children }: FrameProps) {
  const { say } = useTexts(texts);
  const [, change] = usePageSearch(readCustomerSearch);
  const [opened] = useState(() => crypto.randomUUID());
  const close = () => change({ action: undefined, sale: undefined });
  const { mutate, isPending, error } = useAct(() => act(opened), close);
  return (
    <Section title={title}>
      {note !== undefined && <p className="dim">{note}</p>}
      <form
        className="filters"
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady && !isPending) mutate();
        }}
      >
        {children}
        <FormEnd
          submit={submit}
          cancel={say('close')}
          close={close}
          isPending={isPending}
          isReady={isReady}
          isDangerous={isDangerous}
        />
      </form>
      <Refusal error={error} />
    </Section>
  );
}

interface ChoiceProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly values: Readonly<Record<Value, string>>;
  readonly choose: (value: Value) => void;
}

function Choice<Value extends string>({ label, value, values, choose }: ChoiceProps<Value>) {
  const names = Object.keys(values) as Value[];
  return (
    <NativeSelect
      label={label}
      value={value}
      data={names.map((name) => ({ value: name, label: values[name] }))}
      onChange={({ currentTarget: { value: chosen } }) =>
        choose(names.find((name) => name === chosen) ?? value)
      }
    />
  );
}

const REFUND_REASONS = ['duplicate', 'fraudulent', 'order_change', 'product_unsatisfactory'] as const;
const END_REASONS = [
  'too_expensive',
  'unused',
  'missing_features',
  'low_quality',
  'switched_service',
  'too_complex',
  'customer_service',
  'other',
] as const;

/** A reason of a list, which may be none, and words of one's own. */
function useWhy<Reason extends (typeof REFUND_REASONS | typeof END_REASONS)[number]>(
  reasons: readonly Reason[],
) {
  const { say } = useTexts(texts);
  const [reason, setReason] = useState<Reason | ''>('');
  const [comment, setComment] = useState('');
  const words = comment.trim();
  const values = Object.fromEntries([
    ['', say('reason.none')],
    ...reasons.map((one) => [one, say(`reason.${one}`)]),
  ]) as Readonly<Record<Reason | '', string>>;
  return {
    body: { ...(reason === '' ? {} : { reason }), ...(words === '' ? {} : { comment: words }) },
    fields: (
      <>
        {reasons.length > 0 && (
          <Choice label={say('reason')} value={reason} values={values} choose={setReason} />
        )}
        <TextInput
          label={say('comment')}
          maxLength={500}
          value={comment}
          onChange={({ currentTarget }) => setComment(currentTarget.value)}
        />
      </>
    ),
  };
}

const priceOf = (language: 'de' | 'en', { price, quantity }: Subscription) =>
  moneyText(language, price.unit_amount * quantity, price.currency);

interface RefundProps extends FormProps {
  readonly payment: Payment;
  readonly subscription: Subscription | undefined;
}

/** Begins with all that is left; says what becomes of the plan, when, and what is charged no more. */
function RefundForm({ id, payment: paid, subscription }: RefundProps) {
  const { say, language, format } = useTexts(texts);
  const { currency, payment } = paid;
  const left = paid.amount_minor - paid.refunded_minor;
  const [typed, setTyped] = useState(() => typedMoney(language, left, currency));
  const [plan, setPlan] = useState<'keep' | 'end_at_period_end' | 'end_now'>('keep');
  const why = useWhy(REFUND_REASONS);
  const amount = minorIn(language, typed, currency) ?? 0;
  const money = (minor: number) => moneyText(language, minor, currency);
  const isOver = subscription === undefined || subscription.ended_at !== null;
  return (
    <Frame
      title={say('refund')}
      note={say('refund.note', { left: money(left), paid: money(paid.amount_minor) })}
      submit={say('refund.do', { amount: money(amount) })}
      isReady={amount > 0 && amount <= left}
      isDangerous
      act={(key) =>
        apiFor(undefined).call(
          'POST /v1/admin/billing/refunds',
          { body: { account_id: id, payment, amount_minor: amount, plan, ...why.body } },
          { idempotencyKey: `${key}:${amount}:${plan}` },
        )
      }
    >
      <TextInput
        label={say('amount', { currency: currency.toUpperCase() })}
        inputMode="decimal"
        value={typed}
        onChange={({ currentTarget }) => setTyped(currentTarget.value)}
      />
      {!isOver && (
        <Choice
          label={say('becomes')}
          value={plan}
          choose={setPlan}
          values={{
            keep: say('becomes.keep', { plan: subscription.plan }),
            end_at_period_end: say('becomes.end_at_period_end', {
              plan: subscription.plan,
              day: format.day(subscription.period_ends_at),
              price: priceOf(language, subscription),
            }),
            end_now: say('becomes.end_now', { plan: subscription.plan }),
          }}
        />
      )}
      {why.fields}
    </Frame>
  );
}

const CYCLES = ['monthly', 'yearly'] as const;
type SoldPlan = ReturnType<typeof usePlans>['plans'][number];

/** Sells a plan that is paid by invoice, within a term. */
function InvoiceForm({ id }: FormProps) {
  const { say } = useTexts(texts);
  const sold = usePlans().plans.filter(({ price }) => price.monthly > 0);
  const [chosen, setChosen] = useState('');
  const plan = sold.find((one) => one.id === chosen) ?? sold[0];
  if (plan === undefined) return <p className="dim">{say('invoice.none')}</p>;
  return (
    <InvoiceTerms key={plan.id} id={id} plan={plan}>
      <NativeSelect
        label={say('plan')}
        value={plan.id}
        data={sold.map((one) => one.id)}
        onChange={({ currentTarget }) => setChosen(currentTarget.value)}
      />
    </InvoiceTerms>
  );
}

interface TermsProps extends FormProps {
  readonly plan: SoldPlan;
  readonly children: ReactNode;
}

/** The terms of the sale; a price by agreement stands in place of the plan's. */
function InvoiceTerms({ id, plan, children }: TermsProps) {
  const { say, language } = useTexts(texts);
  const [cycle, setCycle] = useState<(typeof CYCLES)[number]>('monthly');
  const [seats, setSeats] = useState('1');
  const [days, setDays] = useState('30');
  const [typed, setTyped] = useState('');
  const why = useWhy([]);
  const { price, product, per_seat: perSeat } = plan;
  const { currency } = price;
  const [quantity, term] = [seats, days].map((text) => numberIn(text, language) ?? 0);
  const amount = typed.trim() === '' ? undefined : (minorIn(language, typed, currency) ?? 0);
  const agreed = amount === undefined ? {} : { unit_amount: amount, currency };
  const body = {
    account_id: id,
    product,
    plan: plan.id,
    cycle,
    quantity: quantity ?? 0,
    days_until_due: term ?? 0,
    ...agreed,
  };
  return (
    <Frame
      title={say('invoice')}
      note={say('invoice.note')}
      submit={say('invoice.do', { plan: plan.id })}
      isReady={isWithin(10_000, quantity) && isWithin(90, term) && amount !== 0}
      act={(key) =>
        apiFor(undefined).call(
          'POST /v1/admin/billing/invoiced-subscriptions',
          { body: { ...body, ...why.body } },
          { idempotencyKey: `${key}:${Object.values(body).join(':')}` },
        )
      }
    >
      {children}
      {price.yearly !== null && (
        <Choice
          label={say('cycle')}
          value={cycle}
          choose={setCycle}
          values={{ monthly: say('cycle.monthly'), yearly: say('cycle.yearly') }}
        />
      )}
      {perSeat.length > 0 && <Field label={say('seats')} value={seats} set={setSeats} />}
      <Field label={say('days')} value={days} set={setDays} />
      <Field
        label={say('agreed', {
          currency: currency.toUpperCase(),
          price: moneyText(language, price[cycle] ?? 0, currency),
        })}
        value={typed}
        set={setTyped}
      />
      {why.fields}
    </Frame>
  );
}

const isWithin = (most: number, count = 0) => Number.isInteger(count) && count >= 1 && count <= most;

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly set: (value: string) => void;
}

const Field = ({ label, value, set }: FieldProps) => (
  <TextInput
    label={label}
    inputMode="decimal"
    value={value}
    onChange={({ currentTarget }) => set(currentTarget.value)}
  />
);

interface SubscriptionFormProps extends FormProps {
  readonly of: Subscription;
}

function TrialForm({ id, of: { product, trial_ends_at: end } }: SubscriptionFormProps) {
  const { say, format } = useTexts(texts);
  const [until, setUntil] = useState('');
  const why = useWhy([]);
  return (
    <Frame
      title={say('trial')}
      note={say('trial.note', { day: end === null ? '–' : format.day(end) })}
      submit={say('trial')}
      isReady={until !== ''}
      act={() =>
        apiFor(undefined).call('POST /v1/admin/billing/trial-extensions', {
          body: { account_id: id, product, until: lastInstantOf(until), ...why.body },
        })
      }
    >
      <TextInput
        type="date"
        label={say('trial.until')}
        value={until}
        onChange={({ currentTarget }) => setUntil(currentTarget.value)}
      />
      {why.fields}
    </Frame>
  );
}

function EndForm({ id, of: { product, plan, period_ends_at: end } }: SubscriptionFormProps) {
  const { say, format } = useTexts(texts);
  const [when, setWhen] = useState<'period_end' | 'now'>('period_end');
  const why = useWhy(END_REASONS);
  return (
    <Frame
      title={`${say('end')}: ${plan}`}
      submit={say('end')}
      isReady
      isDangerous
      act={() =>
        apiFor(undefined).call('POST /v1/admin/billing/cancellations', {
          body: { account_id: id, product, when, ...why.body },
        })
      }
    >
      <Choice
        label={say('when')}
        value={when}
        choose={setWhen}
        values={{
          period_end: say('when.period_end', { day: format.day(end) }),
          now: say('when.now'),
        }}
      />
      {why.fields}
    </Frame>
  );
}

function WithdrawForm({ id, of: { product, plan } }: SubscriptionFormProps) {
  const { say } = useTexts(texts);
  return (
    <Frame
      title={say('withdraw')}
      note={say('withdraw.note', { plan })}
      submit={say('withdraw')}
      isReady
      isDangerous
      act={() =>
        apiFor(undefined).call('POST /v1/admin/billing/withdrawals', { body: { account_id: id, product } })
      }
    />
  );
}
