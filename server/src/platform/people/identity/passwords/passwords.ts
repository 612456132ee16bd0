import { availableParallelism } from 'node:os';
import { hash, parseOptions, verify } from '@node-rs/argon2';
import { AppError } from '#platform/kernel';
import type { Logger } from '#platform/telemetry';
import { isImported, matchesImported } from './imported-passwords.ts';

/** OWASP's Argon2id parameters (Password Storage Cheat Sheet): 19 MiB, two passes, one lane. About 25 ms of one core. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export interface PasswordsOptions {
  /** Hashes computed at once; when not said 2, which leaves half of Node's four pool threads to files and name look-ups, and one processor to everybody else. */
  readonly running?: number;
  /** Hashes that may wait; past it the answer is 503 `busy`. 250 of them are over in three seconds, or six where one is computed at once. */
  readonly waiting?: number;
  /** Milliseconds that one may have waited when its turn comes; past it, it is answered `busy` and not computed. */
  readonly patience?: number;
}

/** So many people may arrive at once; a flood that only makes others wait gets no more of its calls in than are computed. */
const MOST_WAITING = 250;
/** Sooner than clients give up: a hash is of no use once its caller has left. */
const PATIENCE = 10_000;

const MOST_RUNNING = Math.max(1, Math.min(2, availableParallelism() - 1));

/** Argon2id in a bounded pool, so that a flood of log-ins can't starve the server. */
export interface Passwords {
  hash(password: string): Promise<string>;
  /** Whether a password belongs to a hash. Without a hash it takes as long and is never true: a known email must not show in the time. */
  matches(password: string, hash: string | null | undefined): Promise<boolean>;
  /** Throws `busy` where the next hash would: then nothing else needs to be done for it either. */
  assertRoom(): void;
  /** Whether a hash was made elsewhere, or with weaker parameters than today's. */
  isOutdated(hash: string): boolean;
}

const compute = (password: string) => hash(password.normalize('NFKC'), PARAMETERS);

export function createPasswords(
  options: PasswordsOptions = {},
  log: Pick<Logger, 'warn'> = { warn() {} },
): Passwords {
  const { running = MOST_RUNNING, waiting = MOST_WAITING, patience = PATIENCE } = options;
  const pool = createPool({ running, waiting, patience });
  let decoy: Promise<string> | undefined;
  const check = (stored: string, password: string) =>
    isImported(stored) ? matchesImported(stored, password, log) : verify(stored, password.normalize('NFKC'));

  return {
    hash: (password) => pool.run(() => compute(password)),
    assertRoom: pool.assertRoom,
    async matches(password, known) {
      // Asked for by known and unknown emails alike, so that its one computation tells nothing.
      decoy ??= compute('decoy');
      const stored = known ?? (await decoy);
      const same = await pool.run(() => check(stored, password));
      return same && typeof known === 'string';
    },
    isOutdated(stored) {
      if (isImported(stored)) return true;
      const { memoryCost, timeCost } = parseOptions(stored);
      return memoryCost < PARAMETERS.memoryCost || timeCost < PARAMETERS.timeCost;
    },
  };
}

interface Pool {
  run<T>(work: () => Promise<T>): Promise<T>;
  assertRoom(): void;
}

interface Waiter {
  readonly since: number;
  readonly go: () => void;
  readonly refuse: (reason: AppError) => void;
}

const busy = () => new AppError('busy', { retryAfter: 2 });

function createPool({ running: atOnce, waiting: mayWait, patience }: Required<PasswordsOptions>): Pool {
  const waiting: Waiter[] = [];
  let running = 0;
  const assertRoom = () => {
    if (running >= atOnce && waiting.length >= mayWait) throw busy();
  };
  // A finished computation hands its slot on, so `running` stays as it is.
  const handOn = () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (performance.now() - next.since <= patience) return next.go();
      next.refuse(busy());
    }
    running -= 1;
  };
  return {
    assertRoom,
    async run(work) {
      assertRoom();
      if (running < atOnce) running += 1;
      else
        await new Promise<void>((go, refuse) => {
          waiting.push({ since: performance.now(), go, refuse });
        });
      try {
        return await work();
      } finally {
        handOn();
      }
    },
  };
}
