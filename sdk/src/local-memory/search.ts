const WORD = /[\p{L}\p{N}\p{M}_]+/gu;
const WITHOUT_GAPS = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}ー]+/u;
/** Longer words are looked for inside of others: `user` is in `parseUserId`. */
const SHORT = 3;
const MOST_WORDS = 32;

/** Items whose text has a word of a question, best first: a word counts more the fewer texts have it. Of equals the shorter one. */
export function searchTexts<Item>(
  query: string,
  searched: readonly { readonly item: Item; readonly text: string }[],
): { readonly item: Item; readonly score: number }[] {
  const texts = searched.map(({ text }) => plain(text));
  const scores = searched.map(() => 0);
  for (const word of wordsIn(plain(query)).slice(0, MOST_WORDS)) {
    const places = texts.flatMap((text, place) => (word.test(text) ? [place] : []));
    const weight = Math.log(1 + texts.length / Math.max(1, places.length));
    for (const place of places) scores[place] = (scores[place] ?? 0) + weight;
  }
  return searched
    .map(({ item, text }, place) => ({ item, length: text.length, score: scores[place] ?? 0 }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || a.length - b.length)
    .map(({ item, score }) => ({ item, score: Math.round(score * 1_000) / 1_000 }));
}

const plain = (text: string): string => text.normalize('NFKC').toLowerCase();

/** Scripts that leave no gaps between words are looked for by pairs of characters. */
function wordsIn(query: string): RegExp[] {
  const words = (query.match(WORD) ?? []).flatMap((word) => {
    if (WITHOUT_GAPS.test(word))
      return word.length < 2 ? word : Array.from(word.slice(1), (_, at) => word.slice(at, at + 2));
    const stem = word.length > SHORT + 1 ? word.replace(/s$/, '') : word;
    return stem.length > SHORT ? stem : `(?<![\\p{L}\\p{N}])${stem}(?![\\p{L}\\p{N}])`;
  });
  return [...new Set(words)].map((word) => new RegExp(word, 'u'));
}
