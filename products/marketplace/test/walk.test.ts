import { createClient } from '@plinth/sdk';
import { expect, test } from 'vitest';
import { testApp } from '@plinth/testkit/services/app';
import { manifestOf, outcomeOf, pluginDeveloper, zipWith } from './plugin-developer.ts';

test('what a developer signs and an operator approves is verified by the SDK, until it is removed', async () => {
  const app = await testApp();
  const [developer, admin, buyer] = [
    await pluginDeveloper(app),
    await app.admin(),
    await app.customer('adiuva.power'),
  ];
  const { plugins } = createClient({ baseUrl: app.url, apiKey: buyer.key });
  const manifest = manifestOf({ id: 'whole-walk', name: 'Whole walk' });
  const bytes = zipWith(manifest);
  await developer.send(manifest, bytes);
  await expect(plugins.download('whole-walk')).rejects.toMatchObject({ code: 'plugin_not_found' });
  const body = { version: manifest.version, decision: 'approve' };
  expect(outcomeOf(await app.call(admin.key, 'POST /v1/admin/plugins/whole-walk/reviews', { body }))).toBe(
    '200',
  );

  expect((await plugins.list({ q: 'whole' })).plugins).toMatchObject([
    { id: 'whole-walk', version: manifest.version },
  ]);
  const sent = await plugins.download('whole-walk');
  expect(Buffer.from(sent.bytes).equals(bytes)).toBe(true);
  expect(sent.permissions).toEqual(manifest.permissions);
  expect(await plugins.revoked()).toEqual([]);

  const reason = { body: { reason: 'It sent notes to a host that no permission named.' } };
  await app.call(admin.key, 'DELETE /v1/admin/plugins/whole-walk', reason);
  await expect(plugins.download('whole-walk')).rejects.toMatchObject({ code: 'plugin_removed' });
  await expect
    .poll(() => plugins.revoked())
    .toMatchObject([{ id: 'whole-walk', version: manifest.version, sha256: sent.sha256 }]);
  expect((await plugins.installed()).data).toMatchObject([
    { id: 'whole-walk', installed: true, removed_because: reason.body.reason },
  ]);
});
