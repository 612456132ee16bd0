/**
 * The forms in which other systems keep passwords, read and bounded (docs/import.md has an example of each). A hash says
 * itself what it costs to check, so nothing is computed of one before it is known to ask for little.
 */

/** A hash of another system: how it is computed, and what has to come out. */
export type ForeignHash =
  | { readonly kind: 'argon2'; readonly phc: string }
  | { readonly kind: 'bcrypt'; readonly hash: string; readonly isOfSha256: boolean }
  | ({ readonly kind: 'scrypt' } & ScryptCost & Salted)
  | ({ readonly kind: 'firebase'; readonly signerKey: Buffer } & ScryptCost & Salted)
  | ({ readonly kind: 'pbkdf2'; readonly digest: string; readonly iterations: number } & Salted);

interface Salted {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

interface ScryptCost {
  readonly cost: number;
  readonly blockSize: number;
  readonly parallelism: number;
}

export type HashProblem = 'hash_unknown' | 'hash_malformed' | 'hash_too_costly';

/** About a second of one core and 128 MiB, each: what a log-in may cost once, until the password is hashed anew. */
const MOST = {
  argon2Kib: 131_072,
  /** KiB times passes. */
  argon2Work: 1_048_576,
  bcryptCost: 14,
  /** N times r times p. */
  scryptWork: 1_048_576,
  pbkdf2Iterations: 2_000_000,
};
/** Bytes that OpenSSL's scrypt is allowed: 128 MiB for its N blocks, and room for what it keeps besides. */
export const SCRYPT_MEMORY = 160 * 1_024 * 1_024;
/** A shorter one could be met by chance. */
const SHORTEST_HASH = 16;
const LONGEST_PART = 128;

type Read = (groups: Readonly<Record<string, string>>) => ForeignHash | HashProblem;

/** With or without its padding. */
const B64 = '[A-Za-z0-9+/]+={0,2}';
/** passlib's base64, which has a dot for the plus. */
const DOTTED = '[A-Za-z0-9./]+';

/** Each form: how it begins, all of it, and how it is read. */
const FORMS: readonly { readonly begins: RegExp; readonly form: RegExp; readonly read: Read }[] = [
  {
    begins: /^(argon2)?\$argon2(id|i)\$/,
    form: new RegExp(
      `^(argon2)?\\$(?<variant>argon2(id|i))\\$v=19\\$m=(?<m>\\d{1,10}),t=(?<t>\\d{1,10}),p=(?<p>\\d{1,5})\\$(?<salt>${B64})\\$(?<hash>${B64})$`,
    ),
    read: readArgon2,
  },
  {
    begins: /^(bcrypt(_sha256)?\$)?\$2[aby]\$/,
    form: /^(?<django>bcrypt(_sha256)?\$)?(?<hash>\$2[aby]\$(?<cost>\d\d)\$[./A-Za-z0-9]{53})$/,
    read: readBcrypt,
  },
  {
    begins: /^\$scrypt\$/,
    form: new RegExp(
      `^\\$scrypt\\$ln=(?<ln>\\d{1,3}),r=(?<r>\\d{1,9}),p=(?<p>\\d{1,9})\\$(?<salt>${B64})\\$(?<hash>${B64})$`,
    ),
    read: ({ ln, salt, hash, ...rest }) =>
      readScrypt({ ...rest, n: String(2 ** Number(ln)) }, { salt: base64(salt), hash: base64(hash) }),
  },
  {
    begins: /^scrypt\$/,
    form: new RegExp(
      `^scrypt\\$(?<n>\\d{1,10})\\$(?<salt>[^$]+)\\$(?<r>\\d{1,9})\\$(?<p>\\d{1,9})\\$(?<hash>${B64})$`,
    ),
    read: ({ salt, hash, ...rest }) => readScrypt(rest, { salt: utf8(salt), hash: base64(hash) }),
  },
  {
    begins: /^scrypt:/,
    form: /^scrypt:(?<n>\d{1,10}):(?<r>\d{1,9}):(?<p>\d{1,9})\$(?<salt>[^$]+)\$(?<hash>([0-9a-f]{2})+)$/,
    read: ({ salt, hash, ...rest }) => readScrypt(rest, { salt: utf8(salt), hash: hex(hash) }),
  },
  {
    begins: /^\$fbscrypt\$/,
    form: new RegExp(
      `^\\$fbscrypt\\$v=1,n=(?<ln>\\d{1,3}),r=(?<r>\\d{1,9}),p=(?<p>\\d{1,9}),ss=(?<ss>${B64}),sk=(?<sk>${B64})\\$(?<salt>${B64})\\$(?<hash>${B64})$`,
    ),
    read: readFirebase,
  },
  {
    begins: /^\$pbkdf2-sha(1|256|512)\$i=/,
    form: new RegExp(
      `^\\$pbkdf2-(?<digest>sha\\d+)\\$i=(?<i>\\d{1,10})(,l=\\d+)?\\$(?<salt>${B64})\\$(?<hash>${B64})$`,
    ),
    read: ({ digest, i, salt, hash }) => readPbkdf2(digest, i, { salt: base64(salt), hash: base64(hash) }),
  },
  {
    begins: /^\$pbkdf2-sha(256|512)\$\d/,
    form: new RegExp(
      `^\\$pbkdf2-(?<digest>sha\\d+)\\$(?<i>\\d{1,10})\\$(?<salt>${DOTTED})\\$(?<hash>${DOTTED})$`,
    ),
    read: ({ digest, i, salt, hash }) =>
      readPbkdf2(digest, i, { salt: fromDotted(salt), hash: fromDotted(hash) }),
  },
  {
    begins: /^pbkdf2_sha(1|256)\$/,
    form: new RegExp(`^pbkdf2_(?<digest>sha\\d+)\\$(?<i>\\d{1,10})\\$(?<salt>[^$]+)\\$(?<hash>${B64})$`),
    read: ({ digest, i, salt, hash }) => readPbkdf2(digest, i, { salt: utf8(salt), hash: base64(hash) }),
  },
  {
    begins: /^pbkdf2:sha(1|256|512):/,
    form: /^pbkdf2:(?<digest>sha\d+):(?<i>\d{1,10})\$(?<salt>[^$]+)\$(?<hash>([0-9a-f]{2})+)$/,
    read: ({ digest, i, salt, hash }) => readPbkdf2(digest, i, { salt: utf8(salt), hash: hex(hash) }),
  },
];

/** Reads a hash in one of the known forms; or says why it can not be taken. Computes nothing. */
export function readForeignHash(text: string): ForeignHash | HashProblem {
  const known = FORMS.find(({ begins }) => begins.test(text));
  if (known === undefined) return 'hash_unknown';
  const groups = known.form.exec(text)?.groups;
  return groups === undefined ? 'hash_malformed' : known.read(groups);
}

function readArgon2({
  variant = '',
  m,
  t,
  p,
  salt,
  hash,
}: Readonly<Record<string, string>>): ReturnType<Read> {
  const [memory, passes, lanes] = [Number(m), Number(t), Number(p)];
  if (memory > MOST.argon2Kib || memory * passes > MOST.argon2Work) return 'hash_too_costly';
  const isSound = passes > 0 && lanes > 0 && memory >= 8 * lanes;
  const parts = sound({ salt: base64(salt), hash: base64(hash) });
  // Argon2 itself takes no shorter salt.
  if (!isSound || parts === undefined || parts.salt.length < 8) return 'hash_malformed';
  if (!isCanonical(salt, parts.salt) || !isCanonical(hash, parts.hash)) return 'hash_malformed';
  // Written anew: the library takes no padding, and no zero in front of a number.
  const [saltText, hashText] = [withoutPadding(parts.salt), withoutPadding(parts.hash)];
  const phc = `$${variant}$v=19$m=${memory},t=${passes},p=${lanes}$${saltText}$${hashText}`;
  return { kind: 'argon2', phc };
}

/** Whether a text is how these bytes are written, with its padding or without. The library refuses any other. */
const isCanonical = (text = '', bytes: Buffer) =>
  text === withoutPadding(bytes) || text === bytes.toString('base64');
const withoutPadding = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');

function readBcrypt({ django, hash = '', cost }: Readonly<Record<string, string>>): ReturnType<Read> {
  if (Number(cost) < 4) return 'hash_malformed';
  if (Number(cost) > MOST.bcryptCost) return 'hash_too_costly';
  return { kind: 'bcrypt', hash, isOfSha256: django === 'bcrypt_sha256$' };
}

function readScrypt(
  { n, r, p }: Readonly<Record<string, string>>,
  salted: Salted,
): (ScryptCost & Salted & { kind: 'scrypt' }) | HashProblem {
  const [cost, blockSize, parallelism] = [Number(n), Number(r), Number(p)];
  const memory = 128 * blockSize * (cost + 2) + 128 * blockSize * parallelism;
  if (cost * blockSize * parallelism > MOST.scryptWork || memory > SCRYPT_MEMORY) return 'hash_too_costly';
  const power = Math.log2(cost);
  // RFC 7914, section 2: N is a power of two, and below 2 to the 16 r.
  const isCost = power >= 1 && Number.isInteger(power) && power < 16 * blockSize;
  const isSound = isCost && blockSize > 0 && parallelism > 0;
  const parts = isSound ? sound(salted) : undefined;
  return parts === undefined ? 'hash_malformed' : { kind: 'scrypt', cost, blockSize, parallelism, ...parts };
}

function readFirebase({
  ln,
  ss,
  sk,
  salt,
  hash,
  ...rest
}: Readonly<Record<string, string>>): ReturnType<Read> {
  const salted = { salt: Buffer.concat([base64(salt), base64(ss)]), hash: base64(hash) };
  const read = readScrypt({ ...rest, n: String(2 ** Number(ln)) }, salted);
  if (typeof read === 'string') return read;
  const signerKey = base64(sk);
  // The result is the signer key, encrypted.
  return signerKey.length === read.hash.length ? { ...read, kind: 'firebase', signerKey } : 'hash_malformed';
}

function readPbkdf2(digest = '', i = '', salted: Salted): ReturnType<Read> {
  const iterations = Number(i);
  if (iterations > MOST.pbkdf2Iterations) return 'hash_too_costly';
  const parts = iterations > 0 ? sound(salted) : undefined;
  return parts === undefined ? 'hash_malformed' : { kind: 'pbkdf2', digest, iterations, ...parts };
}

function sound(parts: Salted): Salted | undefined {
  const isBounded = parts.salt.length <= LONGEST_PART && parts.hash.length <= LONGEST_PART;
  return isBounded && parts.salt.length > 0 && parts.hash.length >= SHORTEST_HASH ? parts : undefined;
}

const base64 = (text = '') => Buffer.from(text, 'base64');
const fromDotted = (text = '') => base64(text.replaceAll('.', '+'));
const hex = (text = '') => Buffer.from(text, 'hex');
const utf8 = (text = '') => Buffer.from(text, 'utf8');
