import type { SectionRow } from './sections/section.ts';

/** The status of a scope. */
export const SCOPE_STATUSES = ['draft', 'in_review', 'approved', 'sent', 'archived'] as const;
export type ScopeStatus = (typeof SCOPE_STATUSES)[number];

/** A scope as it is stored. */
export interface ScopeRow {
  readonly id: string;
  readonly project_id: string | null;
  readonly title: string;
  readonly client_name: string | null;
  readonly status: ScopeStatus;
  readonly summary: string;
  /** Confidence of what was extracted, 0 to 1; null: nothing was. */
  readonly confidence: number | null;
  readonly currency: string;
  readonly created_by: string;
  /** Counts its changes and those of its sections. */
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly deleted_at: Date | null;
}

/** A scope with its sections in their order. */
export interface WholeScope {
  readonly scope: ScopeRow;
  readonly sections: readonly SectionRow[];
}
