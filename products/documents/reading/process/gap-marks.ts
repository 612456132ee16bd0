import { GAP_KINDS, type Gap } from '../gaps.ts';

/** The first of the 32 noncharacters of Unicode, which no text has. */
const FIRST = 0xfd_d0;
const MARKS = /[\uFDD0-\uFDEF]/g;

/** A character that stands where something is not read, until its page is known. */
export const markOf = (gap: Gap): string => String.fromCharCode(FIRST + GAP_KINDS.indexOf(gap));

export const withoutMarks = (text: string): string => text.replace(MARKS, '');

/** A page’s text, and what is not read on it. */
export function takeMarks(page: string): { readonly text: string; readonly gaps: readonly Gap[] } {
  const found = new Set(page.match(MARKS) ?? []);
  if (found.size === 0) return { text: page, gaps: [] };
  return {
    text: withoutMarks(page).replace(/\n(?:[ \t]*\n){2,}/g, '\n\n'),
    gaps: GAP_KINDS.filter((gap) => found.has(markOf(gap))),
  };
}
