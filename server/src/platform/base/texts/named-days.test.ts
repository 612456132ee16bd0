import { expect, test } from 'vitest';
import { namedDaysIn } from './named-days.ts';

// A Saturday.
const saidAt = new Date('2024-06-15T12:00:00Z');
const daysIn = (text: string) =>
  namedDaysIn(text, saidAt).map(({ first, last }) => (first === last ? first : [first, last]));

test.each([
  ['on 3 March 2026', '2026-03-03'],
  ['yesterday evening', '2024-06-14'],
  ['the call of last night', '2024-06-14'],
  ['tomorrow', '2024-06-16'],
  ['three days ago', '2024-06-12'],
  ['last Tuesday', '2024-06-11'],
  ['next Monday', '2024-06-17'],
  ['on December 30', '2023-12-30'],
])('%s is a day', (text, day) => expect(daysIn(text)).toEqual([day]));

test.each([
  ['last week', '2024-06-03', '2024-06-09'],
  ['two weeks ago', '2024-05-29', '2024-06-04'],
  ['last month', '2024-05-01', '2024-05-31'],
  ['in May', '2024-05-01', '2024-05-31'],
  ['since February', '2024-02-01', '2024-02-29'],
  ['in 2022', '2022-01-01', '2022-12-31'],
  ['last year', '2023-01-01', '2023-12-31'],
  ['in Q2 2023', '2023-04-01', '2023-06-30'],
])('%s is a stretch of time', (text, first, last) => expect(daysIn(text)).toEqual([[first, last]]));

test.each([
  'you may come',
  '2,900 a month',
  'port 2022-a',
  'last of all',
  'in marching order',
  'version 2.3.1',
  'the week',
])('%s names no day', (text) => expect(daysIn(text)).toEqual([]));

test('days say where they stand, in their order', () => {
  const text = 'Yesterday I wrote that the fair of May 2023 was two years ago.';
  expect(namedDaysIn(text, saidAt).map(({ from, to }) => text.slice(from, to))).toEqual([
    'Yesterday',
    'May 2023',
    'two years ago',
  ]);
});
