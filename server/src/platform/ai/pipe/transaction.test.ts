import { expect, onTestFinished, test } from 'vitest';
import { testDatabase } from '@plinth/testkit/services';
import { chat, openAi } from '@plinth/testkit/fixtures/ai/open';
import { recordingPermit } from '@plinth/testkit/fixtures/ai/permit';

test('no model is called inside a database transaction', async () => {
  const { db } = await testDatabase();
  const ai = openAi({ upstreams: [{ name: 'sandbox', baseUrl: 'http://127.0.0.1:1/v1' }] });
  onTestFinished(() => ai.close());
  const permit = recordingPermit();
  const inside = db.tenant(permit.accountId, () => ai.call(permit, { feature: 'chat', wire: chat() }));
  await expect(inside).rejects.toThrow('a model was called inside a database transaction');
  expect(permit.rows).toEqual([]);
});
