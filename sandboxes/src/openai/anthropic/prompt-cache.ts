import { createHash } from 'node:crypto';

/** A piece of a prompt in its order: tools, system, messages. */
export interface PromptBlock {
  readonly text: string;
  readonly tokens: number;
  /** The stay in the cache of a prefix that ends here, where the request asks for one. */
  readonly keep: '5m' | '1h' | null;
}

/** Tokens of a prompt that were read from the cache, and written to it. */
export interface CacheUse {
  readonly read: number;
  readonly written5m: number;
  readonly written1h: number;
}

/** Shorter prefixes are not kept, as with most of Anthropic's models. */
const FEWEST_TOKENS = 1_024;
const LIFE_MS = { '5m': 300_000, '1h': 3_600_000 } as const;
const MOST_KEPT = 10_000;

/** Prefixes of prompts that were seen before (platform.claude.com/docs/en/build-with-claude/prompt-caching). */
export class PromptCache {
  readonly #ends = new Map<string, number>();

  /** Reads the longest known prefix up to the last mark, and writes what the marks after it ask for. */
  use(model: string, blocks: readonly PromptBlock[]): CacheUse {
    const prefixes = prefixesOf(model, blocks);
    const now = Date.now();
    const known = prefixes.findLast(({ key }) => (this.#ends.get(key) ?? 0) > now);
    const read = known?.tokens ?? 0;
    const written = { '5m': 0, '1h': 0 };
    let done = read;
    for (const { key, tokens, keep } of prefixes) {
      if (keep === null || tokens < FEWEST_TOKENS) continue;
      this.#ends.set(key, now + LIFE_MS[keep]);
      written[keep] += Math.max(0, tokens - done);
      done = Math.max(done, tokens);
    }
    for (const key of this.#ends.keys()) if (this.#ends.size > MOST_KEPT) this.#ends.delete(key);
    return { read, written5m: written['5m'], written1h: written['1h'] };
  }
}

interface Prefix {
  readonly key: string;
  readonly tokens: number;
  readonly keep: PromptBlock['keep'];
}

function prefixesOf(model: string, blocks: readonly PromptBlock[]): readonly Prefix[] {
  const last = blocks.findLastIndex(({ keep }) => keep !== null);
  const digest = createHash('sha256').update(model);
  let tokens = 0;
  return blocks.slice(0, last + 1).map((block) => {
    digest.update(`\n${block.text.length}\n${block.text}`);
    tokens += block.tokens;
    return { key: digest.copy().digest('base64'), tokens, keep: block.keep };
  });
}
