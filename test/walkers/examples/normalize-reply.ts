import { isUuid } from '#platform/kernel';
import { isRecord } from '@plinth/testkit/walkers/calls';

/** A reply as it came, and what it is the answer of. */
export interface RecordedReply {
  readonly json: unknown;
  /** The request of the example: its words stay as they are in the reply. */
  readonly request: unknown;
  /** The example's words for values that were really sent: ids of this database, keys of a product. */
  readonly sent: ReadonlyMap<string, string>;
  /** When it came, in milliseconds. */
  readonly at: number;
  /** Products whose names become `demo`: the platform's examples name none. */
  readonly products: readonly string[];
}

/** Every example is of this moment. */
const NOW = Date.parse('2026-11-20T08:00:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const LONGEST_LIST = 2;
const LONGEST_TEXT = 300;

const PEOPLE = ['ada', 'grace', 'alan', 'barbara', 'edsger', 'hedy', 'john', 'katherine'];
const COMPANIES = ['Analytical Engines', 'Difference Engines', 'Looms', 'Compilers', 'Bombes'];

/** A reply with the values of no run in it: the same call on another day and engine gives the same. */
export function normalizeReply(reply: RecordedReply): unknown {
  const words = new Set(stringsIn(reply.request));
  const names = createNames(words, reply.sent);
  const text = (value: string) => (words.has(value) ? value : normalText(value, reply, names));
  return trimmed(mapped(preferred(reply.json, reply.products), { ...reply, text }));
}

/** Stand-ins for values that differ from run to run: a value has one stand-in in an example. */
interface Names {
  readonly uuid: (id: string) => string;
  readonly person: (email: string) => string;
  readonly company: (name: string) => string;
}

function createNames(words: ReadonlySet<string>, sent: ReadonlyMap<string, string>): Names {
  const named = (next: (index: number) => string) => {
    const known = new Map(sent);
    let index = 0;
    return (value: string): string => {
      const before = words.has(value) ? value : known.get(value);
      if (before !== undefined) return before;
      let name = next(index++);
      while (words.has(name)) name = next(index++);
      known.set(value, name);
      return name;
    };
  };
  return {
    uuid: named(
      (index) => `01939c2e-8f4b-7c3a-9d21-5b6c7d8e9f${(index + 0x10).toString(16).padStart(2, '0')}`,
    ),
    person: named((index) => `${PEOPLE[index % PEOPLE.length]}@example.com`),
    company: named((index) => COMPANIES[index % COMPANIES.length] ?? ''),
  };
}

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(stringsIn);
}

interface Mapping {
  readonly text: (value: string) => string;
  readonly at: number;
  readonly products: readonly string[];
}

function mapped(value: unknown, mapping: Mapping, name = ''): unknown {
  if (typeof value === 'string') return FIELDS[name] ?? mapping.text(value);
  if (typeof value === 'number') return normalNumber(value, mapping.at, name);
  if (Array.isArray(value)) return value.map((one) => mapped(one, mapping, name));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      productless(key, mapping.products),
      mapped(one, mapping, key),
    ]),
  );
}

/** Texts that a run has its own of, or a walker, by their field. */
const FIELDS: Readonly<Record<string, string>> = {
  key_hint: '3W80',
  ip: '203.0.113.7',
  user_agent: 'Mozilla/5.0',
};
/** Words of the walkers, and what an example says in their place. */
const WORDS: Readonly<Record<string, string>> = {
  localhost: 'api.example.com',
  req_walker: '0193a6f0-5b1c-7d2e-8f3a-4b5c6d7e8f90',
  'sso-verification=of-the-walkers': 'sso-verification=b3BhcXVlb3BhcXVl',
};
const ID = '[0-9a-f-]{36}';
/** Sentences of the walkers, in which they look for ids. */
const SENTENCES: readonly (readonly [RegExp, string])[] = [
  [new RegExp(`A session of ${ID} in ${ID}`, 'g'), 'Why the import is slow'],
  [new RegExp(`said by ${ID} in .*`, 'g'), 'Why does src/import/users.ts read the file for each row?'],
  [new RegExp(`a-session-of-${ID}`, 'g'), 'claude-2026-11-20-1'],
  [new RegExp(`^of-${ID}`), 'notes'],
  [new RegExp(`hardware-${ID}`, 'g'), 'ada-laptop-4711'],
  [new RegExp(`Always ask ${ID} about ${ID} before lunch`, 'g'), 'Always run the tests before lunch'],
];
/** Numbers that a run has its own of, by their field. */
const MEASURED: Readonly<Record<string, number>> = { tokens: 24, run: 20_000, settle: 30_000 };

/** How long something took, and times as numbers. */
function normalNumber(value: number, at: number, name: string): number {
  if (value > 0 && MEASURED[name] !== undefined) return MEASURED[name];
  if (name === 'score') return Math.round(value * 10) / 10;
  if (name === 'bytes' && value > 10_000) return Math.round(value / 1_000) * 1_000;
  if (Math.abs(value - at) < 400 * DAY) return normalTime(value, at);
  return Math.abs(value * 1_000 - at) < 400 * DAY ? normalTime(value * 1_000, at) / 1_000 : value;
}

const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const INSTANT = /\b\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)/g;
const JWT = 'eyJhbGciOiJFZERTQSJ9';
const OPAQUE = /(?<![A-Za-z0-9+/_-])([A-Za-z0-9+/_-]{20,}={0,2})/g;

function normalText(value: string, { at, products, sent }: RecordedReply, names: Names): string {
  const known = sent.get(value) ?? WORDS[value];
  if (known !== undefined) return known;
  if (isUuid(value)) return names.uuid(value);
  if (/^\d{4}-\d\d(-\d\d)?$/.test(value)) return normalDay(value, at);
  return SENTENCES.reduce((text, [of, is]) => text.replace(of, is), productless(value, products))
    .replace(/https?:\/\/(127\.0\.0\.1|localhost)(:\d+)?/g, 'https://api.example.com')
    .replace(
      /\b(expires)=(\d{10})\b/g,
      (_, name: string, seconds: string) => `${name}=${normalTime(Number(seconds) * 1_000, at) / 1_000}`,
    )
    .replace(/\b(signature)=[\w%-]+/g, '$1=…')
    .replace(UUID, names.uuid)
    .replace(INSTANT, (instant) => normalInstant(instant, at))
    .replace(/\bwalker-\d+@example\.com/g, names.person)
    .replace(/\bwalker-(\d+)%40example\.com/g, (_, number: string) =>
      encodeURIComponent(names.person(`walker-${number}@example.com`)),
    )
    .replace(/\b(pl[a-z]?_)([\w-]{8})(?![\w-])/g, (_, prefix: string) => `${prefix}${cycled('b3BhcXVl', 8)}`)
    .replace(/\b[0-9A-Z]{5}(-[0-9A-Z]{5}){3}\b/g, '2V7KQ-9M3XA-T0P4C-W8RZ6')
    .replace(/\b([A-Z]{4,})(-[0-9A-Z]{4}){5}\b/g, '$1-7Q2M-94KX-TB0E-HZ6P-3W80')
    .replace(/\b[A-Z2-7]{32}\b/g, 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP')
    .replace(/\bCompany \d+\b/g, names.company)
    .replace(/\bcompany-(\d+)\b/g, (_, number: string) =>
      names.company(`Company ${number}`).toLowerCase().replaceAll(' ', '-'),
    )
    .replace(/\beyJ[\w-]+\.[\w-]+(\.[\w-]*)*/g, `${JWT}.…`)
    .replace(/(?<![0-9a-zA-Z-])[0-9a-f]{16,}(?![0-9a-zA-Z-])/g, (hex) => normalToken(hex))
    .replace(/(?<=sandbox_)[0-9a-z]{10,}/g, '1SVnpJ2eZvKYlo2C')
    .replace(/-[0-9a-f]{8}$/g, '-7d8e9f02')
    .replace(/^[0-9A-F]{8}(?=-\d{4}$)/, '9F86D081')
    .replace(OPAQUE, (token) => sent.get(token) ?? normalToken(token));
}

/** Random bytes as text become a text of the same length that has no secret's looks. */
function normalToken(token: string): string {
  if (token.startsWith(JWT)) return token;
  if (/^[0-9a-f]+$/.test(token))
    return cycled('9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08', token.length);
  const isRandom = /\d/.test(token) && /[a-z]/.test(token) && /[A-Z]/.test(token);
  if (!isRandom) return token;
  const [prefix = ''] = /^[a-z]{2,6}_/.exec(token) ?? [];
  return prefix + cycled('b3BhcXVl', Math.min(token.length - prefix.length, 64));
}

const cycled = (text: string, length: number) =>
  text.repeat(Math.ceil(length / text.length)).slice(0, length);

const productless = (text: string, products: readonly string[]) => {
  const found = products.find((key) => new RegExp(`^${key}(?=[.:]|$)`).test(text));
  return found === undefined ? text : `demo${text.slice(found.length)}`;
};

function normalInstant(text: string, at: number): string {
  const [fraction = ''] = /\.\d+/.exec(text) ?? [];
  const time = new Date(normalTime(Date.parse(text), at)).toISOString();
  return `${time.slice(0, 19)}${fraction.replace(/\d/g, '0')}Z`;
}

const dayOf = (time: number) => Math.floor(time / DAY) * DAY;
function monthOf(time: number, more = 0): number {
  const date = new Date(time);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + more);
}

/**
 * A time as far from the example's as it was from the call, rounded up to what people meant by it. Begins of days and months stay such.
 * A time long past, on a full minute, is a fixture's date and stays.
 */
function normalTime(time: number, at: number): number {
  for (const months of [-1, 0, 1]) if (time === monthOf(at, months)) return monthOf(NOW, months);
  const days = (time - dayOf(at)) / DAY;
  if (Number.isInteger(days) && Math.abs(days) <= 1) return dayOf(NOW) + days * DAY;
  const away = time - at;
  if (time % HOUR === 0 && Math.abs(away) <= 3 * HOUR) return NOW + Math.ceil(away / HOUR) * HOUR;
  if (away <= 0 && away > -3 * HOUR) return NOW;
  if (time % MINUTE === 0 && Math.abs(away) > 3 * HOUR) return time;
  return NOW + roundedAway(away);
}

function roundedAway(away: number): number {
  const steps: readonly (readonly [from: number, until: number, is: number])[] = [
    [27.9 * DAY, 31.1 * DAY, 30 * DAY],
    [31.1 * DAY, 34.1 * DAY, 33 * DAY],
    [88 * DAY, 93 * DAY, 91 * DAY],
    [364 * DAY, 367 * DAY, 365 * DAY],
  ];
  const snapped = steps.find(([from, until]) => away > from && away < until);
  const unit = Math.abs(away) > HOUR ? HOUR : 5 * MINUTE;
  return snapped?.[2] ?? Math.ceil(away / unit) * unit;
}

function normalDay(text: string, at: number): string {
  const isMonth = text.length === 7;
  const time = Date.parse(isMonth ? `${text}-01` : text);
  const isNear = Math.abs(time - at) <= 62 * DAY;
  return isNear ? new Date(normalTime(time, at)).toISOString().slice(0, text.length) : text;
}

/** Lists of the platform without the products' entries, if one is of the first product. */
function preferred(value: unknown, products: readonly string[]): unknown {
  if (Array.isArray(value)) {
    const [first, ...others] = products;
    const own = value.filter((one) => names(one, first) && !others.some((other) => names(one, other)));
    return (own.length > 0 ? own : value).map((one) => preferred(one, products));
  }
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, preferred(one, products)]));
}

const names = (value: unknown, product: string | undefined) =>
  product !== undefined && JSON.stringify(value).includes(`"${product}`);

/** Long lists and texts cut. */
function trimmed(value: unknown): unknown {
  if (typeof value === 'string')
    return value.length > LONGEST_TEXT ? `${value.slice(0, value.lastIndexOf(' ', LONGEST_TEXT))} …` : value;
  if (Array.isArray(value)) return value.slice(0, LONGEST_LIST).map((one) => trimmed(one));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, trimmed(one)]));
}
