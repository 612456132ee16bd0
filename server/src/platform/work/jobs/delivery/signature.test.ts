import { Receiver } from '@upstash/qstash';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createQStashSandbox, type QStashSandbox } from '#sandbox/qstash';
import { signatures, type Verify } from './signature.ts';

const URL = 'https://plinth.test/worker/generate';
const NOON = Date.parse('2031-01-15T12:00:00Z');
const BODY = '{"account_id":"a","job_id":"b"}';
const bytes = (text: string) => new TextEncoder().encode(text);

let sandbox: QStashSandbox;
let verify: Verify;
/** Moved by tests. */
let now = NOON;

beforeAll(async () => {
  sandbox = await createQStashSandbox();
  const keys = { current: sandbox.keys.current, next: sandbox.keys.next };
  verify = signatures({ keys, url: URL, clock: { now: () => now, monotonic: () => now } });
});
afterAll(() => sandbox.close());

const sign = (more: Partial<Parameters<QStashSandbox['sign']>[0]> = {}) =>
  sandbox.sign({ url: URL, body: BODY, at: NOON, ...more });
const alter = (text: string) => (text.startsWith('A') ? 'B' : 'A') + text.slice(1);
const believes = (signature: string | undefined, body = BODY) => verify(signature, bytes(body));

describe('a delivery is believed', () => {
  test('when the current key signed this body for this URL, as the official Receiver believes it', async () => {
    const signature = sandbox.sign({ url: URL, body: BODY });
    const { current: currentSigningKey, next: nextSigningKey } = sandbox.keys;
    const official = new Receiver({ currentSigningKey, nextSigningKey });
    expect(await official.verify({ signature, body: BODY, url: URL })).toBe(true);
    now = Date.now();
    expect(await believes(signature)).toBe(true);
    now = NOON;
  });

  test('when the next key signed it: the keys may be rolled while we run', async () => {
    expect(await believes(sign({ key: sandbox.keys.next }))).toBe(true);
  });

  test('while it is up to five minutes old, and when the clocks differ by seconds', async () => {
    for (const [at, isBelieved] of [
      [NOON - 20_000, true],
      [NOON + 299_000, true],
      [NOON + 320_000, true],
      [NOON + 331_000, false],
      [NOON - 31_000, false],
    ] as const) {
      now = at;
      expect(await believes(sign())).toBe(isBelieved);
    }
    now = NOON;
  });

  test('with its hash padded or not', async () => {
    const { body } = JSON.parse(Buffer.from(sign().split('.')[1] ?? '', 'base64url').toString()) as {
      body: string;
    };
    expect(body).toMatch(/=$/);
    expect(await believes(sign({ claims: { body: body.replace(/=+$/, '') } }))).toBe(true);
  });
});

describe('a delivery is refused', () => {
  test.each([
    ['without a signature', undefined],
    ['with an empty one', ''],
    ['with a word', 'signature'],
  ])('%s', async (_when, signature) => {
    expect(await believes(signature)).toBe(false);
  });

  test.each<[string, Partial<Parameters<QStashSandbox['sign']>[0]>]>([
    ['signed with another key', { key: 'sig_of_somebody_else_entirely_000' }],
    ['signed for another URL', { url: 'https://plinth.test/worker/other' }],
    ['signed for our URL with a slash more', { url: `${URL}/` }],
    ['by another issuer', { claims: { iss: 'Somebody' } }],
    ['that never expires', { claims: { exp: undefined } }],
    ['that says nothing about the body', { claims: { body: undefined } }],
    ['whose hash is no hash', { claims: { body: 7 } }],
    ['whose hash is cut', { claims: { body: 'qK78' } }],
  ])('%s', async (_when, more) => {
    expect(await believes(sign(more))).toBe(false);
  });

  test('when a byte of the body, or of the signature, was altered', async () => {
    expect(await believes(sign(), BODY.replace('b', 'c'))).toBe(false);
    expect(await believes(sign(), `${BODY} `)).toBe(false);
    const [header = '', claims = '', signature = ''] = sign().split('.');
    expect(await believes([header, claims, alter(signature)].join('.'))).toBe(false);
    expect(await believes([header, alter(claims), signature].join('.'))).toBe(false);
  });

  test('when it says that it needs no signature, or names another algorithm', async () => {
    const [, claims = '', signature = ''] = sign().split('.');
    for (const alg of ['none', 'HS512', 'RS256']) {
      const header = Buffer.from(JSON.stringify({ alg, typ: 'JWT' })).toString('base64url');
      expect(await believes(`${header}.${claims}.`)).toBe(false);
      expect(await believes(`${header}.${claims}.${signature}`)).toBe(false);
    }
  });
});
