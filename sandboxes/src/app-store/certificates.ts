import { createPrivateKey, generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto';

/** What marks Apple's certificates: of who signs for the App Store, and of who signs their certificates. */
const SIGNS_RECEIPTS = '1.2.840.113635.100.6.11.1';
const SIGNS_DEVELOPERS = '1.2.840.113635.100.6.2.1';
const CA = '2.5.29.19';

/** A chain as Apple's, whose root only the servers trust that are told to. */
export interface Chain {
  /** PEM. */
  readonly root: string;
  /** DER in base64, the signer's first: for the header x5c. */
  readonly x5c: readonly string[];
  readonly key: KeyObject;
}

export interface Validity {
  readonly from: Date;
  readonly until: Date;
}

const YEARS: Validity = { from: new Date('2020-01-01'), until: new Date('2049-01-01') };

/** A signer's certificate: when it is good, and whether it bears Apple's mark. */
export interface Signer {
  readonly validity?: Validity;
  readonly marked?: boolean;
}

/** Makes a root and what is between, under which signers are issued. */
export function createAuthority(): { issue(signer?: Signer): Chain } {
  const top = { name: 'Sandbox Root', keys: newKeys() };
  const between = { name: 'Sandbox Intermediate', keys: newKeys() };
  const ca = { validity: YEARS, isCa: true };
  const rootDer = certificate({ subject: top, issuer: top, ...ca, marks: [] });
  const betweenDer = certificate({ subject: between, issuer: top, ...ca, marks: [SIGNS_DEVELOPERS] });
  return {
    issue({ validity = YEARS, marked = true } = {}) {
      const leaf = { name: 'Sandbox Signer', keys: newKeys() };
      const marks = marked ? [SIGNS_RECEIPTS] : [];
      const leafDer = certificate({ subject: leaf, issuer: between, validity, isCa: false, marks });
      return {
        root: new X509Certificate(rootDer).toString(),
        x5c: [leafDer, betweenDer, rootDer].map((der) => der.toString('base64')),
        key: leaf.keys.privateKey,
      };
    },
  };
}

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A compact JWS with the chain in its header, as Apple signs. */
export function signJws({ key, x5c }: Pick<Chain, 'key' | 'x5c'>, payload: object): string {
  const text = `${part({ alg: 'ES256', x5c })}.${part(payload)}`;
  const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}

/** A key as App Store Connect gives it out, and its public half. */
export function createApiKey() {
  const { privateKey, publicKey } = newKeys();
  return { pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), publicKey };
}

type Keys = ReturnType<typeof newKeys>;

function newKeys() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey: createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' })), publicKey };
}

interface Rest {
  readonly validity: Validity;
  readonly isCa: boolean;
  /** Extensions that say nothing but that they are there. */
  readonly marks: readonly string[];
}

interface Party {
  readonly name: string;
  readonly keys: Keys;
}

interface CertificateInput extends Rest {
  readonly subject: Party;
  readonly issuer: Party;
}

let serial = 1;

/** X.509 version 3 (RFC 5280, 4.1), signed with ECDSA and SHA-256. */
function certificate({ subject, issuer, validity, isCa, marks }: CertificateInput): Buffer {
  const algorithm = sequence(oid('1.2.840.10045.4.3.2'));
  const extensions = [
    extension(CA, sequence(...(isCa ? [tlv(0x01, Buffer.from([0xff]))] : []))),
    ...marks.map((mark) => extension(mark, tlv(0x05, Buffer.alloc(0)))),
  ];
  const body = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.from([0x01, (serial += 1)])),
    algorithm,
    name(issuer.name),
    sequence(time(validity.from), time(validity.until)),
    name(subject.name),
    subject.keys.publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(...extensions)),
  );
  return sequence(body, algorithm, bits(sign('sha256', body, issuer.keys.privateKey)));
}

function tlv(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...parts: readonly Buffer[]) => tlv(0x30, ...parts);
const bits = (content: Buffer) => tlv(0x03, Buffer.from([0]), content);
const name = (common: string) =>
  sequence(tlv(0x31, sequence(oid('2.5.4.3'), tlv(0x0c, Buffer.from(common)))));
const extension = (id: string, value: Buffer) => sequence(oid(id), tlv(0x04, value));
/** GeneralizedTime, whose years have four digits. */
const time = (at: Date) =>
  tlv(0x18, Buffer.from(`${at.toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`));

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((value) => {
    const digits = [value & 0x7f];
    for (let left = value >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80);
    return digits;
  });
  return tlv(0x06, Buffer.from(bytes));
}
