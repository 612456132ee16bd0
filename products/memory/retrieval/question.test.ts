import { expect, test } from 'vitest';
import { readQuestion } from './question.ts';

const now = new Date('2024-06-15T12:00:00Z');
const read = (asked: string, ...speakers: string[]) => readQuestion(asked, { speakers, now });

test('people whom a question names are speakers, and no terms', () => {
  const question = read('What did ilse tell Marek’s sister?', 'Ilse Novak', 'Marek', 'Priya');
  expect(question.people).toEqual(['Ilse Novak', 'Marek']);
  expect(question.terms).toContain('sister');
  expect(question.terms.filter((term) => /ils|marek/u.test(term))).toEqual([]);
});

test('roles are speakers where they are meant, and words where not', () => {
  expect(read('What did the assistant propose to me?', 'user', 'assistant').people).toEqual([
    'user',
    'assistant',
  ]);
  const question = read('How are user ids made?', 'user', 'assistant');
  expect(question.people).toEqual([]);
  expect(question.terms).toContain('user');
});

test('a name that is another word needs its capital', () => {
  expect(read('Where will it be, may I ask?', 'Will', 'May').people).toEqual([]);
  expect(read('What does Will want?', 'Will', 'May').people).toEqual(['Will']);
});

test('days that a question names are days, and no terms', () => {
  const question = read('What broke on 3 May 2023 at the mill?');
  expect(question.days).toMatchObject([{ first: '2023-05-03', last: '2023-05-03' }]);
  expect(question.terms.filter((term) => /may|2023|^3$/u.test(term))).toEqual([]);
});

test('a month without its year is meant of three years', () => {
  expect(read('Who came in February?').days.map(({ first, last }) => `${first} ${last}`)).toEqual([
    '2024-02-01 2024-02-29',
    '2023-02-01 2023-02-28',
    '2022-02-01 2022-02-28',
  ]);
});

test('a text of many days is asked for the first fourteen', () => {
  const days = Array.from({ length: 300 }, (_, n) => `${1 + (n % 28)} May ${1990 + Math.floor(n / 28)}`);
  expect(read(days.join(', ')).days.map(({ first }) => first)).toEqual(
    Array.from({ length: 14 }, (_, n) => `1990-05-${String(n + 1).padStart(2, '0')}`),
  );
});

test.each([
  ['When did it start?', true],
  ['Which year was that?', true],
  ['Wann war das?', true],
  ['Whenever possible?', false],
  ['What is it?', false],
])('%s asks for a time: %s', (asked, asksWhen) => expect(read(asked).asksWhen).toBe(asksWhen));

test('words that are used alike are looked up too, and count less', () => {
  const { terms, words } = read('Where was the vacation?');
  expect(terms).toEqual(expect.arrayContaining(['vacat', 'trip', 'holidai']));
  expect(words.get('vacat')).toEqual({ word: 'vacation', weight: 1 });
  expect(words.get('trip')?.weight).toBeLessThan(0.5);
  expect(
    read(Array.from({ length: 500 }, () => 'vacation trip baby dog').join(' ')).terms.length,
  ).toBeLessThan(220);
});
