import { createHash } from 'node:crypto';
import { developerKey, manifest, zipOf } from '@plinth/testkit/fixtures/marketplace/packages';
import { expect } from 'vitest';
import type { CallOptions, Customer, Reply, TestApp } from '@plinth/testkit/services/app';
import { forgetRates } from '@plinth/testkit/services/forget-rates';

/** A manifest of a free plugin, with these fields in place of its own. */
export const manifestOf = (more: object = {}) => ({ ...manifest, price_cents: 0, ...more });

type Manifest = ReturnType<typeof manifestOf>;

/** `409 plugin_id_taken`, or the status alone. */
export const outcomeOf = ({ status, body }: Reply): string => {
  const code = (body as { error?: { code?: string } } | undefined)?.error?.code;
  return code === undefined ? String(status) : `${status} ${code}`;
};

/** A package with this manifest inside, and what is beside it. */
export const zipWith = (of: object, files: Readonly<Record<string, string>> = {}): Buffer =>
  zipOf([
    { name: 'manifest.json', content: JSON.stringify(of) },
    ...Object.entries(files).map(([name, content]) => ({ name, content })),
  ]);

/** A developer of plugins, with a key that they have registered. */
export async function pluginDeveloper(app: TestApp, who?: Customer) {
  const customer = who ?? (await app.customer());
  const key = developerKey();
  const call = async (named: string, options: CallOptions = {}) => {
    await forgetRates(app);
    return app.call(customer.key, named, options);
  };
  const added = await call('POST /v1/developer/keys', { body: { name: 'a key', public_key: key.pem } });
  const keyId = (added.body as { id: string }).id;

  /** A submission; `more` says it otherwise. */
  const submission = (of: Manifest, bytes: Buffer, more: object = {}) => ({
    manifest: of,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    bytes: bytes.length,
    key_id: keyId,
    signature: Buffer.from(key.sign(bytes)).toString('base64'),
    ...more,
  });
  const submit = (of: Manifest, bytes: Buffer = zipWith(of), more: object = {}) =>
    call('POST /v1/developer/plugins', { body: submission(of, bytes, more) });
  const complete = ({ id, version }: Pick<Manifest, 'id' | 'version'>) =>
    call(`POST /v1/developer/plugins/${id}/versions/${version}/complete`);
  const versionOf = async ({ id, version }: Pick<Manifest, 'id' | 'version'>) => {
    const { body } = await call(`GET /v1/developer/plugins/${id}`);
    const { versions } = body as { versions: { version: string; checklist: unknown; state: string }[] };
    return versions.find((one) => one.version === version);
  };

  return {
    ...customer,
    call,
    keyId,
    submit,
    complete,
    versionOf,
    /** Sends a version and its package, and waits until it was checked. */
    async send(of: Manifest, bytes: Buffer = zipWith(of)): Promise<void> {
      const submitted = await submit(of, bytes);
      expect(outcomeOf(submitted)).toBe('201');
      await upload(submitted, bytes);
      expect(await complete(of)).toMatchObject({ status: 200, body: { state: 'pending_review' } });
      await expect
        .poll(async () => (await versionOf(of))?.checklist ?? null, { timeout: 60_000 })
        .not.toBeNull();
    },
  };
}

/** Sends a package where a submission was told to. */
export async function upload({ body }: Reply, bytes: Buffer): Promise<void> {
  const { upload: to } = body as {
    upload: { url: string; method: string; headers: Record<string, string> };
  };
  const { ok } = await fetch(to.url, { method: to.method, headers: to.headers, body: Buffer.from(bytes) });
  expect(ok).toBe(true);
}
