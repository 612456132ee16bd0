import { statement, type Transaction } from '#platform/db';
import { type Random, sha256, type UserId } from '#platform/kernel';

const COUNT = 10;
/** Crockford's base32, without I, L, O and U: nothing that is read for something else. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** 20 letters of 5 bits: 100 random bits can't be guessed, and need no slow hash. */
const LETTERS = 20;

/** Form of a recovery code, with or without dashes, in any case. */
export const RECOVERY_CODE = /^(?:[0-9A-HJKMNP-TV-Za-hjkmnp-tv-z][- ]?){20}$/;

/** Ten new codes in place of all before them; they are told once, and kept as hashes. */
export async function newRecoveryCodes(
  { random }: { readonly random: Random },
  tx: Transaction,
  userId: UserId,
): Promise<string[]> {
  const codes = Array.from({ length: COUNT }, () => newCode(random));
  await tx.runAll([deleteRecoveryCodes(userId), insertCodes(userId, codes.map(recoveryCodeHash))]);
  return codes;
}

function newCode(random: Random): string {
  return randomLetters(random, LETTERS).replaceAll(/.{5}(?!$)/g, '$&-');
}

/** Letters of a code that a person types, of 5 random bits each. */
export function randomLetters(random: Random, count: number): string {
  // 256 is a multiple of 32: each letter is as likely as any other.
  return Array.from(random.bytes(count), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
}

/** The letters of a code as a person may write it. */
export const lettersOf = (code: string): string => code.replaceAll(/[- ]/g, '').toUpperCase();

/** The hash of a code as a person may write it. */
export const recoveryCodeHash = (code: string): string => sha256(lettersOf(code));

const insertCodes = (userId: UserId, hashes: readonly string[]) =>
  statement('insert into identity.recovery_codes (user_id, code_hash) select $1, unnest($2::text[])', [
    userId,
    hashes,
  ]);

/** Uses a code up: of two at once, one gets the row. */
export const useRecoveryCode = (userId: UserId, codeHash: string) =>
  statement<{ user_id: UserId }>(
    'delete from identity.recovery_codes where user_id = $1 and code_hash = $2 returning user_id',
    [userId, codeHash],
  );

export const deleteRecoveryCodes = (userId: UserId) =>
  statement('delete from identity.recovery_codes where user_id = $1', [userId]);
