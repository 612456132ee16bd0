/** Subjects of sections. */
export const SECTION_TYPES = [
  'overview',
  'objectives',
  'deliverables',
  'timeline',
  'budget',
  'assumptions',
  'exclusions',
  'risks',
  'acceptance',
  'other',
] as const;
export type SectionType = (typeof SECTION_TYPES)[number];

/** Where in a document something stands, word for word. */
export interface Citation {
  readonly document_id: string;
  readonly page: number;
  readonly quote: string;
}

/** Dates, durations and money that stand in a section, parsed: `fields/fields.ts` says their form. */
export type SectionFields = Readonly<Record<string, unknown>>;

/** A section as it is stored. */
export interface SectionRow {
  readonly id: string;
  readonly scope_id: string;
  readonly type: SectionType;
  readonly title: string;
  /** Markdown. */
  readonly content: string;
  readonly fields: SectionFields;
  readonly confidence: number | null;
  readonly citations: readonly Citation[] | null;
  /** Its place in the scope: compared by bytes, ties broken by id. */
  readonly rank: string;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** A section that is to be added. */
export interface NewSection {
  readonly type: SectionType;
  readonly title: string;
  readonly content: string;
  readonly fields?: SectionFields | undefined;
  readonly confidence?: number | null | undefined;
  readonly citations?: readonly Citation[] | null | undefined;
}
