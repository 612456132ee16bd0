import { useSearch } from '@tanstack/react-router';
import { readTexts } from '../../parts/search.ts';

/** What the page's address says of what it shows: jobs of this kind alone. */
export const readDeadLetterSearch = readTexts({ kind: undefined });

export type DeadLetterSearch = ReturnType<typeof readDeadLetterSearch>;

/** What the page's address says. */
export const useDeadLetterSearch = (): DeadLetterSearch =>
  readDeadLetterSearch({ ...useSearch({ from: '/app/dead-letters' }) });
