import { AppError, type Permit } from 'plinth/product';

/** Seconds after which an app may try again by itself. */
const RETRY_AFTER = 5;

/**
 * A model that took too long is, to a person with an app in their hand, a model that is not there: 503 and when to try
 * again, after the second model was asked too. Everything else stays what it is.
 */
export async function availableOr<Result>(call: Promise<Result>): Promise<Result> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof AppError && error.code === 'provider_timeout')
      throw new AppError('provider_unavailable', { cause: error, retryAfter: RETRY_AFTER });
    throw error;
  }
}

/** The same for a call that takes from a quota: that is given back where the model's answer is of no use, or not fit to be read. */
export async function usableOr<Result>(
  permit: Pick<Permit, 'release'>,
  call: Promise<Result>,
): Promise<Result> {
  try {
    return await availableOr(call);
  } catch (error) {
    if (error instanceof AppError && error.code === 'answer_unusable')
      await permit.release('unusable answer');
    throw error;
  }
}
