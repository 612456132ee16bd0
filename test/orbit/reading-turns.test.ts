import { describe, expect, test } from 'vitest';
import { unfolding } from '../../src/products/orbit/reading/testing/hostile.ts';
import { orbitFixture } from './fixture.ts';
import { ended, readAs, textsOf, uploaded } from './uploading.ts';

const fixture = await orbitFixture();

describe('readers', () => {
  test('take turns by account: of twelve files that keep them busy, four at most are over when a text of five bytes is read', async () => {
    const [busy, other] = [await fixture.workspace(), await fixture.workspace()];
    const files = Array.from({ length: 12 }, (_, at) => unfolding(30_000 + at));
    const ids = await Promise.all(files.map((file) => uploaded(busy.member, 'busy.pdf', file)));
    const text = await readAs(other.member, 'note.txt', Buffer.from('Hello'));
    const statuses = await Promise.all(
      ids.map(async (id) => (await busy.member.get(`/v1/documents/${id}/status`)).body['status']),
    );
    expect(text['status']).toBe('completed');
    expect(await textsOf(other.member, String(text['id']))).toEqual(['Hello']);
    expect(statuses.filter((status) => status === 'completed').length).toBeLessThanOrEqual(4);
    // The others wait for their own, and each is read.
    for (const id of ids) expect(await ended(busy.member, id)).toMatchObject({ status: 'completed' });
  });
});
