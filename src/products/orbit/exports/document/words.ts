import type { DateField, MoneyField } from './source.ts';

/** All words of a document that nobody in the workspace wrote. */
export const WORDS = {
  kind: 'Scope of Work',
  contents: 'Contents',
  summary: 'Summary',
  sources: 'Sources',
  preparedFor: 'Prepared for',
  preparedBy: 'Prepared by',
  project: 'Project',
  date: 'Date',
  version: 'Version',
  status: 'Status',
  mark: 'Made with Orbit',
  number: 'No.',
  deliverable: 'Deliverable',
  description: 'Description',
  due: 'Due',
  milestone: 'Milestone',
  when: 'When',
  item: 'Item',
  amount: 'Amount',
  details: 'Details',
  terms: 'Terms',
  document: 'Document',
  page: 'Page',
  quote: 'Quoted',
  section: 'Section',
  removed: 'a document that was deleted',
  pageOf: (page: number, pages: number) => `Page ${page} of ${pages}`,
} as const;

const STATUSES: Readonly<Record<string, string>> = {
  draft: 'Draft',
  in_review: 'In review',
  approved: 'Approved',
  sent: 'Sent',
  archived: 'Archived',
};

export function statusWord(status: string): string {
  return STATUSES[status] ?? status;
}

const DAY = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'UTC',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
});

/** `15 March 2027`; what is no date stays as it is. */
export function dayWords(date: string): string {
  const instant = new Date(date);
  return Number.isNaN(instant.getTime()) ? date : DAY.format(instant);
}

export function dateWords({ date, until }: DateField): string {
  return until === undefined || until === date ? dayWords(date) : `${dayWords(date)} – ${dayWords(until)}`;
}

/** `€12,000`, with cents where there are some; a range has both ends. */
export function moneyWords({ currency, amount_minor, until_minor }: MoneyField): string {
  const amount = oneAmount(currency, amount_minor);
  return until_minor === undefined || until_minor === amount_minor
    ? amount
    : `${amount} – ${oneAmount(currency, until_minor)}`;
}

function oneAmount(currency: string, minor: number): string {
  const code = currency.toUpperCase();
  const form = new Intl.NumberFormat('en-US', { style: 'currency', currency: code });
  const digits = form.resolvedOptions().maximumFractionDigits ?? 2;
  const amount = minor / 10 ** digits;
  if (!Number.isInteger(amount)) return form.format(amount);
  return new Intl.NumberFormat('en-US', {
    style: 'currency',
    currency: code,
    maximumFractionDigits: 0,
  }).format(amount);
}
