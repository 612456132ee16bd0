import { namedObject } from 'plinth/product';
import { z } from 'zod';
import { cleanLine } from '../extraction/item.ts';

const KINDS = ['clarify', 'add', 'remove', 'rewrite'] as const;
const SEVERITIES = ['high', 'medium', 'low'] as const;

/** As a model is asked for what a section lacks. */
export const suggested = z.object({
  suggestions: z.array(
    z.object({ kind: z.enum(KINDS), title: z.string(), text: z.string(), reason: z.string() }),
  ),
});

const finding = z.object({
  title: z.string(),
  detail: z.string(),
  severity: z.enum(SEVERITIES),
  sections: z.array(z.number()),
});
type FindingInput = z.output<typeof finding>;

/** As a model is asked for what is wrong with a scope; sections by their numbers in the prompt. */
export const analyzed = z.object({
  risks: z.array(finding),
  gaps: z.array(finding),
  contradictions: z.array(finding),
});

export interface Suggestion {
  readonly kind: (typeof KINDS)[number];
  readonly title: string;
  readonly text: string;
  readonly reason: string;
}

export interface Finding {
  readonly title: string;
  readonly detail: string;
  readonly severity: (typeof SEVERITIES)[number];
  readonly section_ids: readonly string[];
}

/** Result that is kept with the scope. */
export type AnalysisResult =
  | { readonly suggestions: readonly Suggestion[] }
  | {
      readonly risks: readonly Finding[];
      readonly gaps: readonly Finding[];
      readonly contradictions: readonly Finding[];
    };

const MOST = { suggestions: 5, findings: 10, title: 200, text: 4_000, reason: 500, detail: 1_000 } as const;

export function suggestionsOf({ suggestions }: z.output<typeof suggested>): AnalysisResult {
  return {
    suggestions: suggestions.slice(0, MOST.suggestions).map(({ kind, title, text, reason }) => ({
      kind,
      title: cleanLine(title, MOST.title),
      text: cleanLine(text, MOST.text),
      reason: cleanLine(reason, MOST.reason),
    })),
  };
}

/** Findings with the ids of the sections that they name; a number that is no section's is left out. */
export function findingsOf(
  { risks, gaps, contradictions }: z.output<typeof analyzed>,
  sectionIds: readonly string[],
): AnalysisResult {
  const limitFindings = (found: readonly FindingInput[]): Finding[] =>
    found.slice(0, MOST.findings).map(({ title, detail, severity, sections }) => ({
      title: cleanLine(title, MOST.title),
      detail: cleanLine(detail, MOST.detail),
      severity,
      section_ids: [...new Set(sections.flatMap((number) => sectionIds[number - 1] ?? []))],
    }));
  return {
    risks: limitFindings(risks),
    gaps: limitFindings(gaps),
    contradictions: limitFindings(contradictions),
  };
}

const shownFinding = namedObject('ScopeFinding', {
  title: z.string(),
  detail: z.string(),
  severity: z.enum(SEVERITIES),
  section_ids: z.array(z.uuid()),
});

/** A result as it is answered: suggestions of a section, or what is wrong with a scope. */
export const resultFields = {
  suggestions: z
    .array(
      namedObject('SectionSuggestion', {
        kind: z.enum(KINDS),
        title: z.string(),
        text: z.string().describe('Words to put into the section; of `remove`, to take out.'),
        reason: z.string(),
      }),
    )
    .optional(),
  risks: z.array(shownFinding).optional(),
  gaps: z.array(shownFinding).optional(),
  contradictions: z.array(shownFinding).optional(),
} as const;
