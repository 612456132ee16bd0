import { createPublicKey, generateKeyPair, verify } from 'node:crypto';
import { promisify } from 'node:util';
import { commitPoint } from '#platform/db';
import canonicalize from 'canonicalize';
import { expect, test } from 'vitest';
import { createSigningKeys, sealedKey } from '#platform/signing';
import { LICENSE_KEYS } from '../signing/store.ts';
import { coditectFixture } from './fixture.ts';

const fixture = await coditectFixture();
const { app, call, db, licensee } = fixture;
const beside = await fixture.beside();
const admin = await fixture.admin();
const ROTATED = commitPoint('test.signing-key-rotated', 'a key that follows another');
const KINDS = ['rsa-4096', 'ed25519'] as const;

/** The steps that follow are done by one process after the other. */
const processes = [fixture, beside] as const;

interface SignedFile {
  readonly license: { readonly key_ids: Readonly<Record<string, string>> };
  readonly signatures: readonly { readonly key_id: string; readonly signature: string }[];
}

async function textAt({ url }: { readonly url: string }, path: string) {
  const response = await fetch(`${url}/.well-known/license-keys/${path}`);
  return { status: response.status, text: await response.text() };
}

/** By which keys a file is good, of those that a process answers by their ids. */
async function goodBy(at: { readonly url: string }, { license, signatures }: SignedFile): Promise<boolean[]> {
  const bytes = Buffer.from(canonicalize(license) ?? '');
  return Promise.all(
    signatures.map(async ({ key_id, signature }) => {
      const key = createPublicKey((await textAt(at, key_id)).text);
      const digest = key.asymmetricKeyType === 'rsa' ? 'sha256' : null;
      return verify(digest, bytes, key, Buffer.from(signature, 'base64'));
    }),
  );
}

test('whichever process answers, a file and the keys that verify it fit, from the first call after a rotation on', async () => {
  const ada = await licensee('pro');
  const path = `GET /v1/licenses/${await ada.id()}/download`;
  const download = async ({ call: by }: Pick<typeof fixture, 'call'>) =>
    (await by(ada.who.key, path)).body as unknown as SignedFile;
  // Both have the keys in mind.
  const former = await download(fixture);
  await download(beside);
  for (const at of processes) await fetch(`${at.url}/.well-known/license-keys`);

  const { body } = await call(admin.key, 'POST /v1/admin/licenses/signing-keys', {
    body: { kind: 'ed25519' },
  });
  const fresh = String(body['key_id']);
  for (const at of processes) {
    const { keys } = (await (await fetch(`${at.url}/.well-known/license-keys`)).json()) as {
      keys: readonly { kid: string; retired_at: string | null }[];
    };
    expect(keys.find(({ kid }) => kid === fresh)).toMatchObject({ retired_at: null });
  }
  // A shorter one does for this, and is there at once.
  const pair = await promisify(generateKeyPair)('rsa', { modulusLength: 2_048 });
  const rsa = sealedKey({ ...app.modules, store: LICENSE_KEYS }, 'rsa-4096', pair);
  await db.system('coditect.signing', ROTATED, [LICENSE_KEYS.retire('rsa-4096'), LICENSE_KEYS.insert(rsa)]);
  for (const by of processes) {
    const file = await download(by);
    expect(file.license.key_ids).toEqual({ 'rsa-4096': rsa.id, ed25519: fresh });
    for (const at of processes) {
      expect(await goodBy(at, file)).toEqual([true, true]);
      expect(await goodBy(at, former)).toEqual([true, true]);
      for (const kind of KINDS)
        expect(await textAt(at, kind)).toEqual(await textAt(at, String(file.license.key_ids[kind])));
    }
  }
  expect((await textAt(fixture, 'none')).status).toBe(404);
});

test('a server makes its own keys: of RSA one of 4096 bits, and of each kind one, however many ask at once', async () => {
  await db.system('coditect.signing', ROTATED, KINDS.map(LICENSE_KEYS.retire));
  const keys = createSigningKeys({ ...app.modules, store: LICENSE_KEYS });
  for (const kind of KINDS) {
    const [one, other] = await Promise.all([keys.current(kind), keys.current(kind)]);
    expect(other.id).toBe(one.id);
    expect(one.publicKey.asymmetricKeyType).toBe(kind === 'ed25519' ? 'ed25519' : 'rsa');
    expect(one.publicKey.asymmetricKeyDetails?.modulusLength).toBe(kind === 'ed25519' ? undefined : 4_096);
  }
}, 180_000);
