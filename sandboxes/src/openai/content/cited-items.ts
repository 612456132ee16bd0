import { type Effort, stepsOf } from './effort.ts';
import { type JsonObject, isObject, ownProperty as ownOf, ownList, ownObject } from './json.ts';
import { countTokens } from '../tokens.ts';
import { type Material, parseJson, readNumbered } from './material.ts';
import { clip } from './words.ts';

/** A sentence of a document, what it is about, and the page that it stands on. */
interface Statement {
  readonly kind: string;
  readonly title: string;
  readonly text: string;
  readonly page: number;
}

const LONGEST = 280;
const MOST_NUMBERED = 8;
const TITLE_WORDS = 6;
/** How often a text is read to find what its sentences are about. */
const READINGS = 10;
/** Characters of a longer sentence: its beginning is looked at. */
const LOOKED_AT = 1_000;
/** Tokens of all statements together: what an answer is cut to is seldom less. */
const MOST_TOKENS = 3_000;
/** What the names and the marks of an item take. */
const NAMES = 50;

const MONEY = String.raw`(?:[$€£¥₹]\s?\d|\b(?:USD|EUR|GBP|CHF|INR|JPY)\s?\d|\d[\d.,' ]*\s?(?:k\s?)?(?:USD|EUR|GBP|CHF|INR|JPY|[€£]|euros?\b|dollars?\b))`;
const MONTH = String.raw`(?:jan|feb|mar|mär|apr|ma[iy]|ju[ln]|aug|sep|o[ck]t|nov|de[cz])\p{L}*\.?`;
const DATE = String.raw`(?:\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}[./]\d{1,2}[./]\d{4}\b|\b${MONTH} \d{1,2}\b|\b\d{1,2}\.? ${MONTH}|\bQ[1-4] ?/?\d{4}|\bend of ${MONTH}|\b${MONTH} 20\d\d)`;

/** What a passage is about: the words by which a sentence shows it, of which the first that fits counts, and those of a heading above it. */
const KINDS: readonly { readonly kind: string; readonly said?: RegExp; readonly headed: RegExp }[] = [
  {
    kind: 'exclusions',
    said: /\bout of scope|\bnot (?:be )?included|\bexclu(?:ded?|des|ding|sions?)\b(?! (?:VAT|taxe?s?))|\bdoes not include|\bnot part of\b/iu,
    headed: /\bout of scope|exclusions?|not included/iu,
  },
  {
    kind: 'acceptance',
    said: /\baccept(?:ance|ed)\b|\bsign(?:ed|s)?[ -]?off\b|\bapproved? (?:by|when|once|in writing)\b/iu,
    headed: /\bacceptance|sign-?off/iu,
  },
  {
    kind: 'assumptions',
    said: /\bassum(?:es?|ed|ing|ptions?)\b|\bclient (?:will|shall|must) (?:provide|supply|give|name)|\bprovided by the client|\bprerequisite/iu,
    headed: /\bassumptions?|dependencies/iu,
  },
  {
    kind: 'budget',
    said: new RegExp(
      String.raw`${MONEY}|\bnet[ -]?\d{2}\b|\b(?:budget|invoiced?|payment terms|hourly rate)\b`,
      'iu',
    ),
    headed: /\bbudget|pric(?:e|ing)|fees?\b|costs?\b|payment|commercial/iu,
  },
  {
    kind: 'timeline',
    said: new RegExp(
      String.raw`${DATE}|\b(?:deadline|milestones?|kick-?off|go-?live)\b|\b(?:\d+|one|two|three|four|six|eight|ten|twelve)(?:\s?[-–]\s?\d+)?[ -](?:business |working )?(?:days?|weeks?|months?|sprints?)\b`,
      'iu',
    ),
    headed: /\btimeline|schedule|milestones?|dates\b|roadmap/iu,
  },
  {
    kind: 'risks',
    said: /\brisks?\b|\bmay (?:slip|delay)|\bconcern(?:s|ed)?\b|\bopen question/iu,
    headed: /\brisks?/iu,
  },
  {
    kind: 'deliverables',
    said: /\b(?:must|shall|will|should) (?:also )?(?:deliver|provide|build|create|design|implement|develop|include|support|have|offer|write|migrate)|\bdeliverables?\b|\bhanded over\b|\bto be (?:delivered|built)/iu,
    headed: /\bdeliverables?|scope of work|features|requirements/iu,
  },
  {
    kind: 'objectives',
    said: /\b(?:goals?|objectives?|aims? to|success|in order to|increase|reduce|improve)\b/iu,
    headed: /\bobjectives?|goals?\b/iu,
  },
  { kind: 'overview', headed: /\boverview|background|introduction|summary|about\b/iu },
];

/**
 * Where a schema asks for items with citations (`[{…, citations: [{page, quote}]}]`) and the request gives a document as
 * `Pages: [{"page": 1, "text": "…"}]`: the document's own sentences that are about something, each quoted as it stands there.
 */
export function citedItems(items: unknown, material: Material, effort: Effort): JsonObject[] | undefined {
  if (asksFor(items, 'sources')) return numberedItems(material);
  if (!asksForQuotes(items)) return undefined;
  const label = material.label('pages');
  const pages = pagesIn(label);
  if (label === undefined || pages === undefined) return undefined;
  effort.spend(READINGS * stepsOf(label));
  let room = MOST_TOKENS;
  return pages
    .flatMap(statementsOf)
    .filter((statement) => (room -= tokensOf(statement)) >= 0)
    .map((statement) => citedFields(items, statement));
}

/** A text stands there twice: as it is said, and as it is quoted. */
const tokensOf = ({ title, text }: Statement) => countTokens(title) + 2 * countTokens(text) + NAMES;

/** Where the request numbers its lines (`3 user: …`): some from the first to the last, each with its number. */
function numberedItems(material: Material): JsonObject[] | undefined {
  const numbered = material.lines().map(readNumbered);
  const lines = numbered.flatMap(({ number, words }) =>
    number === undefined ? [] : [{ text: clip(words, LONGEST, ''), sources: [number] }],
  );
  const step = Math.max(1, Math.ceil(lines.length / MOST_NUMBERED));
  return lines.length === 0 ? undefined : lines.filter((_, index) => index % step === 0);
}

/** The fields of an item that such a statement fills, those that the schema has. */
function citedFields(items: unknown, { kind, title, text, page }: Statement): JsonObject {
  const properties = isObject(items) ? ownObject(items, 'properties') : undefined;
  const known: JsonObject = {
    title,
    text,
    citations: [{ page, quote: text }],
    ...(allows(properties, 'type', kind) ? { type: kind } : {}),
    ...(allows(properties, 'certainty', 'stated') ? { certainty: 'stated' } : {}),
  };
  return Object.fromEntries(
    Object.entries(known).filter(([name]) => ownOf(properties ?? {}, name) !== undefined),
  );
}

function allows(properties: JsonObject | undefined, name: string, value: string): boolean {
  const schema = properties === undefined ? undefined : ownObject(properties, name);
  return schema !== undefined && (ownList(schema, 'enum') ?? []).includes(value);
}

function asksFor(items: unknown, name: string): boolean {
  const properties = isObject(items) ? ownObject(items, 'properties') : undefined;
  return (
    properties !== undefined &&
    ownOf(properties, 'text') !== undefined &&
    ownOf(properties, name) !== undefined
  );
}

function asksForQuotes(items: unknown): boolean {
  const properties = isObject(items) ? ownObject(items, 'properties') : undefined;
  const citations = properties === undefined ? undefined : ownObject(properties, 'citations');
  const one = citations === undefined ? undefined : ownObject(citations, 'items');
  const fields = one === undefined ? undefined : ownObject(one, 'properties');
  return fields !== undefined && 'page' in fields && 'quote' in fields;
}

interface Page {
  readonly page: number;
  readonly text: string;
}

function pagesIn(label: string | undefined): Page[] | undefined {
  const list = label?.startsWith('[') === true ? parseJson(label) : undefined;
  if (!Array.isArray(list)) return undefined;
  return list.flatMap((entry: unknown) => {
    const [page, text] = isObject(entry) ? [ownOf(entry, 'page'), ownOf(entry, 'text')] : [];
    return typeof page === 'number' && typeof text === 'string' ? [{ page, text }] : [];
  });
}

/** Sentences and entries of lists that are about something, by their words or by the heading that they stand under. */
function statementsOf({ page, text }: Page): Statement[] {
  const found: Statement[] = [];
  let headed: string | undefined;
  for (const block of blocksIn(text)) {
    if (isHeading(block)) {
      headed = KINDS.find((one) => one.headed.test(block))?.kind;
      continue;
    }
    for (const sentence of sentencesIn(block)) {
      const own = KINDS.find(({ said }) => said?.test(sentence.slice(0, LOOKED_AT)))?.kind;
      const kind = own === 'exclusions' ? own : (headed ?? own);
      if (kind !== undefined) found.push({ kind, page, ...splitTitle(sentence) });
    }
  }
  return found;
}

/** A title is the first words of the sentence: the sandbox thinks of none of its own. */
function splitTitle(sentence: string): { title: string; text: string } {
  const text = clip(sentence, LONGEST, '');
  const [first = text] = text.split(/[,;:–(]/u);
  return { title: first.split(' ').slice(0, TITLE_WORDS).join(' ').trim(), text };
}

/** Paragraphs, and each entry of a list or row of a table for itself; line breaks inside of a paragraph are blanks. */
function blocksIn(text: string): string[] {
  const blocks: string[][] = [[]];
  for (const line of text.split('\n').map((one) => one.replaceAll(/\s+/gu, ' ').trim())) {
    const isEntry = /^(?:[-*•–▪]|\d{1,2}[.)]|\|)\s*\S/u.test(line);
    if (line === '' || isEntry || /^#{1,6} /u.test(line)) blocks.push([]);
    if (line !== '') blocks.at(-1)?.push(line);
    if (isHeading(line)) blocks.push([]);
  }
  return blocks.filter((lines) => lines.length > 0).map((lines) => lines.join(' '));
}

/** A line that ends so is the first of a sentence. */
const GOES_ON = /\b(?:is|are|was|be|will|must|shall|has|have|of|the|an?|and|or|to|in|for|by|with)$/iu;

function isHeading(line: string): boolean {
  if (line.length > 80 || /[.!?;,]$/u.test(line)) return false;
  if (/^#{1,6} \S/u.test(line)) return true;
  const bare = line.replace(/^(?:\d{1,2}(?:\.\d{1,2})*\.?|[IVX]+\.)\s+/u, '').replace(/:$/u, '');
  if (/\d|[$€£:|]/u.test(bare) || /^[-*•]/u.test(bare) || GOES_ON.test(bare)) return false;
  return bare.split(' ').length <= 6 && /^\p{Lu}/u.test(bare) && KINDS.some((one) => one.headed.test(bare));
}

function sentencesIn(block: string): string[] {
  return block
    .replace(/^(?:[-*•–▪]|\d{1,2}[.)])\s+/u, '')
    .split(/(?<=[.!?])(?<!\b(?:[Nn]o|[Aa]pprox|[Ii]ncl|[Ee]xcl|e\.g|i\.e|zzgl|[Cc]a)\.)\s+(?=[\p{Lu}\d“"(])/u)
    .map((sentence) => sentence.trim())
    .filter((sentence) => /\S\s+\S/u.test(sentence));
}
