import { createHash } from 'node:crypto';
import { Author } from '../content/posts.ts';
import type { Message } from '../messages.ts';
import { splitTokens } from '../tokens.ts';

/** A model's thought before its answer: billed whole, and shown where the request does not leave it out. */
export interface Thought {
  readonly tokens: readonly string[];
  readonly isShown: boolean;
  readonly signature: string;
}

/** The thought about a conversation, at most so many tokens of it. */
export function thinkAbout(
  messages: readonly Message[],
  { budget, isShown }: { readonly budget: number; readonly isShown: boolean },
): Thought {
  const author = new Author(messages);
  const tokens = splitTokens(`They ask about ${author.subject()}. ${author.reply(1)}`).slice(0, budget);
  return { tokens, isShown, signature: signThought(isShown ? tokens.join('') : '') };
}

/** Proves that the sandbox wrote a thought: a block that comes back with another text is refused. */
export function signThought(text: string): string {
  return createHash('sha256').update(`sandbox thought\n${text}`).digest('base64');
}
