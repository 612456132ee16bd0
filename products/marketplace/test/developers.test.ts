import { createPublicKey, verify } from 'node:crypto';
import { commitPoint, statement } from '#platform/db';
import { canonicalBytes } from '#platform/signing';
import { advance } from '@plinth/testkit/factories';
import { developerKey } from '@plinth/testkit/fixtures/marketplace/packages';
import { describe, expect, test } from 'vitest';
import { testApp } from '@plinth/testkit/services/app';
import { manifestOf, outcomeOf, pluginDeveloper, zipWith } from './plugin-developer.ts';

const app = await testApp();
const admin = await app.admin();
const review = (id: string, body: object, key = admin.key) =>
  app.call(key, `POST /v1/admin/plugins/${id}/reviews`, { body });
const approve = (id: string, version: string) => review(id, { version, decision: 'approve' });

interface Signed {
  readonly key_id: string;
  readonly signature: string;
}

/** Whether a key of `GET /.well-known/plugin-keys` has signed a value. */
async function isSigned(value: unknown, { key_id: keyId, signature }: Signed): Promise<boolean> {
  const { body } = await app.call(undefined, 'GET /.well-known/plugin-keys');
  const key = (body as { keys: { kid: string; pem: string }[] }).keys.find(({ kid }) => kid === keyId);
  if (key === undefined) return false;
  return verify(null, canonicalBytes(value), createPublicKey(key.pem), Buffer.from(signature, 'base64'));
}

const rowOf = async (id: string, version: string) =>
  (
    await app.db.asMigrator(
      statement<{
        state: string;
        blob_id: string | null;
        upload_id: string | null;
        sha256: string;
        countersignature: (Signed & { signed: object }) | null;
      }>(
        'select state, blob_id, upload_id, sha256, countersignature from adiuva.plugin_versions where plugin_id = $1 and version = $2',
        [id, version],
      ),
    )
  )[0];
const pluginRow = async (id: string) =>
  (
    await app.db.asMigrator(
      statement<{ state: string; version: string | null; is_payable: boolean }>(
        'select state, version, is_payable from adiuva.plugins where id = $1',
        [id],
      ),
    )
  )[0];

describe('a plugin', () => {
  test('is submitted, sent, checked, approved, signed and published', async () => {
    const developer = await pluginDeveloper(app);
    const manifest = manifestOf({ id: 'walk-planner', name: 'Walk planner' });
    await developer.send(manifest);

    const pending = await app.call(admin.key, 'GET /v1/admin/plugins/pending?limit=100');
    expect(pending.body).toMatchObject({
      data: expect.arrayContaining([
        expect.objectContaining({ id: manifest.id, version: '1.2.0', is_checked: true, is_blocked: false }),
      ]),
    });
    const seen = await app.call(admin.key, `GET /v1/admin/plugins/${manifest.id}`);
    expect(seen.body).toMatchObject({
      versions: [
        { state: 'pending_review', manifest, changed_files: [{ path: 'manifest.json', change: 'added' }] },
      ],
    });

    const approved = await review(manifest.id, { version: '1.2.0', decision: 'approve' });
    expect(approved).toMatchObject({ status: 200, body: { state: 'approved' } });
    expect(outcomeOf(await approve(manifest.id, '1.2.0'))).toBe('200');
    const row = await rowOf(manifest.id, '1.2.0');
    const { signed, ...signature } = row?.countersignature ?? { signed: {}, key_id: '', signature: '' };
    expect(signed).toMatchObject({
      plugin_id: manifest.id,
      version: '1.2.0',
      sha256: row?.sha256,
      permissions: manifest.permissions,
    });
    expect(await isSigned(signed, signature)).toBe(true);
    expect(await isSigned({ ...signed, permissions: [] }, signature)).toBe(false);
    expect(await pluginRow(manifest.id)).toEqual({ state: 'offered', version: '1.2.0', is_payable: true });
    expect(row?.upload_id).toBeNull();
    expect((await app.outbox()).filter(({ subject }) => subject.includes('Walk planner 1.2.0'))).toHaveLength(
      1,
    );

    const next = manifestOf({ ...manifest, version: '1.3.0', permissions: ['read_tasks', 'notify'] });
    await developer.send(next, zipWith(next, { 'main.js': 'eval("1")' }));
    const again = await app.call(admin.key, `GET /v1/admin/plugins/${manifest.id}`);
    expect((again.body as { versions: object[] }).versions[0]).toMatchObject({
      is_blocked: false,
      changed_files: [
        { path: 'main.js', change: 'added' },
        { path: 'manifest.json', change: 'changed' },
      ],
      checklist: expect.arrayContaining([
        expect.objectContaining({ check: 'new_permissions', passed: false }),
        expect.objectContaining({ check: 'static', passed: false }),
      ]),
    });
    expect(outcomeOf(await developer.submit(manifestOf({ ...manifest, version: '1.3.0' })))).toBe(
      '409 plugin_version_not_above',
    );
    const rejected = { version: '1.3.0', decision: 'reject', notes: 'Why does it need eval?' };
    expect(await review(manifest.id, rejected)).toMatchObject({ status: 200, body: { state: 'rejected' } });
    expect((await app.outbox()).at(-1)?.text).toContain('Why does it need eval?');
    expect(await pluginRow(manifest.id)).toMatchObject({ state: 'offered', version: '1.2.0' });
  });

  test('that is removed is in the signed list, without its bytes, and who has it is told once', async () => {
    const developer = await pluginDeveloper(app);
    const buyer = await app.customer('adiuva.power');
    const manifest = manifestOf({ id: 'bad-apple', name: 'Bad apple', author: 'Eris' });
    await developer.send(manifest);
    await approve(manifest.id, '1.2.0');
    const install = () =>
      app.call(buyer.key, `POST /v1/plugins/${manifest.id}/install`, { body: { plugin_id: manifest.id } });
    const link = String((await install()).body['download_url']);
    expect((await fetch(link)).status).toBe(200);
    const beside = await testApp({ beside: app });
    const listedBeside = async () =>
      JSON.stringify((await beside.call(undefined, 'GET /v1/plugins/revoked')).body).includes(manifest.id);
    expect(await listedBeside()).toBe(false);
    const published = await rowOf(manifest.id, '1.2.0');
    // The digest of an unsent package may be that of another developer's package, which must not stop.
    const unsent = manifestOf({ ...manifest, version: '1.3.0' });
    expect(outcomeOf(await developer.submit(unsent))).toBe('201');
    const before = await revokedList();
    expect(before.list.plugins.map(({ id }) => id)).not.toContain(manifest.id);

    const remove = () =>
      app.call(admin.key, `DELETE /v1/admin/plugins/${manifest.id}`, {
        body: { reason: 'It sends tasks away.' },
      });
    expect(outcomeOf(await remove())).toBe('200');
    expect(outcomeOf(await remove())).toBe('200');
    expect(outcomeOf(await install())).toBe('410 plugin_removed');
    await expect.poll(listedBeside).toBe(true);
    const { list, ...signature } = await revokedList();
    expect(list.plugins).toContainEqual(
      expect.objectContaining({ id: manifest.id, version: '1.2.0', sha256: published?.sha256 }),
    );
    expect(list.plugins.filter(({ id }) => id === manifest.id)).toHaveLength(1);
    expect(await isSigned(list, signature)).toBe(true);
    expect(await isSigned({ ...list, plugins: [] }, signature)).toBe(false);
    expect(await rowOf(manifest.id, '1.2.0')).toMatchObject({ state: 'removed', blob_id: null });
    await app.app.modules.blobs.sweep();
    const file = statement('select 1 from blobs.blobs where id = $1', [published?.blob_id]);
    expect(await app.db.asMigrator(file)).toEqual([]);
    expect((await fetch(link)).ok).toBe(false);
    await expect.poll(async () => app.count(buyer, 'adiuva.plugin_installs', 'told_at is not null')).toBe(1);
    const told = (await app.outbox()).filter(({ text }) => text.includes('It sends tasks away.'));
    expect(told.map(({ to }) => to).toSorted()).toEqual([developer.email, buyer.email].toSorted());
    const again = await developer.submit(manifestOf({ ...manifest, version: '2.0.0' }));
    expect(outcomeOf(again)).toBe('410 plugin_removed');
  });

  test('of two developers has two ids, names and authors that nobody mistakes for each other', async () => {
    const [one, other] = [await pluginDeveloper(app), await pluginDeveloper(app)];
    const first = manifestOf({ id: 'tide-table', name: 'Tide table', author: 'Grace Hopper' });
    await one.send(first);
    await approve(first.id, '1.2.0');
    const refused = async (more: object) =>
      outcomeOf(await other.submit(manifestOf({ author: 'Alan', ...more })));
    expect(await refused({ id: 'tide-table', name: 'Other' })).toBe('409 plugin_id_taken');
    expect(await refused({ id: 't1de-tab1e', name: 'Other' })).toBe('409 plugin_name_taken');
    expect(await refused({ id: 'other', name: 'TideTab1e' })).toBe('409 plugin_name_taken');
    expect(await refused({ id: 'other', name: 'Tide tαble' })).toBe('400 plugin_manifest_refused');
    expect(await refused({ id: 'other', name: 'Other', author: 'grace  hopper' })).toBe(
      '409 plugin_name_taken',
    );
    expect(await refused({ id: 'other', name: 'Adiuva official' })).toBe('400 plugin_name_reserved');
    expect(await refused({ id: 'plinth-sync', name: 'Other' })).toBe('400 plugin_name_reserved');
    expect(await refused({ id: 'other', name: 'Freely prismatic' })).toBe('201');
    const [{ same } = { same: false }] = await app.db.asMigrator(
      statement<{ same: boolean }>(
        'select bool_and(folded_id = folded) as same from (select folded_id, folded from adiuva.plugins where id = $1) p',
        [first.id],
      ),
    );
    expect(same).toBe(true);
  });

  test('of which a hard check fails, or that is a reviewer’s own, is approved by nobody', async () => {
    const developer = await pluginDeveloper(app);
    const manifest = manifestOf({ id: 'native-thing', name: 'Native thing', author: 'Native' });
    await developer.send(manifest, zipWith(manifest, { 'addon.node': 'a library' }));
    expect(outcomeOf(await approve(manifest.id, '1.2.0'))).toBe('409 plugin_blocked');
    expect(await rowOf(manifest.id, '1.2.0')).toMatchObject({ state: 'pending_review', blob_id: null });

    const own = await pluginDeveloper(app, await app.admin());
    const theirs = manifestOf({ id: 'own-goal', name: 'Own goal', author: 'Eve' });
    await own.send(theirs);
    const body = { version: '1.2.0', decision: 'approve' };
    expect(outcomeOf(await review(theirs.id, body, own.key))).toBe('403 plugin_own_review');
    expect(outcomeOf(await review(theirs.id, body, developer.key))).toMatch(/^40[13] /);
    expect(outcomeOf(await own.call(`POST /v1/developer/keys/${own.keyId}/revoke`))).toBe('200');
    expect(outcomeOf(await review(theirs.id, body))).toBe('409 developer_key_revoked');
    expect(outcomeOf(await own.submit(manifestOf({ ...theirs, version: '1.2.1' })))).toBe(
      '409 developer_key_revoked',
    );
  });

  test('is refused with nothing kept, where a statement about it is false', async () => {
    const [one, other] = [await pluginDeveloper(app), await pluginDeveloper(app)];
    const manifest = manifestOf({ id: 'refused-one', name: 'Refused one', author: 'Barbara' });
    const bytes = zipWith(manifest);
    const refused = async (more: object) => outcomeOf(await one.submit(manifest, bytes, more));
    expect(await refused({ key_id: other.keyId })).toBe('404 developer_key_not_found');
    const forged = Buffer.from(developerKey().sign(bytes)).toString('base64');
    expect(await refused({ signature: forged })).toBe('400 package_signature_invalid');
    const wrong = [
      { category: 'games' },
      { price_cents: 149 },
      { price_cents: 99.5 },
      { price_cents: 100_001 },
      { id: 'a' },
    ];
    for (const more of wrong)
      expect(await refused({ manifest: { ...manifest, ...more } })).toBe('400 validation_failed');
    expect(await refused({ manifest: { ...manifest, permissions: ['fly'] } })).toBe(
      '400 plugin_permission_unknown',
    );
    expect(await pluginRow(manifest.id)).toBeUndefined();
    expect(
      outcomeOf(await one.call('POST /v1/developer/keys', { body: { name: 'a', public_key: 'no key' } })),
    ).toBe('400 developer_key_invalid');

    const submitted = await one.submit(manifest, bytes);
    expect(outcomeOf(await one.complete(manifest))).toBe('409 upload_missing');
    expect(outcomeOf(await other.complete(manifest))).toBe('404 plugin_version_not_found');
    expect(outcomeOf(await approve(manifest.id, '1.2.0'))).toBe('409 plugin_version_not_waiting');
    // A version that never came is sent anew, withdrawn or not; the number of one that came stays taken.
    expect(outcomeOf(await one.submit(manifest, bytes))).toBe('201');
    const path = `DELETE /v1/developer/plugins/${manifest.id}`;
    expect(outcomeOf(await one.call(`${path}/versions/1.2.0`))).toBe('200');
    const mistyped = { ...manifest, version: '12.0.0' };
    expect(outcomeOf(await one.submit(mistyped))).toBe('201');
    expect(outcomeOf(await one.call(`${path}/versions/12.0.0`))).toBe('200');
    await one.send(manifest, bytes);
    expect(outcomeOf(await one.call(`${path}/versions/1.2.0`))).toBe('200');
    expect(outcomeOf(await one.submit(manifest, bytes))).toBe('409 plugin_version_not_above');
    expect(outcomeOf(await other.call(path))).toBe('404 plugin_not_found');
    expect(outcomeOf(await one.call(path))).toBe('200');
    expect(outcomeOf(submitted)).toBe('201');
  });
});

test('a paid plugin is offered while its developer can be paid', async () => {
  const developer = await pluginDeveloper(app);
  const manifest = manifestOf({ id: 'paid-one', name: 'Paid one', author: 'Katherine', price_cents: 500 });
  await developer.send(manifest);
  await approve(manifest.id, '1.2.0');
  expect(await pluginRow(manifest.id)).toMatchObject({ state: 'offered', is_payable: false });
  for (const isPayable of [true, false]) {
    const change = { accountId: developer.accountId, isPayable };
    await app.db.system('billing.sharing', PAYEE, (tx) =>
      app.app.modules.sales.ledger.payeeChangedIn(tx, change),
    );
    expect(await pluginRow(manifest.id)).toMatchObject({ is_payable: isPayable });
  }
});
const PAYEE = commitPoint('test.adiuva.payee', 'whether somebody can be paid');

test('that two reviewers approve at once is published once', async () => {
  const developer = await pluginDeveloper(app);
  const manifest = manifestOf({ id: 'two-reviews', name: 'Two reviews', author: 'Radia' });
  await developer.send(manifest);
  const outcomes = await Promise.all([1, 2].map(async () => outcomeOf(await approve(manifest.id, '1.2.0'))));
  expect(outcomes).toContain('200');
  expect(outcomes.filter((one) => !['200', '409 plugin_version_not_waiting'].includes(one))).toEqual([]);
  const copies = await app.db.asMigrator(
    statement<{ id: string }>(
      `select id from blobs.blobs where purpose = 'plugin' and status = 'stored' and filename = 'two-reviews-1.2.0.zip'`,
    ),
  );
  expect(copies).toEqual([{ id: (await rowOf(manifest.id, '1.2.0'))?.blob_id }]);
});

test('at most twenty versions wait; what never came is gone after a day, and what has no developer is not offered', async () => {
  const developer = await pluginDeveloper(app);
  for (let n = 0; n < 20; n += 1) {
    const one = await developer.submit(
      manifestOf({ id: 'many-waits', name: 'Many waits', author: 'Ken', version: `1.${n}.0` }),
    );
    expect(outcomeOf(one)).toBe('201');
  }
  const last = manifestOf({ id: 'many-more', name: 'Many more', author: 'Ken' });
  expect(outcomeOf(await developer.submit(last))).toBe('409 plugin_versions_waiting');
  const orphan = statement(`update adiuva.plugins set developer = null where id = 'walk-planner'`);
  await app.db.asMigrator(orphan);
  await advance(app.db, '25 hours');
  await expect.poll(() => pluginRow('many-waits')).toBeUndefined();
  expect(outcomeOf(await developer.submit(last))).toBe('201');
  await expect.poll(async () => (await pluginRow('walk-planner'))?.state).toBe('withdrawn');
});

async function revokedList() {
  const { body } = await app.call(undefined, 'GET /v1/plugins/revoked');
  return body as unknown as Signed & { list: { plugins: { id: string; version: string; sha256: string }[] } };
}
