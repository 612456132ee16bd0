import { readTexts } from '../../parts/search.ts';

/** What the page's address says of what it shows: the team that is opened. */
export const readMembersSearch = readTexts({ team: undefined });
