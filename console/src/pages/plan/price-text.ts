import { useMoney } from '../../parts/money.ts';
import { useTexts } from '../../text/index.ts';
import type { Subscription } from './data.ts';
import { texts } from './texts.ts';

const UNITS: Readonly<Record<string, string>> = { D: 'day', W: 'week', M: 'month', Y: 'year' };

/** The price of a subscription, and how often it is paid: `$19.95 a month`, `$50.00 every 3 months`. */
export function usePriceText() {
  const { say, language } = useTexts(texts);
  const { minor } = useMoney();
  return ({ price: one, quantity, cycle }: Pick<Subscription, 'price' | 'quantity' | 'cycle'>): string => {
    const price = minor(one.unit_amount * quantity, one.currency);
    if (cycle === 'monthly' || cycle === 'yearly' || cycle === 'P1W' || cycle === 'P1D')
      return say(`each.${cycle}`, { price });
    // A store may sell by other lengths, as an ISO 8601 duration of one unit.
    const unit = UNITS[cycle.slice(-1)];
    const form = new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' });
    return say('each.other', { price, length: form.format(Number(cycle.slice(1, -1))) });
  };
}
