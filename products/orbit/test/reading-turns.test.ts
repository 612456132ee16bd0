import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { unfoldingPdf } from '@plinth/testkit/fixtures/documents/hostile-documents';
import { orbitFixture } from './fixture.ts';
import { waitForDocument, readAs, textsOf, uploadFile } from './uploads-fixture.ts';

const fixture = await orbitFixture();

describe('readers', () => {
  test('take turns by account: of twelve files that keep them busy, four at most end while a text of five bytes waits', async () => {
    const [busy, other] = [await fixture.workspace(), await fixture.workspace()];
    const ids: string[] = [];
    for (let at = 0; at < 12; at += 1)
      ids.push(await uploadFile(busy.member, 'busy.pdf', unfoldingPdf(30_000 + at)));
    const text = await readAs(other.member, 'note.txt', Buffer.from('Hello'));
    expect(text['status']).toBe('completed');
    expect(await textsOf(other.member, String(text['id']))).toEqual(['Hello']);
    const [passed] = await fixture.db.asMigrator(
      statement<{ count: number }>(
        `select count(*)::integer as count from jobs.jobs b join jobs.jobs t on t.payload->>'document_id' = $2
         where b.payload->>'document_id' = any($1) and b.state = 'done' and b.updated_at between t.created_at and t.updated_at`,
        [ids, text['id']],
      ),
    );
    expect(passed?.count).toBeLessThanOrEqual(4);
    // The others wait for their own, and each is read.
    for (const id of ids)
      expect(await waitForDocument(busy.member, id)).toMatchObject({ status: 'completed' });
  });
});
