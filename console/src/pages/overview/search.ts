import { readTexts } from '../../parts/search.ts';

export const SPANS = ['7', '30', '90'] as const;

/** `days`: how long the span is that is compared with the one before it. */
export const readOverviewSearch = readTexts({ days: SPANS });
