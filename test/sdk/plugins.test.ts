import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient } from '@plinth/sdk';
import { canonicalBytes } from '#platform/signing';
import { atEndOfFile } from '@plinth/testkit/closing';
import { beforeEach, expect, test } from 'vitest';

const pair = () => generateKeyPairSync('ed25519');
const [market, developer, other] = [pair(), pair(), pair()];
const KEY_ID = 'a-key';
const BYTES = Buffer.from('the bytes that were reviewed');
const pemOf = (key: KeyObject) => String(key.export({ type: 'spki', format: 'pem' }));
const digestOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest();
const OTHER = { id: 'another', version: '1.0.0', sha256: 'a'.repeat(64) };
const listOf = (plugins: readonly object[], { key = market.privateKey, minute = 0 } = {}) => {
  const { signed: list, ...signature } = signed(
    { issued_at: `2030-01-01T00:${String(10 + minute)}:00.000Z`, plugins },
    key,
  );
  return { list, ...signature };
};
const signed = (value: object, key: KeyObject = market.privateKey, key_id = KEY_ID) => ({
  key_id,
  signed: value,
  signature: sign(null, canonicalBytes(value), key).toString('base64'),
});

/** What the server answers, before a test forges it. */
function honest() {
  const sha256 = digestOf(BYTES).toString('hex');
  const public_key = pemOf(developer.publicKey);
  const approved = {
    plugin_id: 'day-planner',
    version: '1.2.0',
    sha256,
    public_key,
    permissions: ['read_tasks'],
  };
  return {
    bytes: BYTES,
    keys: { keys: [{ ...market.publicKey.export({ format: 'jwk' }), kid: KEY_ID }] } as unknown,
    revoked: listOf([OTHER]) as unknown,
    handed: {
      ok: true,
      version: '1.2.0',
      sha256,
      public_key,
      signature: sign(null, digestOf(BYTES), developer.privateKey).toString('base64'),
      countersignature: signed(approved),
      expires_at: '2030-01-01T00:00:00.000Z',
    },
  };
}
let world = honest();
let downloads = 0;
let onRevoked = () => {};
beforeEach(() => {
  onRevoked = () => {};
  world = honest();
  downloads = 0;
});

const server = createServer((request, response) => {
  const { url = '', method = '' } = request;
  const answers: Readonly<Record<string, () => unknown>> = {
    'GET /.well-known/plugin-keys': () => world.keys,
    'GET /v1/plugins/revoked': () => {
      onRevoked();
      return world.revoked;
    },
    'POST /v1/plugins/day-planner/install': () => ({ ...world.handed, download_url: `${address}/package` }),
    'GET /package': () => {
      downloads += 1;
      return world.bytes;
    },
  };
  const answer = answers[`${method} ${url}`]?.();
  response.statusCode = answer === undefined ? 404 : 200;
  response.end(Buffer.isBuffer(answer) ? answer : JSON.stringify(answer));
});
await new Promise<void>((resolve) => {
  server.listen(0, '127.0.0.1', resolve);
});
atEndOfFile(async () => void server.close());
const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const { plugins } = createClient({ baseUrl: address, apiKey: 'pl_a_key' });

test('a package that is what was reviewed is handed out', async () => {
  const { bytes, ...said } = await plugins.download('day-planner');
  expect(Buffer.from(bytes).equals(BYTES)).toBe(true);
  const { sha256 } = world.handed;
  expect(said).toEqual({ id: 'day-planner', version: '1.2.0', sha256, permissions: ['read_tasks'] });
});

const approvedAs = (change: object, key = market.privateKey) => {
  world.handed.countersignature = signed({ ...world.handed.countersignature.signed, ...change }, key);
};

test.each<[string, () => void, string]>([
  [
    'with a flipped byte',
    () => {
      world.bytes = Buffer.from(BYTES);
      world.bytes[3] = (world.bytes[3] ?? 0) ^ 1;
    },
    'plugin_bytes_wrong',
  ],
  [
    'of other bytes, whose hash the server says',
    () => {
      world.bytes = Buffer.from('other bytes');
      world.handed.sha256 = digestOf(world.bytes).toString('hex');
    },
    'plugin_not_countersigned',
  ],
  [
    'that another key has signed',
    () => {
      world.handed.signature = sign(null, digestOf(BYTES), other.privateKey).toString('base64');
    },
    'plugin_signature_wrong',
  ],
  [
    'of another developer, with the signature of theirs',
    () => {
      world.handed.public_key = pemOf(other.publicKey);
      world.handed.signature = sign(null, digestOf(BYTES), other.privateKey).toString('base64');
    },
    'plugin_not_countersigned',
  ],
  [
    'whose developer’s key is none',
    () => {
      world.handed.public_key = 'none';
      approvedAs({ public_key: 'none' });
    },
    'plugin_signature_wrong',
  ],
  [
    'that was approved as another plugin',
    () => approvedAs({ plugin_id: 'other' }),
    'plugin_not_countersigned',
  ],
  [
    'that was approved as another version',
    () => approvedAs({ version: '1.1.0' }),
    'plugin_not_countersigned',
  ],
  ['that somebody else has approved', () => approvedAs({}, other.privateKey), 'plugin_not_countersigned'],
  [
    'that a key has approved which is not there',
    () => {
      world.keys = { keys: [] };
    },
    'plugin_list_forged',
  ],
  [
    'that was removed',
    () => {
      world.revoked = listOf([{ ...OTHER, id: 'day-planner', version: '1.2.0' }]);
    },
    'plugin_revoked',
  ],
  [
    'with the bytes of one that was removed',
    () => {
      world.revoked = listOf([{ ...OTHER, sha256: world.handed.sha256 }]);
    },
    'plugin_revoked',
  ],
  [
    'while the list of what was removed is another’s',
    () => {
      world.revoked = listOf([], { key: other.privateKey });
    },
    'plugin_list_forged',
  ],
  [
    'while the list of what was removed was shortened',
    () => {
      world.revoked = {
        ...(world.revoked as object),
        list: { issued_at: '2030-01-01T00:10:00.000Z', plugins: [] },
      };
    },
    'plugin_list_forged',
  ],
])('a package %s is not', async (_what, forge, code) => {
  forge();
  await expect(plugins.download('day-planner')).rejects.toMatchObject({ code });
  expect(downloads).toBe(code === 'plugin_bytes_wrong' ? 1 : 0);
});

test('a version that was removed before keeps nobody from a later one', async () => {
  world.revoked = listOf([{ ...OTHER, id: 'day-planner' }]);
  expect((await plugins.download('day-planner')).version).toBe('1.2.0');
  expect(await plugins.revoked()).toEqual([{ ...OTHER, id: 'day-planner' }]);
});

test('the first list of a fresh server, whose reading makes the key that signs it, is believed', async () => {
  const { keys } = world;
  world.keys = { keys: [] };
  onRevoked = () => {
    world.keys = keys;
  };
  expect(await plugins.revoked()).toHaveLength(1);
});

test('a list of removed plugins that is older than one that was seen is refused', async () => {
  const { plugins: fresh } = createClient({ baseUrl: address, apiKey: 'pl_a_key' });
  world.revoked = listOf([OTHER], { minute: 5 });
  await fresh.revoked();
  world.revoked = listOf([], { minute: 3 });
  await expect(fresh.download('day-planner')).rejects.toMatchObject({ code: 'plugin_list_forged' });
});
