import './errors.ts';
import { AppError, invalidInput } from '#platform/kernel';

/** A price, in the fields of the reply that shows it. */
type Price = Readonly<Record<string, string | number>>;

/** Now and later: `due_now` is charged at once, and each cycle from then on `unit_amount` for each of `quantity`. Minor units. */
export type RecurringPrice = Readonly<Record<'unit_amount' | 'quantity', number>> & {
  readonly currency: string;
};
export type ChangePrice = RecurringPrice & { readonly due_now: number };

/**
 * Holds every charge of a kept card, and every price that is committed to, to what the caller was shown. Throws `price_changed` with the present
 * price, and `validation_failed` where the caller names none.
 */
export function assertAgreed<P extends Price>(agreed: P | undefined, present: P): void {
  if (agreed === undefined) {
    const message = `This costs money: send the price that was agreed to (${Object.keys(present).join(', ')}).`;
    throw invalidInput('body.agreed', message);
  }
  if (Object.entries(present).some(([field, value]) => agreed[field] !== value))
    throw new AppError('price_changed', { details: { price: present } });
}
