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
