import type { DocumentLanguage } from './words.ts';

/** A piece of text in one style. A line break in it is a line feed. */
export interface Run {
  readonly text: string;
  readonly bold?: true;
  readonly italics?: true;
  readonly strike?: true;
  readonly code?: true;
}

export type Runs = readonly Run[];
export type Alignment = 'left' | 'center' | 'right';

export interface Column {
  readonly title: Runs;
  readonly align: Alignment;
  /** Its share of the table's width; those of a table are 1 together. */
  readonly width: number;
}

export interface TableBlock {
  readonly kind: 'table';
  readonly columns: readonly Column[];
  /** Each row has as many cells as there are columns. */
  readonly rows: readonly (readonly Runs[])[];
}

export interface ListBlock {
  readonly kind: 'list';
  readonly ordered: boolean;
  readonly start: number;
  readonly items: readonly (readonly Block[])[];
}

/** The parts of a section, the same for every format. */
export type Block =
  /** Its level is 2 or 3: the section's own heading is the first. */
  | { readonly kind: 'heading'; readonly level: number; readonly runs: Runs }
  | { readonly kind: 'paragraph'; readonly runs: Runs }
  | { readonly kind: 'quote'; readonly blocks: readonly Block[] }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'rule' }
  | ListBlock
  | TableBlock;

export interface DocumentPart {
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** A picture whose head was read: its size is in pixels. */
export interface Logo {
  readonly type: 'png' | 'jpg';
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** How a document looks, as the workspace's plan allows it. Colours are `#rrggbb`. */
export interface Branding {
  readonly logo: Logo | null;
  readonly primary: string | null;
  readonly accent: string | null;
  /** Whether Orbit's own mark is on it. */
  readonly mark: boolean;
}

/** A scope as a document that is sent to a client. */
export interface ScopeDocument {
  readonly title: string;
  readonly workspace: string;
  readonly client: string | null;
  readonly project: string | null;
  /** The day of the version, in words. */
  readonly date: string;
  /** The same instant as ISO 8601: what the file says of itself, so that its bytes don't tell when it was made. */
  readonly instant: string;
  readonly version: number;
  readonly status: string;
  readonly summary: string | null;
  readonly parts: readonly DocumentPart[];
  /** Language of all that the workspace did not write itself. */
  readonly language: DocumentLanguage;
  readonly branding: Branding;
}

/** A file that was made, and what of the document it could not show. */
export interface MadeFile {
  readonly bytes: Uint8Array;
  readonly missing: readonly MissingContent[];
}

/**
 * Contents that a file could not show: `script`, characters that no font has, and that are named in their place; `font`, characters whose font is left to
 * the program that opens the file; `logo`, a logo that is no picture.
 */
export interface MissingContent {
  readonly what: 'script' | 'font' | 'logo';
  /** `Hangul`; of a logo, why. */
  readonly name: string;
  readonly characters: number;
}
