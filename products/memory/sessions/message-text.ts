import { createHmac, type KeyObject } from 'node:crypto';
import { type DataKey, nextTurn } from 'plinth/product';
import { dayTerm, keysOfTurn, speakerTerm } from './word-keys.ts';
import { termsOf } from '../retrieval/index.ts';
import type { MessageRole } from './message-store.ts';

/** A text, and its speaker. */
export interface SaidText {
  readonly role: MessageRole;
  readonly speaker: string | null;
  readonly text: string;
}

const HASH_BYTES = 16;

/** A keyed hash of who said what. */
export function hashOf(key: DataKey, { role, speaker, text }: SaidText): Buffer {
  const hmac = createHmac('sha256', key.derive('memory texts'));
  return hmac
    .update(JSON.stringify([role, speaker, text]))
    .digest()
    .subarray(0, HASH_BYTES);
}

/** The key of the index of words. */
export const wordsKey = (key: Pick<DataKey, 'derive'>): KeyObject => key.derive('memory words');

/** Others are let go on after so many. */
const KEYS_AT_ONCE = 1_000;

/** Words that a text is found by, as keys of the index; made while others go on. */
export async function wordsOf(
  key: Pick<DataKey, 'derive'>,
  said: SaidText & {
    readonly saidAt: Date;
    readonly hash: Buffer;
    readonly terms: ReadonlyMap<string, number>;
  },
): Promise<bigint[]> {
  const marks = [
    dayTerm(said.saidAt.toISOString().slice(0, 10)),
    ...Array.from(termsOf(said.speaker ?? said.role).keys(), speakerTerm),
  ];
  const keys: bigint[] = [];
  const turn = { words: said.terms, marks, hash: said.hash };
  for (const one of keysOfTurn(wordsKey(key), turn)) {
    keys.push(one);
    if (keys.length % KEYS_AT_ONCE === 0) await nextTurn();
  }
  return keys;
}
