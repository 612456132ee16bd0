import type { Branding } from './model.ts';

/** Source of a document: plain values, so that another thread can be given them. */
export interface ExportSource {
  readonly title: string;
  readonly workspace: string;
  readonly client: string | null;
  readonly project: string | null;
  /** When this version of the scope was made, as ISO 8601. */
  readonly instant: string;
  readonly version: number;
  readonly status: string;
  readonly summary: string;
  readonly sections: readonly SourceSection[];
  /** Names of the documents that are cited, by id. None: no sources are listed. */
  readonly documents: Readonly<Record<string, string>> | null;
  /** The workspace's language: a BCP 47 tag. */
  readonly language: string;
  readonly branding: Branding;
}

export interface SourceSection {
  readonly type: string;
  readonly title: string;
  /** Markdown. */
  readonly content: string;
  readonly citations: readonly {
    readonly document_id: string;
    readonly page: number;
    readonly quote: string;
  }[];
}
