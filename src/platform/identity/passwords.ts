import { hash, parseOptions, verify } from '@node-rs/argon2';
import { AppError } from '#platform/kernel';

/** OWASP's Argon2id parameters (Password Storage Cheat Sheet): 19 MiB, two passes, one lane. About 25 ms of one core. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export interface PasswordsOptions {
  /** Hashes computed at once; 2 leaves half of Node's four pool threads to files and name look-ups. */
  readonly running?: number;
  /** Hashes that may wait; past it the answer is 503 `busy`. 100 of them are over in about two seconds. */
  readonly waiting?: number;
}

/** Argon2id in a bounded pool, so that a flood of log-ins can't starve the server. */
export interface Passwords {
  hash(password: string): Promise<string>;
  /** Whether a password belongs to a hash. Without a hash it takes as long and is never true: a known email must not show in the time. */
  matches(password: string, hash: string | null | undefined): Promise<boolean>;
  /** Whether a hash was made with weaker parameters than today's. */
  isOutdated(hash: string): boolean;
}

const compute = (password: string) => hash(password.normalize('NFKC'), PARAMETERS);

export function createPasswords(options: PasswordsOptions = {}): Passwords {
  const pool = createPool(options.running ?? 2, options.waiting ?? 100);
  let decoy: Promise<string> | undefined;

  return {
    hash: (password) => pool(() => compute(password)),
    async matches(password, known) {
      // Asked for by known and unknown emails alike, so that its one computation tells nothing.
      decoy ??= compute('decoy');
      const stored = known ?? (await decoy);
      const same = await pool(() => verify(stored, password.normalize('NFKC')));
      return same && typeof known === 'string';
    },
    isOutdated(stored) {
      const { memoryCost, timeCost } = parseOptions(stored);
      return memoryCost < PARAMETERS.memoryCost || timeCost < PARAMETERS.timeCost;
    },
  };
}

type Pool = <T>(work: () => Promise<T>) => Promise<T>;

function createPool(atOnce: number, mayWait: number): Pool {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running < atOnce) {
      running += 1;
    } else if (waiting.length >= mayWait) {
      throw new AppError('busy', { retryAfter: 2 });
    } else {
      // Whoever finishes hands its place on, so `running` stays as it is.
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
