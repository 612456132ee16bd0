import { createHash } from 'node:crypto';

/** A shorter text is said anew more often than it is quoted. */
const SHORTEST = 40;
const MOST_TEXTS = 10_000;

interface RecalledTurn {
  readonly session_id: string;
  readonly text: string;
}

/** Texts that one connection was handed out of memory, so that they are not stored as if they were new messages. */
export class Recalls {
  /** The sessions that a text is from, by its hash. */
  readonly #sessions = new Map<string, Set<string>>();

  add(turns: readonly RecalledTurn[]): void {
    for (const { session_id: session, text } of turns) {
      if (text.length < SHORTEST) continue;
      const hash = hashOf(text);
      this.#sessions.set(hash, (this.#sessions.get(hash) ?? new Set()).add(session));
      const [oldest] = this.#sessions.keys();
      if (this.#sessions.size > MOST_TEXTS && oldest !== undefined) this.#sessions.delete(oldest);
    }
  }

  /** Whether a text was handed out, of other sessions than this one: what a session itself has is sent again as it was. */
  has(session: string, text: string): boolean {
    const sessions = this.#sessions.get(hashOf(text));
    return sessions !== undefined && !sessions.has(session);
  }
}

/** Hash of the words: models quote with other spaces than they were given. */
const hashOf = (text: string): string =>
  createHash('sha256').update(text.replaceAll(/\s+/g, ' ').trim()).digest('base64');
