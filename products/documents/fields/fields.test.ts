import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fieldsIn, fieldsSchema } from './fields.ts';

const dateOf = (text: string) =>
  fieldsIn(text).dates.map(({ date, until }) => (until === undefined ? date : [date, until]));
const moneyOf = (text: string) =>
  fieldsIn(text).money.map(({ currency, amount_minor: least, until_minor: most }) =>
    most === undefined ? [currency, least] : [currency, least, most],
  );

describe('dates', () => {
  test.each([
    ['Go-live on 2026-05-04.', '2026-05-04'],
    ['by March 3, 2026', '2026-03-03'],
    ['on 3 March 2026 at noon', '2026-03-03'],
    ['the 3rd of June 2026', '2026-06-03'],
    ['am 03.03.2026 um 9 Uhr', '2026-03-03'],
    ['am 3. März 2026', '2026-03-03'],
    ['le 14 juillet 2026', '2026-07-14'],
    ['due 01/22/2026', '2026-01-22'],
    ['due 22/01/2026', '2026-01-22'],
    ['Sept. 9, 2026', '2026-09-09'],
    ['9-Sep-2026', '2026-09-09'],
    ['by the end of May 2026', '2026-05-31'],
    ['mid-May 2026', '2026-05-15'],
    ['beginning of May 2026', '2026-05-01'],
    ['by year-end 2026', '2026-12-31'],
    ['by the end of Q2 2026', '2026-06-30'],
  ])('%s is a day', (text, date) => expect(dateOf(text)).toEqual([date]));

  test.each([
    ['in Q2 2026', '2026-04-01', '2026-06-30'],
    ['the second quarter of 2026', '2026-04-01', '2026-06-30'],
    ['2026 Q4', '2026-10-01', '2026-12-31'],
    ['Q2–Q3 2026', '2026-04-01', '2026-09-30'],
    ['the first half of 2026', '2026-01-01', '2026-06-30'],
    ['in February 2028', '2028-02-01', '2028-02-29'],
    ['in week 12 of 2026', '2026-03-16', '2026-03-22'],
    ['March 3–14, 2026', '2026-03-03', '2026-03-14'],
    ['3–14 March 2026', '2026-03-03', '2026-03-14'],
    ['from March 3 to April 14, 2026', '2026-03-03', '2026-04-14'],
    ['December 15 to January 15, 2027', '2026-12-15', '2027-01-15'],
    ['between 1 March 2026 and 30 April 2026', '2026-03-01', '2026-04-30'],
    ['2026-03-01 to 2026-04-01', '2026-03-01', '2026-04-01'],
  ])('%s is a stretch of time', (text, from, until) => expect(dateOf(text)).toEqual([[from, until]]));

  test.each([
    'by the end of May',
    'on March 3',
    'within two weeks of signing',
    'next Friday',
    'due 03/04/2026',
  ])('%s is kept as text: nobody but the reader knows which day is meant', (text) =>
    expect(dateOf(text)).toEqual([null]),
  );

  test.each([
    '2026-02-30',
    'February 30, 2026',
    '31.04.2026',
    'version 2.3.1',
    'at least 10 may attend',
    'we march on',
  ])('%s is no date', (text) => expect(dateOf(text)).toEqual([]));

  test('days and months with slashes are told apart where another date of the text shows which comes first', () => {
    expect(dateOf('Start 05/07/2026, end 25/12/2026.')).toEqual(['2026-07-05', '2026-12-25']);
  });

  test('every day of a century is read back in each form', () => {
    const day = fc.date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(day, (at) => {
        const iso = at.toISOString().slice(0, 10);
        const long = at.toLocaleDateString('en-US', { dateStyle: 'long', timeZone: 'UTC' });
        const british = at.toLocaleDateString('en-GB', { dateStyle: 'long', timeZone: 'UTC' });
        const german = at.toLocaleDateString('de-DE', { dateStyle: 'long', timeZone: 'UTC' });
        const dotted = iso.split('-').toReversed().join('.');
        for (const text of [iso, long, british, german, dotted])
          expect(dateOf(`It ends on ${text}, they say.`)).toEqual([iso]);
      }),
    );
  });
});

describe('durations', () => {
  test.each([
    ['two sprints', { unit: 'sprints', count: 2 }],
    ['6-8 weeks', { unit: 'weeks', count: 6, until_count: 8 }],
    ['six to eight weeks', { unit: 'weeks', count: 6, until_count: 8 }],
    ['10 business days', { unit: 'days', count: 10, business: true }],
    ['thirty (30) days', { unit: 'days', count: 30 }],
    ['two and a half weeks', { unit: 'weeks', count: 2.5 }],
    ['a 12-week engagement', { unit: 'weeks', count: 12 }],
    ['one year', { unit: 'months', count: 12 }],
    ['zwei Wochen', { unit: 'weeks', count: 2 }],
  ])('%s', (text, field) => expect(fieldsIn(text).durations).toEqual([expect.objectContaining(field)]));

  test.each(['net 30 days', '30 days net', '$900 a day', 'once a week'])('%s is none', (text) =>
    expect(fieldsIn(text).durations).toEqual([]),
  );
});

describe('money', () => {
  test.each([
    ['$12,500', 'USD', 1_250_000],
    ['$12,500.75', 'USD', 1_250_075],
    ['US$ 12.5k', 'USD', 1_250_000],
    ['EUR 10.000,50', 'EUR', 1_000_050],
    ['12.500 €', 'EUR', 1_250_000],
    ['12 500 €', 'EUR', 1_250_000],
    ['€9,99', 'EUR', 999],
    ["CHF 12'500.–", 'CHF', 1_250_000],
    ['£3m', 'GBP', 300_000_000],
    ['1.2 million dollars', 'USD', 120_000_000],
    ['¥1,200,000', 'JPY', 1_200_000],
    ['₹ 5 lakh', 'INR', 50_000_000],
    ['Rs. 5,00,000', 'INR', 50_000_000],
    ['1.250.000,00 EUR', 'EUR', 125_000_000],
  ])('%s', (text, currency, amount) => expect(moneyOf(text)).toEqual([[currency, amount]]));

  test.each([
    ['between 20k and 25k USD', 'USD', 2_000_000, 2_500_000],
    ['$20,000 – $25,000', 'USD', 2_000_000, 2_500_000],
    ['USD 12,500 to USD 15,000', 'USD', 1_250_000, 1_500_000],
    ['$20–25k', 'USD', 2_000_000, 2_500_000],
    ['20.000 bis 25.000 Euro', 'EUR', 2_000_000, 2_500_000],
  ])('%s is a range', (text, ...range) => expect(moneyOf(text)).toEqual([range]));

  test.each(['6-8 weeks', '300 products', 'page 12', '$', 'in 2026', '50 %'])('%s is none', (text) =>
    expect(moneyOf(text)).toEqual([]),
  );

  test('terms of payment go with the amounts of their sentence, and stand alone without any', () => {
    expect(fieldsIn('The fee is $12,500, net 30.').money).toEqual([
      { text: '$12,500', currency: 'USD', amount_minor: 1_250_000, terms: 'net 30' },
    ]);
    expect(fieldsIn('Payment: net 30').money).toEqual([
      { text: 'net 30', currency: null, amount_minor: null, terms: 'net 30' },
    ]);
    expect(fieldsIn('Der Preis ist 12.500 € zzgl. MwSt. und Reisekosten.').money).toMatchObject([
      { terms: 'zzgl. MwSt.' },
    ]);
    expect(fieldsIn('$120 per hour').money).toMatchObject([{ amount_minor: 12_000, terms: 'per hour' }]);
  });

  test('two amounts with "and" between them are two, unless the text says between', () => {
    expect(moneyOf('$5,000 and $7,000')).toEqual([
      ['USD', 500_000],
      ['USD', 700_000],
    ]);
  });

  test('any amount is read back as English and German write it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000_000_00 }), (minor) => {
        const amount = minor / 100;
        const english = amount.toLocaleString('en-US', { style: 'currency', currency: 'USD' });
        const german = amount.toLocaleString('de-DE', { style: 'currency', currency: 'EUR' });
        expect(moneyOf(`It costs ${english} in all.`)).toEqual([['USD', minor]]);
        expect(moneyOf(`Es kostet ${german} insgesamt.`)).toEqual([['EUR', minor]]);
      }),
    );
  });
});

test('fields of any text have the form that sections store', () => {
  const noise = fc.string({ unit: 'binary', maxLength: 200 });
  const words = fc.constantFrom(
    '$',
    '12,500',
    'EUR',
    'May',
    '2026',
    '-',
    'two',
    'weeks',
    'Q3',
    'net 30',
    'k',
    '.',
    ' ',
    'between',
    'and',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(noise, words), { maxLength: 30 }), (parts) => {
      expect(fieldsSchema.safeParse(fieldsIn(parts.join(' '))).success).toBe(true);
    }),
  );
});
