/** A source of chance that gives the same numbers in every run (mulberry32). */
export function chanceOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Words of a language, the most frequent first: what every text has, what many are about, and a long tail. */
interface Vocabulary {
  readonly language: string;
  readonly words: readonly string[];
}

const TAIL = 20_000;
const SYLLABLES = 'ba ko mi ra te lu no sa vi re da fo li mu pe so ti va ne ru'.split(' ');

const HEADS: Readonly<Record<string, string>> = {
  en: 'the and to of a in you team is it for that we with work idea your not people time are this change start what small business day story customers market learn money plan product brand video create simple growth garden coffee travel recipe music health',
  de: 'die und der zu das nicht Team ist in wir mit Arbeit Idee ein für Menschen Zeit auf sich Wandel Anfang was kleine Häuser Tag Geschichte Kunden Markt lernen Geld Plan Produkt Marke Video schaffen einfach Wachstum Garten Kaffee Reise Rezept Musik Gesundheit',
  fr: 'le et de la à les équipe est que nous avec travail idée un pour gens temps dans qui changement début ce petites maisons jour histoire clients marché apprendre argent plan produit marque vidéo créer simple croissance jardin café voyage recette musique santé',
  es: 'el y de la que en equipo es no con trabajo idea un para gente tiempo se por cambio inicio lo pequeñas casas día historia clientes mercado aprender dinero plan producto marca video crear simple crecimiento jardín café viaje receta música salud',
  it: 'il e di la che non squadra è in con lavoro idea un per persone tempo si da cambiamento inizio cosa piccole case giorno storia clienti mercato imparare denaro piano prodotto marchio video creare semplice crescita giardino caffè viaggio ricetta musica salute',
};

export const VOCABULARIES: readonly Vocabulary[] = Object.entries(HEADS).map(([language, head], index) => ({
  language,
  words: [...head.split(' '), ...Array.from({ length: TAIL }, (_, rank) => rareWord(rank + index * TAIL))],
}));

/** A made-up word for each number, different from language to language. */
function rareWord(number: number): string {
  const digits: string[] = [];
  for (let rest = number + 400; rest > 0; rest = Math.floor(rest / SYLLABLES.length))
    digits.push(SYLLABLES[rest % SYLLABLES.length] ?? '');
  return digits.join('');
}

/** The n-th word comes about 1/n as often as the first: Zipf's law, by which words of real texts are distributed. */
export function wordOf({ words }: Vocabulary, chance: () => number): string {
  return words[Math.floor(words.length ** chance()) - 1] ?? '';
}

export function textOf(vocabulary: Vocabulary, chance: () => number, length: number): string {
  return Array.from({ length }, () => wordOf(vocabulary, chance)).join(' ');
}

/** One of a list; the first are the most frequent, as they are in life. */
export function pickFrom<T>(list: readonly T[], chance: () => number): T {
  const picked = list[Math.floor(chance() ** 1.7 * list.length)];
  if (picked === undefined) throw new Error('there is nothing to pick from');
  return picked;
}
