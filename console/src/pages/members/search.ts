/** What the page's address says of what it shows. */
export interface MembersSearch {
  /** The team that is opened. */
  readonly team?: string;
}

export const readMembersSearch = ({ team }: Readonly<Record<string, unknown>>): MembersSearch =>
  typeof team === 'string' ? { team } : {};
