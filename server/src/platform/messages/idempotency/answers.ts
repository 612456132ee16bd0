import { createHmac } from 'node:crypto';
import { commitPoint, type Database } from '#platform/db';
import { type KeyId, type Random, seal, unseal, type UserId } from '#platform/kernel';
import type { Secrets } from '#platform/secrets';
import {
  findSalt,
  insertSalt,
  type KeyName,
  type KeyOwner,
  sealContextOfAnswer,
  sealContextOfSalt,
} from './store.ts';

const SALTED = commitPoint('idempotency.salted', 'the salt of the names of Idempotency-Keys');

/**
 * An answer as it is kept: its body as it is, or sealed for routes whose answers hold user text.
 * Headers are kept as they are: they name things by id and hold no text.
 */
export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>> | null;
  /** JSON, of which the database reads nothing: a repeat has the same bytes. */
  readonly answer: string | null;
  readonly sealed: string | null;
}

/** An answer as the handler gave it. */
export interface GivenAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The sender of an Idempotency-Key: a user, and the API key that they called with. To others it is another key. */
export interface KeySender {
  readonly userId: UserId;
  readonly keyId?: KeyId | undefined;
}

/** How Idempotency-Keys are named and their answers kept. Synchronous; no I/O. */
export interface KeptAnswers {
  /** The name of a sender's key: a copy of the database does not let keys be guessed. */
  nameOf(sent: {
    readonly owner: KeyOwner;
    readonly route: string;
    readonly by: KeySender;
    readonly key: string;
  }): KeyName;
  /** Digest of a request, to tell another one by. It does not show what was asked. */
  requestOf(name: KeyName, bodyHash: string): string;
  /** The Idempotency-Key under which a vendor is asked; `claimedAt`: when ours was first used. */
  vendorKeyOf(name: KeyName, claimedAt: string): string;
  /** The columns that keep an answer. With `sealWith`, the Idempotency-Key itself, it opens only with that and the master key. */
  keep(name: KeyName, given: GivenAnswer, sealWith: string | undefined): KeptAnswer;
  /** The answer that was kept, opened with the Idempotency-Key where it is sealed. */
  open(name: KeyName, kept: KeptAnswer, key: string): GivenAnswer;
}

interface KeptAnswersParts {
  readonly secrets: Secrets;
  readonly random: Random;
}

/** With the salt of this database, which the first process makes. */
export async function openKeptAnswers(
  parts: KeptAnswersParts & { readonly db: Database },
): Promise<KeptAnswers> {
  const { db, secrets, random } = parts;
  const [[known]] = await db.system('idempotency.salt', [findSalt]);
  if (known !== undefined)
    return createKeptAnswers({ ...parts, salt: secrets.open(known.salt, sealContextOfSalt) });
  const made = secrets.seal(Buffer.from(random.bytes(32)).toString('base64url'), sealContextOfSalt);
  const [, [row]] = await db.system('idempotency.salt', SALTED, [insertSalt(made), findSalt]);
  return createKeptAnswers({ ...parts, salt: secrets.open(row?.salt ?? made, sealContextOfSalt) });
}

/** With a salt that is at hand. */
export function createKeptAnswers({
  secrets,
  random,
  salt,
}: KeptAnswersParts & { readonly salt: string }): KeptAnswers {
  // Parts have no line ends: ids, routes, and keys of printable ASCII.
  const hashSalted = (...parts: readonly string[]) =>
    createHmac('sha256', salt).update(parts.join('\n')).digest('hex');
  return {
    nameOf({ owner, route, by: { userId, keyId = '' }, key }) {
      const whose = 'account' in owner ? owner.account : owner.user;
      return { owner, route, keyHash: hashSalted('name', whose, route, userId, keyId, key) };
    },
    requestOf: ({ keyHash }, bodyHash) => hashSalted('request', keyHash, bodyHash),
    vendorKeyOf: ({ keyHash }, claimedAt) => hashSalted('vendor', keyHash, claimedAt),
    keep(name, given, sealWith) {
      const kept = { status: given.status, headers: given.headers ?? null };
      const answer = JSON.stringify(given.body ?? null);
      if (sealWith === undefined) return { ...kept, answer, sealed: null };
      const inner = Buffer.from(seal(sealWith, Buffer.from(answer), random));
      return {
        ...kept,
        answer: null,
        sealed: secrets.seal(inner.toString('base64url'), sealContextOfAnswer(name)),
      };
    },
    open(name, kept, key) {
      const text = kept.sealed === null ? (kept.answer ?? 'null') : unsealAnswer(kept.sealed, name, key);
      const body: unknown = JSON.parse(text);
      const given = { status: kept.status, body: body ?? undefined };
      return kept.headers === null ? given : { ...given, headers: kept.headers };
    },
  };

  function unsealAnswer(sealed: string, name: KeyName, key: string): string {
    const inner = Buffer.from(secrets.open(sealed, sealContextOfAnswer(name)), 'base64url');
    return Buffer.from(unseal(key, inner)).toString('utf8');
  }
}
