import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, declareErrors, AppError, equalInConstantTime, type Random } from '#platform/kernel';

declareErrors({
  one_time_code_wrong: {
    status: 403,
    message: 'This code is wrong, was used, or is older than ten minutes. Ask for a new one.',
  },
});

/** Milliseconds that a code is good. */
const GOOD_FOR = 600_000;
/** Wrong tries after which a code is not good any more. */
const TRIES = 5;
/** Crockford's base 32; 8 letters are 40 random bits, of which five tries guess nothing. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const LETTERS = 8;
const FILE = 'one-time-code';

/** Where a code is shown: in the terminal of the server, or in a file of the data folder where it has none. */
export type CodePlace = 'terminal' | 'file';

/** A proof that somebody reads the server's terminal or data folder, which other users of the machine can not. */
export interface OneTimeCodes {
  /** Shows a new code, unless one that was shown is still good. */
  show(): CodePlace;
  /** Takes the code; it is good once. Throws `one_time_code_wrong`. */
  redeem(code: string): void;
}

/** `terminal`: writes to the server's terminal; undefined where it has none. A code is never a line of the log. */
export function createOneTimeCodes({
  clock,
  random,
  dataDir,
  terminal,
}: {
  readonly clock: Clock;
  readonly random: Random;
  readonly dataDir: string;
  readonly terminal: ((text: string) => void) | undefined;
}): OneTimeCodes {
  const file = join(dataDir, FILE);
  let shown: { readonly code: string; readonly until: number; tries: number } | undefined;

  function forget(): void {
    shown = undefined;
    rmSync(file, { force: true });
  }

  return {
    show() {
      const place = terminal === undefined ? 'file' : 'terminal';
      if (shown !== undefined && clock.monotonic() < shown.until) return place;
      forget();
      const code = newCode(random);
      shown = { code, until: clock.monotonic() + GOOD_FOR, tries: 0 };
      if (terminal === undefined) writeFileSync(file, `${code}\n`, { mode: 0o600, flag: 'wx' });
      else terminal(`\nThe code that the page asks for, good for ten minutes: ${code}\n`);
      return place;
    },
    redeem(given) {
      const isGood = shown !== undefined && clock.monotonic() < shown.until;
      const isSame = shown !== undefined && equalInConstantTime(shown.code, given.trim().toUpperCase());
      if (shown !== undefined) shown.tries += 1;
      if (!isGood || isSame || (shown?.tries ?? 0) >= TRIES) forget();
      if (!isGood || !isSame) throw new AppError('one_time_code_wrong');
    },
  };
}

function newCode(random: Random): string {
  // 256 is a multiple of 32: each letter is as likely as any other.
  const letters = Array.from(random.bytes(LETTERS), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
  return `${letters.slice(0, 4)}-${letters.slice(4)}`;
}
