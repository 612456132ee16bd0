import { randomBytes, randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { normalizeReply } from './normalize-reply.ts';

const DAY = 86_400_000;

/** A reply as one run gives it. */
function normalOf(day: string, port: number, walker: number) {
  const at = Date.parse(day);
  const [id, other] = [randomUUID(), randomUUID()];
  const created = new Date(at - 40_000 - walker).toISOString();
  const json = {
    id,
    name: `Company ${walker}`,
    members: [other, id, randomUUID()],
    secret: `pl_${randomBytes(33).toString('base64url').replace(/^./, 'aB1')}`,
    digest: randomBytes(32).toString('hex'),
    email: `walker-${walker}@example.com`,
    url: `http://127.0.0.1:${port}/v1/blobs/${id}?expires=${Math.floor(at / 1_000) + 600}&signature=${randomBytes(9).toString('hex')}`,
    created_at: created,
    expires_at: new Date(Date.parse(created) + 7 * DAY).toISOString(),
    resets_at: new Date(
      Date.UTC(new Date(at).getUTCFullYear(), new Date(at).getUTCMonth() + 1),
    ).toISOString(),
    asked: '2027-03-01',
    plan: 'reel.pro',
  };
  const request = { params: { id: ID }, query: { asked: '2027-03-01' } };
  return normalizeReply({ json, request, sent: new Map([[id, ID]]), at, products: ['reel'] });
}

const ID = '01939c2e-8f4b-7c3a-9d21-5b6c7d8e9f01';

test('a reply of another day, with other ids, secrets and addresses, is the same example', () => {
  const one = normalOf('2026-11-12T10:11:12.345Z', 40_123, 7);
  expect(normalOf('2027-02-17T23:04:05.678Z', 39_001, 31)).toEqual(one);
  expect(one).toMatchObject({
    id: ID,
    members: [expect.not.stringContaining(ID), ID],
    email: 'ada@example.com',
    created_at: '2026-11-20T08:00:00.000Z',
    expires_at: '2026-11-27T08:00:00.000Z',
    resets_at: '2026-12-01T00:00:00.000Z',
    asked: '2027-03-01',
    plan: 'demo.pro',
  });
});
