/** Languages that the sandbox writes in; for any other it writes English, and says so. */
export type Language = 'en' | 'de' | 'fr' | 'es' | 'it' | 'pt' | 'nl' | 'pl' | 'sv' | 'tr' | 'ja';

const NAMES: Readonly<Record<Language, readonly string[]>> = {
  en: ['en', 'english', 'englisch', 'anglais'],
  de: ['de', 'german', 'deutsch', 'allemand'],
  fr: ['fr', 'french', 'français', 'francais', 'französisch'],
  es: ['es', 'spanish', 'español', 'espanol', 'spanisch'],
  it: ['it', 'italian', 'italiano', 'italienisch'],
  pt: ['pt', 'portuguese', 'português', 'portugues', 'portugiesisch'],
  nl: ['nl', 'dutch', 'nederlands', 'niederländisch'],
  pl: ['pl', 'polish', 'polski', 'polnisch'],
  sv: ['sv', 'swedish', 'svenska', 'schwedisch'],
  tr: ['tr', 'turkish', 'türkçe', 'türkisch'],
  ja: ['ja', 'japanese', '日本語', 'japanisch'],
};

function words(list: string): ReadonlySet<string> {
  return new Set(list.split(' '));
}

/** Words without a subject of their own, and by which a language is told. */
export const STOP_WORDS: Readonly<Record<Language, ReadonlySet<string>>> = {
  en: words(
    'the and for are was were has have had not but you your our their this that these those with without from into about over under than then when where what which who whom why how can could will would should may might must been being its his her him she they them there here all any some more most each every other such only own same very just also does did doing done write create make give please tell show post posts content text',
  ),
  de: words(
    'der die das den dem des ein eine einen einem einer eines und oder aber nicht für mit ohne von vom zum zur aus bei nach über unter auf ist sind war waren wird werden hat haben ich wir ihr sie uns euch mein dein sein unser warum wie was wer wann welche welcher welches dass wenn als auch nur noch sehr mehr man kann können soll sollen muss müssen schreibe bitte',
  ),
  fr: words(
    'les des une dans pour avec sans par sur sous est sont était être avoir ont nous vous ils elles son ses leur leurs mon mes ton tes notre votre que qui quoi dont pourquoi comment quand mais donc car pas plus très aussi cette ces cet aux cela écris rédige',
  ),
  es: words(
    'los las una unos unas del con sin por para sobre bajo entre está están son era ser estar han nosotros ellos ellas sus nuestro nuestra que quien cual cuando donde cómo como qué por porque pero más muy también este esta estos estas ese esa escribe crea',
  ),
  it: words(
    'gli della dello delle degli dei nel nella nei con senza per tra fra sul sulla è sono era essere avere hanno noi voi loro suo sua nostro vostro che chi cui quando dove come perché cosa ma più molto anche questo questa questi queste quello scrivi crea una uno',
  ),
  pt: words(
    'dos das uma umas uns com sem por para sobre sob entre está estão são era ser estar têm nós eles elas seu sua nosso nossa que quem qual quando onde como porque mas mais muito também este esta estes estas isso escreva crie não pelo pela',
  ),
  nl: words(
    'het een van voor met zonder aan bij naar uit over onder tussen door maar ook niet wel wat wie waar waarom hoe wanneer welke dat deze dit die dan als zijn was waren wordt worden hebben heeft kan moet mag jij jouw hun ons onze ik wij zij schrijf',
  ),
  pl: words(
    'nie jest są był była było być dla przez przed pod nad przy bez ale lub albo oraz czy jak kiedy gdzie dlaczego który która które tego ten to się swój jego jej ich nas was nasz wasz już też tylko bardzo może można trzeba napisz',
  ),
  sv: words(
    'och att det som för med utan till från vid efter över under mellan men eller inte vad vem var varför hur när vilken vilket denna detta dessa är vara blir har hade kan ska skulle jag du vi ni de dem sig sin sitt sina också bara mycket mer skriv',
  ),
  tr: words(
    'bir ve ile için ama veya değil çok daha gibi kadar sonra önce nasıl neden niçin nerede hangi kim bu şu her hiç olan olarak var yok ben sen biz siz onlar yaz',
  ),
  // Japanese is not told by words between blanks: see languageOf.
  ja: words('こと もの これ それ ため よう ところ さん です ます する なる ある いる'),
};

/** Reads `de`, `de-AT`, `German` or `Deutsch`; null for what the sandbox has no phrases for. */
export function languageNamed(name: string): Language | null {
  const key = name.trim().toLowerCase();
  const short = key.split(/[-_\s(]/)[0] ?? key;
  for (const [language, names] of Object.entries(NAMES)) {
    if (names.includes(key) || names.includes(short)) return isLanguage(language) ? language : null;
  }
  return null;
}

function isLanguage(value: string): value is Language {
  return Object.hasOwn(NAMES, value);
}

/** A guess: Japanese by its syllables, others by stop words; English unless another language has clearly more of them. */
export function languageOf(lowerWords: readonly string[]): Language {
  if (lowerWords.filter((word) => /[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(word)).length > 1)
    return 'ja';
  let best: Language = 'en';
  let most = 1 + lowerWords.filter((word) => STOP_WORDS.en.has(word)).length;
  for (const language of ['de', 'fr', 'es', 'it', 'pt', 'nl', 'pl', 'sv', 'tr'] as const) {
    const count = lowerWords.filter((word) => STOP_WORDS[language].has(word)).length;
    if (count > most) [best, most] = [language, count];
  }
  return best;
}
