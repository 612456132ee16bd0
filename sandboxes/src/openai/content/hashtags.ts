import type { Material } from './material.ts';
import { capitalise, keywordsOf } from './words.ts';

/** Hashtags of letters and digits, made of the subject's words. Never empty. */
export function hashtagsOf(material: Material): string[] {
  const words = keywordsOf(material.subject(), material.language()).map((word) =>
    word.replaceAll(/[^\p{L}\p{N}]/gu, ''),
  );
  const pairs = words.slice(1).map((word, at) => capitalise(words[at] ?? '') + capitalise(word));
  const usable = [...pairs.filter((pair) => pair.length <= 22), ...words.map(capitalise)].filter(
    (word) => word.length <= 30 && /^(?=.*\p{L})[\p{L}\p{N}]+$/u.test(word),
  );
  return usable.length === 0 ? ['#Sandbox'] : [...new Set(usable.map((word) => `#${word}`))];
}

/** The list from a position on and round again, so that each post leads with another hashtag. */
export function turned(list: readonly string[], position: number): string[] {
  const turn = position % list.length;
  return [...list.slice(turn), ...list.slice(0, turn)];
}
