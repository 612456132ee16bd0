import { invalidRequest, type Params } from '../operation.ts';
import { idOf } from '../world/changes.ts';
import { minorUnits } from '../world/currencies.ts';
import type { CheckoutSession, World } from '../world/index.ts';

/** Bounds of a payment: half a dollar, or as much of another currency, and eight digits. */
const LEAST_DOLLARS = 0.5;
const MOST = 99_999_999;

/** For a customer who exists, the page may change nothing that it is not told to. Throws where taxes need it to. */
export function assertTaxable(
  world: World,
  { customer: named, automatic_tax: tax, tax_id_collection: ids }: CheckoutSession,
  update: Params,
): void {
  if (named === null) {
    if (Object.keys(update).length === 0) return;
    throw invalidRequest('`customer_update` can only be used with `customer`.', { param: 'customer_update' });
  }
  const { address } = world.table('customer').get(idOf(named));
  if (tax.enabled && address == null && update['address'] !== 'auto')
    throw invalidRequest(
      "Automatic tax calculation in Checkout requires a valid address on the Customer. Add a valid address to the Customer or set either `customer_update[address]` to 'auto' or `customer_update[shipping]` to 'auto' to save the address entered in Checkout to the Customer.",
      { code: 'customer_tax_location_invalid' },
    );
  if (ids?.enabled === true && update['name'] !== 'auto')
    throw invalidRequest(
      'Tax ID collection requires updating business name on the customer. To enable tax ID collection for an existing customer, please set `customer_update[name]` to `auto`.',
    );
}

/** Throws for a purchase that no card is charged for; one that costs nothing is none. */
export function assertChargeable(
  { settings: { exchangeRates: rates } }: World,
  { mode, amount_total: total, currency }: CheckoutSession,
): void {
  if (mode !== 'payment' || total === null || total === 0) return;
  const [own = 1, dollar = 1] = [rates[currency ?? 'usd'], rates['usd']];
  if (((total / minorUnits(currency ?? 'usd')) * own) / dollar < LEAST_DOLLARS)
    throw invalidRequest("The Checkout Session's total amount must convert to at least 50 cents.", {
      code: 'amount_too_small',
    });
  if (total > MOST)
    throw invalidRequest(`The Checkout Session's total amount must be at most ${MOST}.`, {
      code: 'amount_too_large',
    });
}
