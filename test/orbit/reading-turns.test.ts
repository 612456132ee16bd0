import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { unfolding } from '../../src/products/orbit/reading/testing/hostile.ts';
import { orbitFixture } from './fixture.ts';
import { ended, readAs, textsOf, uploaded } from './uploading.ts';

const fixture = await orbitFixture();

describe('readers', () => {
  test('take turns by account: of twelve files that keep them busy, eight at most end while a text of five bytes waits', async () => {
    const [busy, other] = [await fixture.workspace(), await fixture.workspace()];
    const files = Array.from({ length: 12 }, (_, at) => unfolding(30_000 + at));
    const ids = await Promise.all(files.map((file) => uploaded(busy.member, 'busy.pdf', file)));
    const text = await readAs(other.member, 'note.txt', Buffer.from('Hello'));
    expect(text['status']).toBe('completed');
    expect(await textsOf(other.member, String(text['id']))).toEqual(['Hello']);
    const [passed] = await fixture.db.asMigrator(
      statement<{ count: number }>(
        `select count(*)::integer as count from orbit.documents b join orbit.documents t on t.id = $2
         where b.id = any($1::uuid[]) and b.status = 'completed' and b.updated_at between t.uploaded_at and t.updated_at`,
        [ids, text['id']],
      ),
    );
    expect(passed?.count).toBeLessThanOrEqual(8);
    // The others wait for their own, and each is read.
    for (const id of ids) expect(await ended(busy.member, id)).toMatchObject({ status: 'completed' });
  });
});
