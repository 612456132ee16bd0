import type { RankedTurn, Turn } from '../../../products/memory/retrieval/index.ts';

const K1 = 1.2;
const B = 0.75;

/** Plain BM25 over single turns, as a search engine has it by default: lower-case words, the speaker's name among them, no stems. */
export function plainBm25(turns: readonly Turn[]): (asked: string) => RankedTurn[] {
  const documents = turns.map((turn) => ({ turn, words: wordsIn(`${turn.speaker}: ${turn.text}`) }));
  const average = documents.reduce((sum, { words }) => sum + words.length, 0) / documents.length;
  const frequencies = new Map<string, number>();
  for (const { words } of documents)
    for (const word of new Set(words)) frequencies.set(word, (frequencies.get(word) ?? 0) + 1);
  const rarityOf = (word: string) => {
    const frequency = frequencies.get(word) ?? 0;
    return Math.log(1 + (documents.length - frequency + 0.5) / (frequency + 0.5));
  };
  return (asked) => {
    const terms = [...new Set(wordsIn(asked))];
    const ranked = documents.map(({ turn, words }) => {
      const norm = K1 * (1 - B + (B * words.length) / average);
      const score = terms.reduce((sum, term) => {
        const count = words.filter((word) => word === term).length;
        return sum + (rarityOf(term) * count * (K1 + 1)) / (count + norm);
      }, 0);
      return { turn, score, why: [] };
    });
    return ranked.filter(({ score }) => score > 0).toSorted((one, other) => other.score - one.score);
  };
}

function wordsIn(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}
