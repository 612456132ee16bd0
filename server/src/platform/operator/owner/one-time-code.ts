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

/** A code that was given out, and how often it was tried in vain. */
export interface IssuedCode {
  readonly code: string;
  /** By the clock of its issuer. */
  readonly until: number;
  readonly tries: number;
}

/** Where the one code that may be good is kept. */
export interface CodeStore {
  read(): IssuedCode | undefined;
  write(issued: IssuedCode): void;
  /** False: another caller was first. */
  remove(): boolean;
}

export interface Codes {
  /** Whether one is still good. */
  isGood(): boolean;
  /** A new code, in place of the one before. */
  issue(): string;
  /** Takes a code, which is good once; false: it is wrong, was used or is too old. */
  take(given: string): boolean;
}

/** `now`: milliseconds; of a clock that all have who take the code. */
export function createCodes({
  now,
  random,
  store,
}: {
  readonly now: () => number;
  readonly random: Random;
  readonly store: CodeStore;
}): Codes {
  function goodOne(): IssuedCode | undefined {
    const issued = store.read();
    return issued !== undefined && now() < issued.until ? issued : undefined;
  }

  return {
    isGood: () => goodOne() !== undefined,
    issue() {
      const code = newCode(random);
      store.write({ code, until: now() + GOOD_FOR, tries: 0 });
      return code;
    },
    take(given) {
      const issued = goodOne();
      const isSame = issued !== undefined && equalInConstantTime(issued.code, given.trim().toUpperCase());
      if (issued !== undefined && !isSame && issued.tries + 1 < TRIES) {
        store.write({ ...issued, tries: issued.tries + 1 });
        return false;
      }
      return store.remove() && isSame;
    },
  };
}

/** Where a code is shown: in the terminal of the server, or in a file of the data folder where it has none. */
export type CodePlace = 'terminal' | 'file';

/** A proof that its bearer reads the server's terminal or data folder, which other users of the machine can not. */
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
  let shown: IssuedCode | undefined;
  const store: CodeStore = {
    read: () => shown,
    write: (issued) => {
      shown = issued;
    },
    remove: () => {
      shown = undefined;
      rmSync(file, { force: true });
      return true;
    },
  };
  const codes = createCodes({ now: () => clock.monotonic(), random, store });

  return {
    show() {
      const place = terminal === undefined ? 'file' : 'terminal';
      if (codes.isGood()) return place;
      store.remove();
      const code = codes.issue();
      if (terminal === undefined) writeFileSync(file, `${code}\n`, { mode: 0o600, flag: 'wx' });
      else terminal(`\nThe code that the page asks for, good for ten minutes: ${code}\n`);
      return place;
    },
    redeem(given) {
      if (!codes.take(given)) throw new AppError('one_time_code_wrong');
    },
  };
}

function newCode(random: Random): string {
  // 256 is a multiple of 32: each letter is as likely as any other.
  const letters = Array.from(random.bytes(LETTERS), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
  return `${letters.slice(0, 4)}-${letters.slice(4)}`;
}
