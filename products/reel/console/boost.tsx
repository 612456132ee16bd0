import { useHeldPlan, useMoney, usePriceList, useTexts } from '@plinth/console';
import { Link } from '@tanstack/react-router';
import { texts } from './texts.ts';

/** The boost that the account has, until it ends; else, for who has a plan that one lifts, what it gives and costs, and the way there. */
export function Boost() {
  const { say, format } = useTexts(texts);
  const { minor } = useMoney();
  const { data: prices } = usePriceList();
  const held = useHeldPlan('reel');
  if (held === undefined || held.plan === null || prices === undefined) return null;
  const nameOf = (id: string | null) =>
    [...prices.data, ...prices.add_ons].find((one) => one.id === id)?.name ?? '';
  for (const { id, expires_at: end } of held.add_ons)
    if (end !== null)
      return <span className="dim">{say('boosted', { boost: nameOf(id), end: format.day(end) })}</span>;
  const boost = prices.add_ons.find(({ product, lifts }) => product === 'reel' && lifts !== null);
  if (boost === undefined || !prices.sold || boost.lifts === held.plan) return null;
  const { name, lifts, days, price } = boost;
  return (
    <Link className="link" to="/app/plan" search={{ product: 'reel', back: '/app/products/reel/studio' }}>
      {say('boost', {
        boost: name,
        plan: nameOf(lifts),
        days: String(days),
        price: minor(price.once, price.currency),
      })}
    </Link>
  );
}
