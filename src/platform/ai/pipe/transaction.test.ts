import { expect, onTestFinished, test } from 'vitest';
import { testDatabase } from '#test/services';
import { chat, openAi } from '#test/fixtures/ai/open';
import { recordingPermit } from '#test/fixtures/ai/permit';

test('no model is called inside a database transaction', async () => {
  const { db } = await testDatabase();
  const ai = openAi({ upstreams: [{ name: 'sandbox', baseUrl: 'http://127.0.0.1:1/v1' }] });
  onTestFinished(() => ai.close());
  const permit = recordingPermit();
  const inside = db.tenant(permit.accountId, () => ai.call(permit, { feature: 'chat', wire: chat() }));
  await expect(inside).rejects.toThrow('a model was called inside a database transaction');
  expect(permit.rows).toEqual([]);
});
