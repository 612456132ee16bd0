import { z } from 'zod';

/**
 * Tells a fault behind the name of its field: "must be at least 1". All schemas of a process speak so, once this file is
 * read; zod's own words ("Too small: expected number to be >=1") help the author of a schema alone.
 */
z.config({ localeError: sentenceOf });

const TYPES: Readonly<Record<string, string>> = {
  array: 'a list',
  bigint: 'a whole number',
  boolean: 'true or false',
  date: 'a date',
  file: 'a file',
  int: 'a whole number',
  map: 'an object',
  nan: 'no number',
  null: 'null',
  number: 'a number',
  object: 'an object',
  record: 'an object',
  set: 'a list',
  string: 'a string',
};

const FORMATS: Readonly<Record<string, string>> = {
  base64: 'base64',
  base64url: 'base64url',
  date: 'a day such as 2026-01-31',
  datetime: 'a date and a time such as 2026-01-31T12:00:00Z',
  email: 'an email address',
  ipv4: 'an IPv4 address',
  ipv6: 'an IPv6 address',
  time: 'a time such as 12:00:00',
  url: 'a URL',
  uuid: 'a UUID',
};

const UNITS: Readonly<Record<string, string>> = {
  array: 'items',
  file: 'bytes',
  map: 'names',
  object: 'names',
  set: 'items',
  string: 'characters',
};

function sentenceOf(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return ofType(issue);
    case 'invalid_value':
      return oneOf(issue.values);
    case 'too_small':
      return ofSize(issue, issue.minimum, issue.inclusive === false ? 'more than' : 'at least');
    case 'too_big':
      return ofSize(issue, issue.maximum, issue.inclusive === false ? 'less than' : 'at most');
    case 'invalid_format':
      return ofFormat(issue);
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'unrecognized_keys':
      return `has what is not known here: ${quoted(issue.keys.slice(0, MOST_NAMED))}`;
    case 'invalid_union':
      return ofUnion(issue);
    case 'invalid_key':
      return 'has a name of the wrong form';
    case 'invalid_element':
      return 'has an item of the wrong form';
    case 'custom':
      return 'is not right';
  }
}

const MOST_NAMED = 5;
const quoted = (words: readonly unknown[]) => words.map((word) => JSON.stringify(word)).join(', ');

function oneOf(values: readonly unknown[]): string {
  const words = values.map((value) =>
    typeof value === 'bigint' || value === undefined ? String(value) : value,
  );
  return words.length === 1 ? `must be ${quoted(words)}` : `must be one of ${quoted(words)}`;
}

function ofType({ expected, input }: z.core.$ZodRawIssue<z.core.$ZodIssueInvalidType>): string {
  if (expected === 'never') return 'must be left out';
  if (input === undefined) return 'is required';
  const must = `must be ${TYPES[expected] ?? expected}`;
  const given = z.core.util.parsedType(input);
  // One that is not whole, not finite or no number at all needs no other word.
  const isNumber = ['number', 'nan'].includes(given) && ['number', 'int'].includes(expected);
  return isNumber ? must : `${must}, not ${TYPES[given] ?? given}`;
}

function ofSize(
  { origin, exact }: z.core.$ZodRawIssue<z.core.$ZodIssueTooBig | z.core.$ZodIssueTooSmall>,
  bound: number | bigint,
  atMost: string,
): string {
  const unit = UNITS[origin];
  if (origin === 'date') return `must be ${atMost} ${new Date(Number(bound)).toISOString()}`;
  if (unit === undefined) return `must be ${exact === true ? 'exactly' : atMost} ${bound}`;
  if (atMost === 'at least' && Number(bound) === 1 && exact !== true) return 'must not be empty';
  const units = Number(bound) === 1 ? unit.slice(0, -1) : unit;
  return `must have ${exact === true ? 'exactly' : atMost} ${bound} ${units}`;
}

function ofFormat(issue: z.core.$ZodRawIssue<z.core.$ZodIssueInvalidStringFormat>): string {
  const { format } = issue;
  const parts: Readonly<Record<string, readonly [string, unknown]>> = {
    starts_with: ['begin with', issue['prefix']],
    ends_with: ['end with', issue['suffix']],
    includes: ['have', issue['includes']],
  };
  const part = parts[format];
  if (part !== undefined) return `must ${part[0]} ${quoted([part[1]])}`;
  if (format === 'regex') return `must match ${issue.pattern}`;
  return `must be ${FORMATS[format] ?? format}`;
}

/** Forms that differ by their kind alone are named by it. */
function ofUnion(issue: z.core.$ZodRawIssue<z.core.$ZodIssueInvalidUnion>): string {
  if (issue.input === undefined && issue.path?.length !== 0) return 'is required';
  const options = issue['options'];
  if (Array.isArray(options) && options.length > 0) return oneOf(options);
  const kinds = issue.errors.map(([first, ...more]) =>
    first?.code === 'invalid_type' && more.length === 0 && first.path.length === 0
      ? TYPES[first.expected]
      : undefined,
  );
  return kinds.length > 0 && kinds.every((kind) => kind !== undefined)
    ? `must be ${[...new Set(kinds)].join(' or ')}`
    : 'has none of the forms that are taken';
}
