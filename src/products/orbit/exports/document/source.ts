import type { Branding } from './model.ts';

/** What a document is made from: plain values, so that another thread can be given them. */
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
  readonly branding: Branding;
}

export interface SourceSection {
  readonly type: string;
  readonly title: string;
  /** Markdown. */
  readonly content: string;
  readonly fields: Fields;
  readonly citations: readonly {
    readonly document_id: string;
    readonly page: number;
    readonly quote: string;
  }[];
}

/** What was parsed out of a section: each says with which words it stands there. */
export interface Fields {
  readonly dates: readonly DateField[];
  readonly durations: readonly { readonly text: string }[];
  readonly money: readonly MoneyField[];
}

export interface DateField {
  readonly text: string;
  /** `2027-03-15`. */
  readonly date: string;
  readonly until?: string | undefined;
}

export interface MoneyField {
  readonly text: string;
  /** ISO 4217. */
  readonly currency: string;
  readonly amount_minor: number;
  readonly until_minor?: number | undefined;
  readonly terms?: string | undefined;
}
