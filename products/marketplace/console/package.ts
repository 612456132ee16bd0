import type { Schemas } from '@plinth/sdk';

export type Manifest = Schemas['PluginManifest'];
type Bytes = Uint8Array<ArrayBuffer>;

/** A package that was chosen: what its manifest says, and its SHA-256. */
export interface ChosenPackage {
  readonly file: File;
  readonly manifest: Manifest;
  readonly digest: Bytes;
  /** In hex. */
  readonly sha256: string;
}

/** Reads as much of a package as a submission says. Undefined: there is no manifest that can be read; what is in it the server judges. */
export async function readPackage(file: File): Promise<ChosenPackage | undefined> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const manifest = await manifestIn(bytes).catch(() => undefined);
  if (manifest === undefined) return undefined;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return { file, manifest, digest, sha256 };
}

/** Signatures of a ZIP's end, and of an entry of its list. */
const [END, LISTED] = [0x06_05_4b_50, 0x02_01_4b_50];
const END_BYTES = 22;

/** Throws for bytes that are no ZIP with a manifest. */
async function manifestIn(bytes: Bytes): Promise<Manifest> {
  const view = new DataView(bytes.buffer);
  let end = bytes.length - END_BYTES;
  while (view.getUint32(end, true) !== END) end -= 1;
  let at = view.getUint32(end + 16, true);
  for (; view.getUint32(at, true) === LISTED; at += 46 + lengthsAt(view, at + 28, 3)) {
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + view.getUint16(at + 28, true)));
    if (name !== 'manifest.json') continue;
    const local = view.getUint32(at + 42, true);
    const from = local + 30 + lengthsAt(view, local + 26, 2);
    const packed = bytes.subarray(from, from + view.getUint32(at + 20, true));
    return JSON.parse(await textOf(packed, view.getUint16(at + 10, true))) as Manifest;
  }
  throw new Error('no manifest');
}

/** The sum of so many lengths of two bytes. */
const lengthsAt = (view: DataView, at: number, count: number): number =>
  Array.from({ length: count }, (_one, n) => view.getUint16(at + 2 * n, true)).reduce(
    (sum, one) => sum + one,
  );

/** As it was packed: stored, or by deflate. */
function textOf(packed: Bytes, method: number): Promise<string> {
  const stream = new Blob([packed]).stream();
  return new Response(
    method === 0 ? stream : stream.pipeThrough(new DecompressionStream('deflate-raw')),
  ).text();
}

const base64 = (bytes: ArrayBuffer): string => btoa(String.fromCharCode(...new Uint8Array(bytes)));
const pem = (kind: string, der: ArrayBuffer): string =>
  `-----BEGIN ${kind} KEY-----\n${base64(der)}\n-----END ${kind} KEY-----\n`;

/** A new pair, both in PEM. */
export async function makeKey(): Promise<{ readonly publicKey: string; readonly privateKey: string }> {
  const algorithm = { name: 'Ed25519' } as const;
  const { publicKey, privateKey } = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  return {
    publicKey: pem('PUBLIC', await crypto.subtle.exportKey('spki', publicKey)),
    privateKey: pem('PRIVATE', await crypto.subtle.exportKey('pkcs8', privateKey)),
  };
}

/** A signature in base64 as it was pasted; of a private key in PEM, what it signs. Throws on what is no key. */
export async function signatureBy(pasted: string, digest: Bytes): Promise<string> {
  const [, body] = /-----BEGIN PRIVATE KEY-----([^-]+)-----END PRIVATE KEY-----/.exec(pasted) ?? [];
  if (body === undefined) return pasted.trim();
  const der = Uint8Array.from(atob(body.replaceAll(/\s/g, '')), (sign) => sign.charCodeAt(0));
  const key = await crypto.subtle.importKey('pkcs8', der, { name: 'Ed25519' }, false, ['sign']);
  return base64(await crypto.subtle.sign({ name: 'Ed25519' }, key, digest));
}

/** Hands a file to the browser. */
export function save(name: string, content: BlobPart): void {
  const url = URL.createObjectURL(new Blob([content]));
  Object.assign(document.createElement('a'), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
