import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A Lua script; Redis runs it as one step, and knows it by the digest of its text. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

/**
 * The script in a file: `scriptIn(new URL('./rates.lua', import.meta.url))`. By its digest, two versions of the
 * program can run beside each other; a named function of Redis' own would be the last one's.
 */
export function scriptIn(file: URL): Script {
  return script(readFileSync(file, 'utf8'));
}

export function script(text: string): Script {
  // Redis' own name for a script, no secret of anybody's.
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}
