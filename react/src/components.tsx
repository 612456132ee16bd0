import { type ReactNode, useId } from 'react';
import { useEntitlements, useLimit, usePortalLink, usePricing } from './hooks.ts';
import type { Plan } from './replies.ts';
import { amountOf, dateOf, labelOf, linesOf, money } from './words.ts';

/** Classes of ours, and of the app's. */
const classes = (own: string, given?: string) => (given === undefined ? own : `${own} ${given}`);

export type Cycle = 'monthly' | 'yearly';

export interface PricingTableProps {
  /** The customer has chosen a plan: have the app's own server make the checkout, and go there. Without it there are no buttons. */
  readonly onChoose?: (plan: Plan, cycle: Cycle) => void;
  readonly className?: string;
}

/** Plans of the product with their prices and limits; the present plan is marked. */
export function PricingTable({ onChoose, className }: PricingTableProps): ReactNode {
  const { data, error, isLoading } = usePricing();
  const { data: held } = useEntitlements();
  if (data === undefined) return <Waiting isLoading={isLoading} error={error} />;
  return (
    <ul className={classes('plinth-plans', className)}>
      {data.plans.map((plan) => (
        <li key={plan.id} aria-current={plan.id === held?.plan ? 'true' : undefined}>
          <h3>{plan.name}</h3>
          <Price plan={plan} />
          <ul>
            {linesOf(plan.id, data.comparison).map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
          <Choice plan={plan} isPresent={plan.id === held?.plan} onChoose={onChoose} />
        </li>
      ))}
    </ul>
  );
}

function Price({
  plan: { price, per_seat: perSeat, trial_days: trial, trial_needs_card: needsCard },
}: {
  readonly plan: Plan;
}): ReactNode {
  const each = perSeat.length === 0 ? '' : ' a seat';
  return (
    <>
      <p className="plinth-price">
        <strong>{money(price.monthly, price.currency)}</strong>
        {`${each} a month`}
      </p>
      {price.yearly !== null && <p>{`or ${money(price.yearly, price.currency)}${each} a year`}</p>}
      {trial !== null && (
        <p>{`${trial === 1 ? '1 day' : `${trial} days`} to try it${needsCard === false ? ', no card needed' : ''}`}</p>
      )}
    </>
  );
}

interface ChoiceProps {
  readonly plan: Plan;
  readonly isPresent: boolean;
  readonly onChoose: PricingTableProps['onChoose'] | undefined;
}

function Choice({ plan, isPresent, onChoose }: ChoiceProps): ReactNode {
  if (isPresent) return <p className="plinth-present">Your plan</p>;
  if (onChoose === undefined || plan.price.monthly === 0) return null;
  const cycles: readonly Cycle[] = plan.price.yearly === null ? ['monthly'] : ['monthly', 'yearly'];
  return cycles.map((cycle) => (
    <button key={cycle} type="button" className="plinth-button" onClick={() => onChoose(plan, cycle)}>
      {cycles.length === 1 ? `Choose ${plan.name}` : `Choose ${plan.name}, ${cycle}`}
    </button>
  ));
}

export interface UsageMeterProps {
  /** A limit's name within the product. */
  readonly limit: string;
  /** In place of the limit's name in words. */
  readonly label?: string;
  readonly className?: string;
}

/** A bar of what is used of a limit, and when it resets. Renders nothing where the plan has no such limit. */
export function UsageMeter({ limit, label = labelOf(limit), className }: UsageMeterProps): ReactNode {
  const id = useId();
  const { error, isLoading, data } = useEntitlements();
  const state = useLimit(limit);
  if (data === undefined) return <Waiting isLoading={isLoading} error={error} />;
  if (state === undefined) return null;
  const { used, max, isReached, resetsAt } = state;
  const figure =
    max === null
      ? `${amountOf(used, limit)}, unlimited`
      : `${amountOf(used, limit)} of ${amountOf(max, limit)}`;
  const notes = [
    ...(isReached ? ['Used up'] : []),
    ...(resetsAt === null ? [] : [`Resets on ${dateOf(resetsAt)}`]),
  ];
  return (
    <div className={classes('plinth-meter', className)}>
      <span id={id}>{label}</span>
      <span>{figure}</span>
      {max !== null && (
        <progress aria-labelledby={id} max={Math.max(1, max)} value={max === 0 ? 1 : Math.min(used, max)} />
      )}
      {notes.length > 0 && <small>{notes.join('. ')}</small>}
    </div>
  );
}

/** The name of the customer's plan. */
export function PlanBadge({ className }: { readonly className?: string }): ReactNode {
  const { data } = useEntitlements();
  if (data === undefined) return null;
  return <span className={classes('plinth-badge', className)}>{data.plan_name ?? 'No plan'}</span>;
}

export interface PortalButtonProps {
  readonly children?: ReactNode;
  readonly className?: string;
}

/** Leads to the portal: plan, usage, invoices, payment method. */
export function PortalButton({ children = 'Manage your plan', className }: PortalButtonProps): ReactNode {
  const { open, isOpening, error } = usePortalLink();
  return (
    <>
      <button
        type="button"
        className={classes('plinth-button', className)}
        disabled={isOpening}
        onClick={() => void open()}
      >
        {children}
      </button>
      {error !== undefined && <small role="alert">This did not work. Try again.</small>}
    </>
  );
}

function Waiting({ isLoading, error }: { readonly isLoading: boolean; readonly error: unknown }): ReactNode {
  if (error !== undefined && !isLoading) return <p role="alert">This could not be loaded.</p>;
  return isLoading ? <p role="status">Loading …</p> : null;
}
