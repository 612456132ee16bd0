import { type AccountId, AppError, type ProductContext } from 'plinth/product';

/** Words of a unit: they take some 25 ms of CPU here, and as much of the database's. */
const WORDS = 1_000;
/** Bytes that are read for words in as long. */
const BYTES = 250_000;
/** A shorter text is read before anything is counted: that takes 4 ms at most. */
export const SHORT = 20_000;
/** An account's units: 15 s of CPU a minute here, and as much of the database's. */
const UNITS_PER_MINUTE = 600;

export const unitsOfBytes = (bytes: number): number => Math.ceil(Math.max(0, bytes - SHORT) / BYTES);
export const unitsOfWords = (words: number): number => Math.floor(words / WORDS);

/**
 * Takes units of an account's minute, or throws. Rates count calls one by one: a unit that is not left after the first is refused at once, so that
 * it does not use up the minute of others.
 */
export async function takeUnits(
  { rates }: Pick<ProductContext, 'rates'>,
  accountId: AccountId,
  units: number,
): Promise<void> {
  const entry = { key: `coditect memory words ${accountId}`, perMinute: UNITS_PER_MINUTE };
  for (let left = units; left > 0; left -= 1) {
    const verdict = await rates.take([entry]);
    // Throttling that can't be asked refuses no call.
    if (verdict === undefined) return;
    if (verdict.allowed && verdict.remaining >= left - 1) continue;
    const max = UNITS_PER_MINUTE * WORDS;
    throw new AppError('limit_exceeded', {
      message: 'Too many words were stored in this minute. Wait a moment.',
      details: {
        limit: 'memory_words_per_minute_by_account',
        used: max - verdict.remaining * WORDS,
        max,
        resets_at: verdict.resetsAt.toISOString(),
        upgrade: null,
      },
      retryAfter: verdict.seconds,
    });
  }
}
