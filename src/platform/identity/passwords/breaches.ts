import { createHash } from 'node:crypto';

/** Milliseconds. A registration waits no longer for a service that is not ours. */
const DEADLINE = 1_500;
/** Characters of the hash that are told: some 800 breached passwords share them, so that nobody learns which was meant. */
const TOLD = 5;
const LONGEST_ANSWER = 1_000_000;

/** Passwords that were seen in breaches, asked for by the first characters of their hash. */
export interface Breaches {
  /** False as well where nobody answers in time: a service that is away keeps no one from signing up. */
  isKnown(password: string): Promise<boolean>;
}

/**
 * Speaks the range protocol of Pwned Passwords (https://haveibeenpwned.com/API/v3#SearchingPwnedPasswordsByRange): `url`
 * with the first five characters of the password's SHA-1 answers the rest of each hash that begins so, with its count.
 * `deadline`: milliseconds.
 */
export function createBreaches(url: string, deadline = DEADLINE): Breaches {
  return {
    async isKnown(password) {
      const hash = createHash('sha1').update(password, 'utf8').digest('hex').toUpperCase();
      try {
        const response = await fetch(`${url}/range/${hash.slice(0, TOLD)}`, {
          // Answers of one length: whoever watches the line learns nothing from it.
          headers: { 'Add-Padding': 'true' },
          redirect: 'error',
          signal: AbortSignal.timeout(deadline),
        });
        if (!response.ok) {
          await response.body?.cancel();
          return false;
        }
        return holds(await response.text(), hash.slice(TOLD));
      } catch {
        return false;
      }
    },
  };
}

/** Lines are `SUFFIX:COUNT`; padding has a count of 0. */
function holds(answer: string, suffix: string): boolean {
  if (answer.length > LONGEST_ANSWER) return false;
  return answer.split('\n').some((line) => {
    const [hash, count] = line.trim().split(':');
    return hash === suffix && Number(count) > 0;
  });
}
