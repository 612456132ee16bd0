const MONTHS = [
  'jan|gen|ene|jän',
  'feb|fév|fev',
  'mar|mär',
  'apr|avr|abr',
  'may|mai|mag|maj',
  'jun|juin|giu',
  'jul|juil|lug',
  'aug|aoû|ago',
  'sep|set',
  'oct|okt|ott|out',
  'nov',
  'dec|dez|déc|dic',
].map((names) => names.split('|'));

const MONTH = String.raw`(\p{L}{3,10})\.?`;
const FORMS: readonly { form: RegExp; order: 'ymd' | 'dmy' | 'mdy' }[] = [
  { form: /\b(\d{4})-(\d{2})-(\d{2})\b/gu, order: 'ymd' },
  { form: /\b(\d{1,2})\.(\d{1,2})\.(\d{4})\b/gu, order: 'dmy' },
  { form: /\b(\d{1,2})\/(\d{1,2})\/(\d{4})\b/gu, order: 'mdy' },
  {
    form: new RegExp(
      String.raw`\b(\d{1,2})(?:st|nd|rd|th|º|er|\.)?\s+(?:de\s+)?${MONTH},?\s+(?:de\s+)?(\d{4})\b`,
      'gu',
    ),
    order: 'dmy',
  },
  { form: new RegExp(String.raw`\b${MONTH}\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})\b`, 'gu'), order: 'mdy' },
];

function monthNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  const name = text.toLowerCase();
  return 1 + MONTHS.findIndex((starts) => starts.some((start) => name.startsWith(start)));
}

function isoDate(parts: readonly string[], order: 'ymd' | 'dmy' | 'mdy'): string | null {
  const [first = '', second = '', third = ''] = parts;
  const [year, monthText, day] =
    order === 'ymd'
      ? [first, second, third]
      : order === 'dmy'
        ? [third, second, first]
        : [third, first, second];
  const month = monthNumber(monthText);
  const date = new Date(Date.UTC(Number(year), month - 1, Number(day)));
  const real =
    month >= 1 && month <= 12 && date.getUTCDate() === Number(day) && date.getUTCFullYear() >= 1000;
  return real ? date.toISOString().slice(0, 10) : null;
}

/** Calendar dates in a text, as ISO dates in order of appearance. Slashes are read as month/day/year. */
export function datesIn(text: string): string[] {
  const found: { at: number; date: string }[] = [];
  for (const { form, order } of FORMS) {
    for (const match of text.matchAll(form)) {
      const date = isoDate(match.slice(1), order);
      if (date !== null) found.push({ at: match.index, date });
    }
  }
  return [...new Set(found.sort((a, b) => a.at - b.at).map((entry) => entry.date))];
}

/** The text without its dates, so that their digits are not taken for quantities. */
export function withoutDates(text: string): string {
  return FORMS.reduce(
    (rest, { form, order }) =>
      rest.replace(form, (whole, ...parts: string[]) => (isoDate(parts, order) === null ? whole : ' ')),
    text,
  );
}
