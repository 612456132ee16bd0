import { AppError } from '#platform/kernel';
import { refusedPromotion, type StripeClient } from './client.ts';

/** So often at most: of as many calls at one instant each comes to its turn. */
const TRIES = 4;

/**
 * Does something with a subscription from what it is now. What another call has made of it meanwhile Stripe refuses: then it is begun anew, so
 * that the later one of two has its way. Each time under keys of its own, for under the same one Stripe says again what it said before.
 */
export async function retryOvertaken<T>(
  client: StripeClient,
  does: (client: StripeClient) => Promise<T>,
): Promise<T> {
  for (let nth = 0; ; nth += 1) {
    try {
      return await does(nth === 0 ? client : anotherTry(client, nth));
    } catch (error) {
      if (nth === TRIES - 1 || !mayBeOvertaken(error)) throw error;
    }
  }
}

const anotherTry = (client: StripeClient, nth: number): StripeClient => ({
  ...client,
  change: (asking) => client.change((stripe, once) => asking(stripe, (step) => once(`${step}-${nth}`))),
});

/** Refused for another reason it is refused again. */
function mayBeOvertaken(error: unknown): boolean {
  if (!(error instanceof AppError)) return false;
  const isOtherwise = error.details?.['code'] === 'key_refused' || refusedPromotion(error);
  return error instanceof OvertakenError || (error.code === 'store_refused' && !isOtherwise);
}

/** It is not any more what it was when it was read. */
export class OvertakenError extends AppError {
  constructor() {
    super('change_replaced');
  }
}
