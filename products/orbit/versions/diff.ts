import { type DiffLine, diffLines, diffRoom, type DiffRoom, withinRoom } from 'plinth/product';
import type { SectionType } from '../scopes/sections/section.ts';
import type { KeptSection, Snapshot } from './snapshot.ts';

const FIELDS = ['title', 'client_name', 'status', 'summary', 'currency', 'project_id'] as const;

/** Change of one field. */
export interface FieldDiff {
  readonly field: (typeof FIELDS)[number] | 'type';
  readonly before: string | null;
  readonly after: string | null;
}

/** Change of a section. */
export interface SectionDiff {
  readonly id: string;
  readonly change: 'added' | 'removed' | 'changed' | 'moved';
  readonly type: SectionType;
  /** As it is called after the change; of one that was removed, as it was. */
  readonly title: string;
  /** Its place among the sections, from 1; null: it is not there. */
  readonly before_position: number | null;
  readonly after_position: number | null;
  readonly fields: readonly FieldDiff[];
  readonly lines: readonly DiffLine[];
  /** How many more there are: a diff shows no more than a reader can be sent. */
  readonly lines_left_out: number;
}

export interface ScopeDiff {
  readonly fields: readonly FieldDiff[];
  readonly sections: readonly SectionDiff[];
}

/** Changes of a scope from one version to another: fields, and sections in the order in which they stand after it. */
export function diffScopes(before: Snapshot, after: Snapshot): ScopeDiff {
  const room = diffRoom();
  const former = new Map(before.sections.map((section, index) => [section.id, { section, at: index + 1 }]));
  const present = new Set(after.sections.map(({ id }) => id));
  const moved = movedIds(
    before.sections.map(({ id }) => id).filter((id) => present.has(id)),
    after.sections.map(({ id }) => id).filter((id) => former.has(id)),
  );
  const kept = after.sections.flatMap((section, index) => {
    const old = former.get(section.id);
    const places = { before_position: old?.at ?? null, after_position: index + 1 };
    return diffSection(old?.section, section, { places, isMoved: moved.has(section.id), room });
  });
  const removed = before.sections
    .filter(({ id }) => !present.has(id))
    .map(
      (section): SectionDiff => ({
        ...sectionName(section),
        change: 'removed',
        before_position: former.get(section.id)?.at ?? null,
        after_position: null,
        fields: [],
        ...limitLines(
          diffLines(section.content, '', room).filter(({ op }) => op === 'removed'),
          room,
        ),
      }),
    );
  return {
    fields: FIELDS.flatMap((field) => diffField(field, before[field], after[field])),
    sections: [...kept, ...removed],
  };
}

type Places = Pick<SectionDiff, 'before_position' | 'after_position'>;

function diffSection(
  before: KeptSection | undefined,
  after: KeptSection,
  { places, isMoved, room }: { readonly places: Places; readonly isMoved: boolean; readonly room: DiffRoom },
): SectionDiff[] {
  if (before === undefined) {
    const lines = diffLines('', after.content, room).filter(({ op }) => op === 'added');
    return [{ ...sectionName(after), change: 'added', ...places, fields: [], ...limitLines(lines, room) }];
  }
  const fields = [
    ...diffField('title', before.title, after.title),
    ...diffField('type', before.type, after.type),
  ];
  const lines = diffLines(before.content, after.content, room);
  if (fields.length === 0 && lines.length === 0)
    return isMoved
      ? [{ ...sectionName(after), change: 'moved', ...places, fields, ...limitLines([], room) }]
      : [];
  return [{ ...sectionName(after), change: 'changed', ...places, fields, ...limitLines(lines, room) }];
}

function limitLines(all: readonly DiffLine[], room: DiffRoom): Pick<SectionDiff, 'lines' | 'lines_left_out'> {
  const lines = withinRoom(all, room);
  return { lines, lines_left_out: all.length - lines.length };
}

const sectionName = ({ id, type, title }: KeptSection) => ({ id, type, title });

function diffField(field: FieldDiff['field'], before: string | null, after: string | null): FieldDiff[] {
  return before === after ? [] : [{ field, before, after }];
}

/** The fewest that were moved: all but a longest run that kept its order. */
function movedIds(before: readonly string[], after: readonly string[]): Set<string> {
  const place = new Map(before.map((id, index) => [id, index]));
  const places = after.map((id) => place.get(id) ?? 0);
  const longest = places.map(() => 1);
  const previous = places.map(() => -1);
  for (let i = 0; i < places.length; i += 1)
    for (let j = 0; j < i; j += 1)
      if ((places[j] ?? 0) < (places[i] ?? 0) && (longest[j] ?? 0) + 1 > (longest[i] ?? 0)) {
        longest[i] = (longest[j] ?? 0) + 1;
        previous[i] = j;
      }
  const stayed = new Set<number>();
  for (let at = longest.indexOf(Math.max(...longest)); at >= 0; at = previous[at] ?? -1) stayed.add(at);
  return new Set(after.filter((_, index) => !stayed.has(index)));
}
