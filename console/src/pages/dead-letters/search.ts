import { readTexts } from '../../parts/search.ts';

/** What the page's address says of what it shows: jobs of this kind alone. */
export const readDeadLetterSearch = readTexts({ kind: undefined });
