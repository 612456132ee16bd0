import { expect, test } from 'vitest';
import { failureOf } from './away.ts';
import { DatabaseAway, mayBeDone } from './index.ts';

const coded = (code: string, message = 'of the server', more: object = {}) =>
  Object.assign(new Error(message), { code, ...more });
const asked = { write: true, commits: true };

test.each([
  ['57P01', coded('57P01', 'terminating connection due to administrator command', { severity: 'FATAL' })],
  ['57P03', coded('57P03', 'the database system is starting up', { severity: 'FATAL' })],
  ['08P01', coded('08P01', 'server conn crashed?', { severity: 'FATAL' })],
  ['08P01', coded('08P01', 'query_wait_timeout', { severity: 'FATAL' })],
  ['ECONNRESET', coded('ECONNRESET', 'read ECONNRESET')],
  ['EPIPE', coded('EPIPE', 'write EPIPE')],
  ['ERR_STREAM_DESTROYED', coded('ERR_STREAM_DESTROYED', 'Cannot call write after a stream was destroyed')],
  ['ERR_SOCKET_CLOSED', coded('ERR_SOCKET_CLOSED', 'Socket is closed')],
  [undefined, new Error('Connection terminated unexpectedly')],
  [undefined, new Error('Received unexpected commandComplete message from backend.')],
  [undefined, new Error('Client has encountered a connection error and is not queryable')],
])(
  'a connection that broke (%s) is a database that is away, and a commit on it may have been made',
  (code, cause) => {
    const failure = failureOf('DATABASE_URL', cause, asked);
    expect(failure).toBeInstanceOf(DatabaseAway);
    expect(failure).toMatchObject({ code, mayBeDone: true });
    expect(mayBeDone(failure)).toBe(true);
    // Before its commit was asked for, and where nothing is written, nothing is left of it.
    expect(mayBeDone(failureOf('DATABASE_URL', cause, { ...asked, commits: false }))).toBe(false);
    expect(mayBeDone(failureOf('DATABASE_URL', cause, { ...asked, write: false }))).toBe(false);
  },
);

test.each([
  ['53300', 'too many connections'],
  ['53100', 'the disk is full'],
  ['25006', 'cannot execute UPDATE in a read-only transaction'],
])('a server that can not go on (%s) is away, and has undone what it was doing', (code, message) => {
  const failure = failureOf('DATABASE_URL', coded(code, message), asked);
  expect(failure).toBeInstanceOf(DatabaseAway);
  expect(mayBeDone(failure)).toBe(false);
});

test.each(['23505', '40P01', '42P01', 'PL010', 'ERR_INVALID_ARG_TYPE'])(
  '%s is no database that is away',
  (code) => {
    const cause = coded(code);
    expect(failureOf('DATABASE_URL', cause, asked)).toBe(cause);
  },
);

test('a write in a transaction that only reads is a defect of ours, not a standby', () => {
  const cause = coded('25006');
  expect(failureOf('DATABASE_URL', cause, { write: false, commits: true })).toBe(cause);
});
