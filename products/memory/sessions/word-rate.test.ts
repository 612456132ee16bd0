import type { AccountId } from '#platform/kernel';
import type { RateVerdict } from '#platform/limits';
import { expect, test } from 'vitest';
import { ids } from '@plinth/testkit/factories';
import '#platform/limits';
import { takeUnits, unitsOfBytes, unitsOfWords } from './word-rate.ts';

/** A minute of so many units; `taken` says by which keys they were. */
function minuteOf(max: number) {
  const taken: string[] = [];
  const take = async ([entry]: readonly { readonly key: string }[]): Promise<RateVerdict> => {
    const allowed = taken.length < max;
    if (allowed) taken.push(entry?.key ?? '');
    const remaining = max - taken.length;
    return { allowed, entry: 0, limit: max, remaining, resetsAt: new Date(60_000), seconds: 7 };
  };
  return { taken, rates: { take } };
}

const [account, other] = [ids.next<AccountId>(), ids.next<AccountId>()];

test('a large call takes as many units as it has thousands of words, of its account alone', async () => {
  const minute = minuteOf(600);
  await takeUnits(minute, account, unitsOfWords(200_000));
  expect(minute.taken).toHaveLength(200);
  await takeUnits(minute, other, 1);
  expect(new Set(minute.taken).size).toBe(2);
  await takeUnits(minute, account, unitsOfWords(999));
  await takeUnits(minute, account, unitsOfBytes(20_000));
  expect(minute.taken).toHaveLength(201);
  expect([unitsOfBytes(20_001), unitsOfBytes(8_000_000)]).toEqual([1, 32]);
});

test('a call that does not fit is refused at once, and leaves the minute to those that do', async () => {
  const minute = minuteOf(10);
  const details = { limit: 'memory_words_per_minute_by_account', max: 600_000 };
  const refusal = { code: 'limit_exceeded', retryAfter: 7, details };
  await expect(takeUnits(minute, account, 11)).rejects.toMatchObject(refusal);
  expect(minute.taken).toHaveLength(1);
  await takeUnits(minute, account, 9);
  await expect(takeUnits(minute, account, 1)).rejects.toMatchObject(refusal);
  await takeUnits(minute, account, 0);
});
