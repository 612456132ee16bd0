import { stemmer as english } from '@orama/stemmers/english';
import { stemmer as french } from '@orama/stemmers/french';
import { stemmer as german } from '@orama/stemmers/german';
import { stemmer as spanish } from '@orama/stemmers/spanish';

export type Language = 'english' | 'german' | 'spanish' | 'french';

/** English first: it is taken where nothing tells. */
export const LANGUAGES: readonly Language[] = ['english', 'german', 'spanish', 'french'];

const STEMMERS: Readonly<Record<Language, (word: string) => string>> = { english, german, spanish, french };

/** Words that say nothing of what a text is about, apostrophes left out. By them a text's language is told. */
const STOP_WORDS: Readonly<Record<Language, ReadonlySet<string>>> = {
  english:
    wordSet(`a about after again all also although always am an and another any anything are arent as at away be became
    because become been before being both but by came can cant could couldnt did didnt do does doesnt doing done dont else enough
    even ever every everything for from get gets getting give given go goes going gone got had happen happened happens has hasnt have havent having he
    her here hers herself him himself his how i if in into is isnt it its itself just kind let like made make makes many may me
    might mine more most much must my myself never no none nor not nothing now of off often on once one only or other our ours out
    over own per perhaps quite rather really said same say says shall she should shouldnt since so some somebody someone
    something still such than that the their theirs them themselves then there these they thing things this those through to
    together too toward under until up upon us very was wasnt we well went were werent what whatever when where whether which
    while who whom whose why will with within without wont would wouldnt yes yet you your yours yourself`),
  german:
    wordSet(`aber alle als also am an auch auf aus bei bin bis da damit dann das dass dein dem den denn der des dich die dies
    diese dieser dieses dir doch du durch ein eine einem einen einer eines er es euch für gegen hab habe haben hat hatte hatten ich
    ihm ihn ihr ihre im in ist ja kann kein keine können mein mehr mich mir mit muss nach nicht nichts noch nur ob oder ohne
    schon sehr sein seine sich sie sind so soll über um und uns unser unter vom von vor wann war waren warum was wegen
    weil welche welcher welches wem wen wenn wer werden wie wieder wir wird wo wurde wurden zu zum zur`),
  spanish:
    wordSet(`a al algo ante antes aquí así aunque cada como con cómo cual cuál cuando cuándo cuánto de del desde donde dónde
    el él ella ellas ellos en entre era eran es esa ese eso esta está están estaba este esto fue fueron ha han hasta hay la las le
    les lo los más me mi mis muy nada ni no nos nosotros o os otra otro para pero por porque qué que quien quién se ser si sí sin
    sobre son su sus también te tiene tienen todo todos tu tus un una uno unos y ya yo`),
  french:
    wordSet(`ai alors as au aussi aux avant avec avez avons bien ce cela ces cet cette chez comme comment dans de des deux donc du
    elle elles en encore entre es est et était étaient été être eu fait il ils je jusque la là le les leur leurs lui ma mais me
    même mes moi mon ne nos notre nous on ont ou où par pas pendant peu plus pour pourquoi quand que quel quelle quels quelles qui
    quoi sa sans se ses si son sont sous sur ta te tes toi ton tous tout toute très tu un une vos votre vous y`),
};

/** Forms that no rule of English takes back to their word. */
const IRREGULAR: ReadonlyMap<string, string> = new Map(
  `ate eaten:eat began begun:begin bent:bend bit bitten:bite blew blown:blow bought:buy broke broken:break brought:bring built:build
   burnt:burn caught:catch children:child chose chosen:choose dealt:deal drank drunk:drink drew drawn:draw drove driven:drive
   dreamt:dream dug:dig fed:feed feet:foot fell fallen:fall felt:feel flew flown:fly forgot forgotten:forget fought:fight
   found:find froze frozen:freeze gave:give grew grown:grow held:hold hid hidden:hide hung:hang kept:keep knew known:know laid:lay
   learnt:learn led:lead left:leave lent:lend lost:lose meant:mean men:man met:meet mice:mouse paid:pay people:person ran:run
   rang rung:ring rode ridden:ride rose risen:rise sang sung:sing sank sunk:sink sat:sit saw seen:see sent:send shook shaken:shake
   shot:shoot shown:show slept:sleep sold:sell spent:spend spoke spoken:speak stole stolen:steal stood:stand stuck:stick
   swam swum:swim taught:teach teeth:tooth told:tell took taken:take thought:think threw thrown:throw understood:understand
   wives:wife woke woken:wake women:woman won:win wore worn:wear wrote written:write`
    .split(/\s+/)
    .reduce<{ readonly pairs: [string, string][]; readonly open: string[] }>(
      ({ pairs, open }, entry) => {
        const [form = '', word] = entry.split(':');
        const forms = [...open, form];
        return word === undefined
          ? { pairs, open: forms }
          : { pairs: [...pairs, ...forms.map((one): [string, string] => [one, word])], open: [] };
      },
      { pairs: [], open: [] },
    ).pairs,
);

function wordSet(words: string): ReadonlySet<string> {
  return new Set(words.split(/\s+/));
}

export function isStopWord(word: string, language: Language): boolean {
  return STOP_WORDS[language].has(word);
}

/** The language with most stop words among a text's words; undefined where none or two are as likely. */
export function languageOf(words: readonly string[]): Language | undefined {
  let best: Language | undefined;
  let most = 0;
  for (const language of LANGUAGES) {
    let count = 0;
    for (const word of words) if (STOP_WORDS[language].has(word)) count += 1;
    if (count > most) [best, most] = [language, count];
    else if (count === most && count > 0 && best !== 'english') best = undefined;
  }
  return best;
}

const MOST_KEPT = 20_000;
const stems: Readonly<Record<Language, Map<string, string>>> = {
  english: new Map(),
  german: new Map(),
  spanish: new Map(),
  french: new Map(),
};

/** The common stem of a word and its forms. Lower case in, without accents out. */
export function stemOf(word: string, language: Language): string {
  const kept = stems[language];
  const known = kept.get(word);
  if (known !== undefined) return known;
  // English has accents in borrowed words alone; its stemmer takes them for consonants.
  const regular = language === 'english' ? (IRREGULAR.get(word) ?? withoutAccents(word)) : word;
  const short = STEMMERS[language](regular);
  // `Ines` is not `in`.
  const stem = withoutAccents(short.length < 3 && regular.length > 3 ? regular : short);
  if (kept.size >= MOST_KEPT) kept.clear();
  kept.set(word, stem);
  return stem;
}

function withoutAccents(word: string): string {
  return word.replaceAll('ß', 'ss').normalize('NFD').replaceAll(/\p{M}/gu, '');
}
