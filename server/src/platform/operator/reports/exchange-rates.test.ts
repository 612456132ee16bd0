import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '@plinth/testkit/services';
import { readExchangeRates, toMinor } from './exchange-rates.ts';

const folder = temporaryFolder();
let files = 0;

function fileOf(text: string): string {
  const path = join(folder, `rates-${(files += 1)}.csv`);
  writeFileSync(path, text);
  return path;
}

describe('a file of rates', () => {
  test('gives the last rate published on or before a day, and says of which day it is', () => {
    const rates = readExchangeRates(
      fileOf(
        'Date,USD,JPY,BGN,\r\n2026-11-20,1.1,160,1.9558,\r\n2026-11-18,1.2,N/A,1.9558,\r\n2026-11-17,1.3,150,,\r\n',
      ),
    );
    expect(rates.newest).toBe('2026-11-20');
    expect(rates.on('jpy', '2026-11-30')).toEqual({
      date: '2026-11-20',
      usd_per_eur: '1.1',
      currency_per_eur: '160',
    });
    expect(rates.on('eur', '2026-11-19')).toEqual({
      date: '2026-11-18',
      usd_per_eur: '1.2',
      currency_per_eur: '1',
    });
    expect(rates.on('jpy', '2026-11-19')).toMatchObject({ date: '2026-11-17' });
    expect([rates.on('eur', '2026-11-16'), rates.on('gbp', '2026-11-20')]).toEqual([undefined, undefined]);
  });

  test.each([
    ['no file', undefined],
    ['another header', 'Day,USD\n2026-11-20,1.1\n'],
    ['no dollars', 'Date,JPY\n2026-11-20,160\n'],
    ['no day', 'Date,USD\n'],
    ['a day that is none', 'Date,USD\n2026-13-40,1.1\n'],
    ['a rate that is none', 'Date,USD\n2026-11-20,1e3\n'],
    ['a rate of 0', 'Date,USD\n2026-11-20,0.00\n'],
  ])('with %s is refused in a sentence', (_name, text) => {
    const path = text === undefined ? join(folder, 'missing.csv') : fileOf(text);
    expect(() => readExchangeRates(path)).toThrow(/^The file of exchange rates \S+ can't be read: .+\.$/);
  });

  test('comes with the program', () => {
    expect(readExchangeRates()).toMatchObject({ source: 'ecb-eurofxref-hist.csv', newest: '2024-06-28' });
  });
});

const quote = (usd: string, currency: string) => ({
  date: '2026-11-20',
  usd_per_eur: usd,
  currency_per_eur: currency,
});

describe('dollars in another currency', () => {
  test.each<readonly [Parameters<typeof toMinor>, number]>([
    [[1_500_000, 'usd', undefined], 150],
    [[4_999, 'usd', undefined], 0],
    [[5_000, 'usd', undefined], 1],
    [[-5_000, 'usd', undefined], -1],
    [[1_070_500, 'eur', quote('1.0705', '1')], 100],
    [[1_000_000, 'jpy', quote('1.0705', '171.94')], 161],
    [[1_000_000, 'kwd', quote('1', '0.3')], 300],
    [[9_000_000_000_000_000, 'usd', undefined], 900_000_000_000],
  ])('%j are %i', (dollars, minor) => {
    expect(toMinor(...dollars)).toBe(minor);
  });

  test('are rounded once, to the nearest, and the same way above and below 0', () => {
    const cents = fc.integer({ min: 1, max: 10_000_000 }).map((value) => (value / 10_000).toFixed(4));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 12 }), cents, cents, (micros, usd, currency) => {
        const minor = toMinor(micros, 'chf', quote(usd, currency));
        const [u, c] = [BigInt(usd.replace('.', '')), BigInt(currency.replace('.', ''))];
        const twiceOff = 2n * (BigInt(minor) * u * 10_000n - BigInt(micros) * c);
        expect(twiceOff <= u * 10_000n && twiceOff > -u * 10_000n).toBe(true);
        expect(toMinor(-micros, 'chf', quote(usd, currency))).toBe(minor === 0 ? 0 : -minor);
      }),
    );
  });
});
