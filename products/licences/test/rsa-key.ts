import { createPrivateKey, createPublicKey, generateKeyPair, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const FOLDER = join(import.meta.dirname, '../../../node_modules/.cache/plinth-tests');
const FILE = join(FOLDER, 'rsa-4096.pem');

/** A key pair of RSA-4096 that all tests of this checkout share: to make one takes a processor between one second and thirty. */
export async function sharedRsaKey() {
  const privateKey = createPrivateKey(readKey() ?? (await createKey()));
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

function readKey(): string | undefined {
  try {
    return readFileSync(FILE, 'utf8');
  } catch {
    return undefined;
  }
}

/** Beside the event loop, or the process loses its lease. Under its name when it is whole: others read at the same time. */
async function createKey(): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 4_096 });
  const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  mkdirSync(FOLDER, { recursive: true });
  const aside = `${FILE}.${randomUUID()}`;
  writeFileSync(aside, pem, { mode: 0o600 });
  renameSync(aside, FILE);
  return pem;
}
