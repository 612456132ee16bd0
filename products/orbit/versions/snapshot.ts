import type { ScopeStatus } from '../scopes/scope.ts';
import type { Citation, SectionFields, SectionType } from '../scopes/sections/section.ts';

/** A section as a version keeps it. */
export interface KeptSection {
  readonly id: string;
  readonly type: SectionType;
  readonly title: string;
  readonly content: string;
  readonly fields: SectionFields;
  readonly confidence: number | null;
  readonly citations: readonly Citation[] | null;
}

/** A scope as a version keeps it, its sections in their order. */
export interface Snapshot {
  readonly title: string;
  readonly client_name: string | null;
  readonly status: ScopeStatus;
  readonly summary: string;
  readonly currency: string;
  readonly project_id: string | null;
  readonly confidence: number | null;
  readonly sections: readonly KeptSection[];
}
