import type { SectionRow } from './sections/section.ts';

/** A note that extraction leaves in a section: its line begins so until a person has decided, and ends with its paragraph. */
const NOTE = /^> \*\*Conflict: ([^\n]*?)\.\*\*[^]*?(?=\n[ \t]*\n|(?![^]))/gm;

/** The note of documents that contradict each other on a subject; `places` say what stands where. */
export function conflictNote(subject: string, places: readonly string[]): string {
  const named = inOneLine(subject).replaceAll('*', '');
  return `> **Conflict: ${named}.** The documents say ${inOneLine(places.join(' and '))}. Decide which one holds.`;
}

export interface OpenConflict {
  readonly section_id: string;
  readonly subject: string;
}

/** Contradictions that are not decided yet: their notes still stand in the sections. */
export function openConflictsOf(sections: readonly Pick<SectionRow, 'id' | 'content'>[]): OpenConflict[] {
  return sections.flatMap(({ id, content }) =>
    [...lineFed(content).matchAll(NOTE)].map(([, subject = '']) => ({ section_id: id, subject })),
  );
}

/** A section as others may read it: its notes of conflicts name files, and are for its writers. */
export function withoutConflictNotes(content: string): string {
  const text = lineFed(content);
  return text.search(NOTE) === -1 ? content : text.replaceAll(NOTE, '').trim();
}

function inOneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

function lineFed(text: string): string {
  return text.replaceAll(/\r\n?/g, '\n');
}
