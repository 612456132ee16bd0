import { termsOfQuestion } from '../../retrieval/index.ts';

/** The subject of a sentence: its stems without stop words. */
export const subjectOf = (sentence: string): ReadonlySet<string> => new Set(termsOfQuestion(sentence).keys());

/** The share of terms that two sets have in common (Jaccard). */
export function likeness(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  let shared = 0;
  for (const term of one) if (other.has(term)) shared += 1;
  const all = one.size + other.size - shared;
  return all === 0 ? 0 : shared / all;
}

/**
 * MinHash with 40 bands of three hashes: of two sets that have half of their terms in common 995 in 1,000 meet in a band, of those with a
 * seventh one in ten. Whether they are alike is then counted exactly.
 */
const BANDS = 40;
const OF_BAND = 3;
/** Leaders of a band that one is compared with: more of them share a frequent word alone. */
const MOST_IN_BAND = 50;

/** Puts what is alike together: each joins the first of those before it that is most alike, or leads others. Answers the leaders. */
export function createLeaders<Item extends { readonly terms: ReadonlySet<string> }>(least: number) {
  const bands = Array.from({ length: BANDS }, () => new Map<number, Item[]>());
  return function leaderOf(item: Item): Item {
    const keys = bandsOf(item.terms);
    const met = new Set(bands.flatMap((leaders, band) => leaders.get(keys[band] ?? 0) ?? []));
    let best: Item | undefined;
    let highest = 0;
    for (const leader of met) {
      const alike = likeness(leader.terms, item.terms);
      if (alike >= least && alike > highest) [best, highest] = [leader, alike];
    }
    if (best !== undefined) return best;
    for (const [band, leaders] of bands.entries()) {
      const own = leaders.get(keys[band] ?? 0);
      if (own === undefined) leaders.set(keys[band] ?? 0, [item]);
      else if (own.length < MOST_IN_BAND) own.push(item);
    }
    return item;
  };
}

function bandsOf(terms: ReadonlySet<string>): number[] {
  const hashes = Array.from(terms, hashOf);
  return Array.from({ length: BANDS }, (_, band) => {
    let key = 0;
    for (let place = 0; place < OF_BAND; place += 1)
      key = Math.imul(key, 31) ^ leastOf(hashes, OF_BAND * band + place);
    return key;
  });
}

/** The least of the terms in the order that a seed puts them in. */
function leastOf(hashes: readonly number[], seed: number): number {
  let least = 0xffff_ffff;
  for (const hash of hashes) least = Math.min(least, mix(hash ^ Math.imul(seed + 1, 0x9e37_79b9)));
  return least;
}

/** FNV-1a. */
function hashOf(term: string): number {
  let hash = 0x811c_9dc5;
  for (let place = 0; place < term.length; place += 1)
    hash = Math.imul(hash ^ term.charCodeAt(place), 0x0100_0193);
  return hash;
}

/** The end of MurmurHash3. */
function mix(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
