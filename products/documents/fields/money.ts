/** An amount as a text gives it. */
export interface MoneyField {
  readonly text: string;
  /** ISO 4217; null for terms without an amount. */
  readonly currency: string | null;
  /** In the currency's smallest unit; of a range, the least. */
  readonly amount_minor: number | null;
  /** The most, of a range. */
  readonly until_minor?: number;
  /** When or per what it is paid: `net 30`, `per hour`. */
  readonly terms?: string;
}

const SYMBOLS: Readonly<Record<string, string>> = {
  us$: 'USD',
  ca$: 'CAD',
  c$: 'CAD',
  a$: 'AUD',
  au$: 'AUD',
  nz$: 'NZD',
  s$: 'SGD',
  hk$: 'HKD',
  r$: 'BRL',
  $: 'USD',
  '€': 'EUR',
  '£': 'GBP',
  '¥': 'JPY',
  '₹': 'INR',
  'rs.': 'INR',
  rs: 'INR',
  'fr.': 'CHF',
  sfr: 'CHF',
  zł: 'PLN',
};
const CODES =
  'USD EUR GBP CHF JPY INR CAD AUD NZD SGD HKD SEK NOK DKK PLN CZK HUF BRL MXN CNY KRW ZAR AED ILS TRY'.split(
    ' ',
  );
const NAMES: Readonly<Record<string, string>> = {
  dollars: 'USD',
  dollar: 'USD',
  'us dollars': 'USD',
  euros: 'EUR',
  euro: 'EUR',
  pounds: 'GBP',
  'pounds sterling': 'GBP',
  'swiss francs': 'CHF',
  francs: 'CHF',
  franken: 'CHF',
  yen: 'JPY',
  rupees: 'INR',
};
/** Currencies without cents, and those with a thousand of them. */
const DIGITS: Readonly<Record<string, number>> = { JPY: 0, KRW: 0, HUF: 2 };
const SCALES: Readonly<Record<string, number>> = {
  k: 1e3,
  thousand: 1e3,
  tsd: 1e3,
  'tsd.': 1e3,
  grand: 1e3,
  m: 1e6,
  mn: 1e6,
  mm: 1e6,
  mio: 1e6,
  'mio.': 1e6,
  tausend: 1e3,
  mrd: 1e9,
  'mrd.': 1e9,
  milliarden: 1e9,
  milliards: 1e9,
  million: 1e6,
  millions: 1e6,
  millionen: 1e6,
  bn: 1e9,
  billion: 1e9,
  lakh: 1e5,
  lakhs: 1e5,
  lac: 1e5,
  crore: 1e7,
  crores: 1e7,
};

function anyOf(words: readonly string[]): string {
  return words
    .toSorted((one, other) => other.length - one.length)
    .map((word) => word.replaceAll(/[.$]/gu, String.raw`\$&`))
    .join('|');
}

const LEAD = anyOf([...Object.keys(SYMBOLS), ...CODES]);
const TRAIL = anyOf([...Object.keys(SYMBOLS), ...CODES, ...Object.keys(NAMES)]);
const SCALE = anyOf(Object.keys(SCALES));
// A number groups its digits with one sign and has another one for its decimals; two numbers in a row of a table are not one.
const DIGITS_OF = [
  String.raw`\d{1,3}(?<group>[.,'’ \u00a0\u202f])\d{3}(?:\k<group>\d{3})*(?:(?!\k<group>)[.,]\d{1,2})?`,
  String.raw`\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d{1,2})?`,
  String.raw`\d+(?:[.,]\d{1,3})?`,
]
  .map((form) => String.raw`${form}(?!\d|[.,'’]\d)`)
  .join('|');
const GAP = String.raw`[ \t\u00a0\u202f]?`;
const AMOUNT = new RegExp(
  String.raw`(?<![\p{L}\p{N}.,'’/])(?:(?<lead>${LEAD})${GAP})?(?<number>${DIGITS_OF})(?:\.[–—-]|,[–—-])?(?:${GAP}(?<scale>${SCALE})(?![\p{L}\p{N}]))?(?:${GAP}(?<trail>${TRAIL})(?![\p{L}\d]))?`,
  'giu',
);
const LED_AMOUNT = new RegExp(
  String.raw`(?<![\p{L}\p{N}.,'’/])(?:(?<lead>${LEAD})${GAP})?(?<number>${DIGITS_OF})(?:\.[–—-]|,[–—-])?(?:${GAP}(?<scale>${SCALE})(?![\p{L}\p{N}]))?`,
  'giu',
);
/** Each currency that a text names beside a number or elsewhere, and signs of currencies that have no code here. */
const CURRENCY = new RegExp(String.raw`(?<!\p{L})(?:${TRAIL})(?!\p{L})|\p{Sc}`, 'giu');
/** Signs that a number was not read to its end: more digits, letters, or a word that multiplies it. */
const GOES_ON =
  /^(?:[\p{L}\p{N}%‰]|[.,'’/]\d|[ \t\u00a0\u202f]?(?:hundred|thousand|mil|mille|mill?i\p{L}*|mrd|mia|mds?|bill?i\p{L}*|trill?i\p{L}*|tausend|hundert|tsd|dozen|[kmbt]|bn|tn|cr|lacs?|lakhs?|crores?)(?!\p{L})|[ \t\u00a0\u202f]?[½¼¾⅓⅔]|[ \t\u00a0\u202f]?(?:and|und|et|y)[ \t\u00a0\u202f](?:a[ \t\u00a0\u202f])?half)/iu;
const BETWEEN = /^\s*(?:-|–|—|to|and|up to|bis|und|à)\s*$/iu;
const NO_AMOUNT =
  /^\s*(?:%|percent|(?:(?:business|working|calendar)\s+)?(?:days?|weeks?|months?|sprints?|hours?|years?|people|users?|pages?)\b)/iu;

interface Amount {
  readonly from: number;
  readonly to: number;
  readonly number: string;
  readonly scale: number | undefined;
  readonly currency: string | undefined;
  readonly isWhole: boolean;
}

/** Amounts and terms of payment, in order of appearance. A number without a currency is no amount. */
export function moneyIn(text: string): MoneyField[] {
  return sentencesOf(text).flatMap((sentence) => moneyOfSentence(sentence).fields);
}

/** Amounts as a text writes them, letter by letter; none at all where it names a currency whose number is not certain. */
export function writtenAmountsIn(text: string): readonly WrittenAmount[] {
  const found = sentencesOf(text).map(moneyOfSentence);
  return found.every(({ isCertain }) => isCertain) ? found.flatMap(({ written }) => written) : [];
}

/** An amount and its terms, as a text has them. */
export interface WrittenAmount {
  readonly text: string;
  readonly terms: readonly string[];
}

interface SentenceMoney {
  readonly fields: readonly MoneyField[];
  readonly written: readonly WrittenAmount[];
  /** Whether each currency of the sentence is that of an amount. */
  readonly isCertain: boolean;
}

/** Cut where a stop is followed by a capital, so that `approx. $5` stays whole. */
export function sentencesOf(text: string): string[] {
  return text.split(
    /(?<=[.!?;])(?<!\b(?:[Zz]zgl|[Ee]x[ck]l|[Ii]n[ck]l|[Aa]pprox|[Cc]a|[Mm]ax|[Mm]in|[Mm]io|[Mm]rd|[Tt]sd|[Rr]s|[Ff]r|[Ss]fr|[Nn]o|[Nn]r|[Ee]nv)\.)\s+(?=\p{Lu})|\n{2,}|(?<=\n)/u,
  );
}

function moneyOfSentence(sentence: string): SentenceMoney {
  const amounts = amountsOf(sentence);
  const shared = termsIn(sentence);
  const fields: MoneyField[] = [];
  const written: WrittenAmount[] = [];
  const covered: Span[] = [];
  for (let n = 0; n < amounts.length; n += 1) {
    const [one, next] = [amounts[n], amounts[n + 1]];
    if (one === undefined) break;
    const range = next === undefined ? undefined : rangeOf(sentence, one, next);
    const field = range ?? (one.currency === undefined ? undefined : singleAmount(sentence, one));
    if (field === undefined) continue;
    if (range !== undefined) n += 1;
    const end = range === undefined || next === undefined ? one.to : next.to;
    const from = end - field.text.length;
    const rate = rateAfter(sentence.slice(end));
    const terms = [rate?.term, ...shared.map(({ term }) => term)].filter((term) => term !== undefined);
    fields.push({ ...field, ...(terms.length === 0 ? {} : { terms: terms.join('; ').slice(0, 200) }) });
    written.push({
      text: withBrackets(sentence, { from, to: end }),
      terms: [...(rate === undefined ? [] : [rate.text]), ...shared.map(({ text }) => text)],
    });
    covered.push({ from, to: end });
  }
  const isCertain = [...sentence.matchAll(CURRENCY)].every(({ index }) =>
    covered.some(({ from, to }) => from <= index && index < to),
  );
  if (fields.length > 0 || shared.length === 0) return { fields, written, isCertain };
  const terms = shared.map(({ term }) => term).join('; ');
  const alone = { text: terms, currency: null, amount_minor: null, terms: terms.slice(0, 200) };
  return { fields: [alone], written, isCertain };
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** In accounts an amount in brackets is a negative one: what is shown of it has them too. */
function withBrackets(sentence: string, { from, to }: Span): string {
  const isBracketed = sentence[from - 1] === '(' && sentence[to] === ')';
  return isBracketed ? sentence.slice(from - 1, to + 1) : sentence.slice(from, to);
}

/**
 * The numbers of a sentence with their currencies. In `612 EUR 58,140.00` the currency is the latter's where the sentence puts currencies
 * before its amounts, the former's where it puts them behind, and neither's where it does not show which.
 */
function amountsOf(sentence: string): Amount[] {
  const matches = [...sentence.matchAll(AMOUNT)];
  const isShared = ({ index, 0: whole, groups }: RegExpExecArray) =>
    groups?.['trail'] !== undefined && /^[ \t\u00a0\u202f]?\d/u.test(sentence.slice(index + whole.length));
  const isLed = matches.some(({ groups }) => groups?.['lead'] !== undefined);
  const isTrailed = matches.some((match) => match.groups?.['trail'] !== undefined && !isShared(match));
  if (!matches.some(isShared)) return matches.map((match) => amountOf(sentence, match));
  if (isLed === isTrailed)
    return matches.filter((match) => !isShared(match)).map((match) => amountOf(sentence, match));
  if (isTrailed) return matches.map((match) => amountOf(sentence, match));
  return [...sentence.matchAll(LED_AMOUNT)].map((match) => amountOf(sentence, match));
}

function amountOf(sentence: string, match: RegExpExecArray): Amount {
  const { lead, number = '', scale, trail } = match.groups ?? {};
  const known = scale === undefined ? undefined : SCALES[scale.toLowerCase()];
  const [from, to] = [match.index, match.index + match[0].trimEnd().length];
  const [before, after] = [currencyOf(lead), currencyOf(trail)];
  const isOne = before === undefined || after === undefined || before === after;
  return {
    from,
    to,
    number,
    scale: known,
    currency: isOne ? (before ?? after) : undefined,
    isWhole: isOne && isWhole(sentence, { from, to }, number),
  };
}

/** Words before a number that change it: what is taken off, and a number word that it belongs to. */
const TAKEN_OFF =
  /(?:^|[^\p{L}])(?:minus|less|abzüglich|abzgl\.?|moins|menos|hundred|thousand|million|hundert|tausend|cent|mille|mil)\s*$/iu;

/** `EUR 95 612 EUR 58,140.00`: where a space does not group the digits of other numbers, it stands between two of them here. */
function isTwoNumbers(number: string, sentence: string): boolean {
  return (
    number.includes(' ') &&
    /(?<![\d.,])(?:\d{4,}(?!\d)|\d{1,3}(?:[.,'’]\d{3})+)/u.test(sentence.replace(number, ' '))
  );
}

/** Whether nothing beside a number changes it: a sign, further digits, a letter, a word such as `Mrd.`. */
function isWhole(sentence: string, { from, to }: Span, number: string): boolean {
  const [before, after] = [sentence.slice(0, from), sentence.slice(to)];
  if (GOES_ON.test(after) || /^[-−–](?![\p{L}\p{N}\p{Sc}])/u.test(after) || TAKEN_OFF.test(before))
    return false;
  if (isTwoNumbers(number, sentence)) return false;
  // A sign that is neither a dash between words nor that of a range.
  if (/(?:^|[^\p{L}\p{N}\s)])\s*[-−–—]\s*$|[-−–—]$/u.test(before) && !/[\p{L}\p{N}.)]\s?[-–—]$/u.test(before))
    return false;
  if (/−\s*$/u.test(before)) return false;
  const isGroup = /^\d{3}(?!\d)/u.test(number);
  if (isGroup && /\d[ \u00a0\u202f'’]$/u.test(before)) return false;
  return !(
    /(?:^\d{1,3}|[.,'’ \u00a0\u202f]\d{3})$/u.test(number) && /^[ \u00a0\u202f]\d{3}(?!\d)/u.test(after)
  );
}

function currencyOf(word: string | undefined): string | undefined {
  if (word === undefined) return undefined;
  const known = word.toLowerCase();
  const code = word.toUpperCase();
  return SYMBOLS[known] ?? NAMES[known] ?? (CODES.includes(code) ? code : undefined);
}

function singleAmount(sentence: string, one: Amount): MoneyField | undefined {
  const { currency = '' } = one;
  if (!one.isWhole) return undefined;
  const amount = minorOf(one, currency, one.scale);
  if (amount === undefined) return undefined;
  return { text: sentence.slice(one.from, one.to), currency, amount_minor: amount };
}

/** Two amounts with a word of range between them; the currency may stand at one of them, and the scale at the last. */
function rangeOf(sentence: string, one: Amount, next: Amount): MoneyField | undefined {
  const between = sentence.slice(one.to, next.from);
  const currency = next.currency ?? one.currency;
  if (!BETWEEN.test(between) || currency === undefined) return undefined;
  if (!one.isWhole || !next.isWhole) return undefined;
  if (one.currency !== undefined && next.currency !== undefined && one.currency !== next.currency)
    return undefined;
  if (/and|und/iu.test(between) && !/\b(?:between|zwischen)\s*$/iu.test(sentence.slice(0, one.from)))
    return undefined;
  if (next.currency === undefined && NO_AMOUNT.test(sentence.slice(next.to))) return undefined;
  const [least, most] = [
    minorOf(one, currency, one.scale ?? next.scale),
    minorOf(next, currency, next.scale),
  ];
  if (least === undefined || most === undefined || least >= most) return undefined;
  const start = /\b(?:between|zwischen)\s*$/iu.exec(sentence.slice(0, one.from))?.index ?? one.from;
  return { text: sentence.slice(start, next.to), currency, amount_minor: least, until_minor: most };
}

/** In the smallest unit; undefined for what is larger than a number holds exactly. */
function minorOf({ number }: Amount, currency: string, scale: number | undefined): number | undefined {
  const minor = Math.round(
    valueOf(number, scale !== undefined) * (scale ?? 1) * 10 ** (DIGITS[currency] ?? 2),
  );
  return Number.isSafeInteger(minor) ? minor : undefined;
}

/**
 * With two kinds of separators the last one is the decimal one. One kind alone separates thousands where it stands twice or
 * three digits follow, but not before a scale: 1.250 million is a million and a quarter.
 */
function valueOf(number: string, isScaled: boolean): number {
  const plain = number.replaceAll(/['’ \u00a0\u202f]/gu, '');
  const [dots, commas] = [plain.split('.').length - 1, plain.split(',').length - 1];
  if (dots > 0 && commas > 0) {
    const decimal = plain.lastIndexOf('.') > plain.lastIndexOf(',') ? '.' : ',';
    const thousands = decimal === '.' ? ',' : '.';
    return Number(plain.replaceAll(thousands, '').replace(decimal, '.'));
  }
  const separator = dots > 0 ? '.' : ',';
  const digits = plain.length - 1 - plain.lastIndexOf(separator);
  if (dots + commas > 1 || (dots + commas === 1 && digits === 3 && !isScaled))
    return Number(plain.replaceAll(separator, ''));
  return Number(plain.replace(',', '.'));
}

interface Term {
  /** As it is written. */
  readonly text: string;
  /** In one form. */
  readonly term: string;
}

function rateAfter(rest: string): Term | undefined {
  const [text, unit] =
    /^\s*(?:per|an?|each|\/|pro)\s*(hour|hr|day|week|month|year|sprint|user|seat|milestone|stunde|tag|monat|jahr)(?!\p{L})/iu.exec(
      rest,
    ) ?? [];
  return unit === undefined || text === undefined
    ? undefined
    : { text: text.trim(), term: `per ${unit.toLowerCase()}` };
}

const TERMS: readonly RegExp[] = [
  /(?<!\p{L})net[\s-]?\d{1,3}(?:\s+days)?(?![\d,.]*\d)/giu,
  /(?<!\d)\d{1,3}\s+days\s+net(?!\p{L})/giu,
  /(?<!\p{L})(?:due|payable)\s+(?:up)?on\s+(?:receipt|signing|signature|delivery|acceptance|completion)/giu,
  /(?<!\p{L})(?:due|payable|paid)\s+within\s+(?:\p{L}+\s+\()?\d{1,3}\)?\s+(?:business\s+|calendar\s+)?days/giu,
  /(?<![\d.,])\d{1,3}\s?%\s+(?:up\s?-?front|(?:up)?on\s+[\p{L}-]+|at\s+[\p{L}-]+|in\s+advance|deposit|advance)/giu,
  /(?<!\p{L})(?:excl(?:uding|\.)?|plus|zzgl\.?|net\s+of)\s+(?:VAT|taxe?s?|MwSt\.?|GST)/giu,
  /(?<!\p{L})(?:not[\s-]to[\s-]exceed|time\s+and\s+materials|fixed[\s-](?:price|fee))(?!\p{L})/giu,
];

/** Terms of payment, in order of appearance. */
function termsIn(sentence: string): Term[] {
  return TERMS.flatMap((form) => [...sentence.matchAll(form)])
    .toSorted((one, other) => one.index - other.index)
    .map(([match]) => ({
      text: match.trim(),
      term: match.trim().replace(/^net[\s-]?(\d+).*$/iu, 'net $1'),
    }));
}
