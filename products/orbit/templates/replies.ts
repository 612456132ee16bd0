import { namedObject } from 'plinth/product';
import { z } from 'zod';
import { MOST_CHARACTERS } from '../scopes/length.ts';
import { SECTION_TYPES } from '../scopes/sections/section.ts';
import { line, text } from '../words.ts';
import { type WithVisibility, VISIBILITIES } from './service.ts';
import type { TemplateRow, TemplateSummary } from './store.ts';

const ID = '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0c20';

const fields = {
  id: z.uuid(),
  visibility: z.enum(VISIBILITIES).describe('`public`: published for all workspaces.'),
  name: z.string(),
  description: z.string().nullable(),
  section_count: z.int(),
  version: z.int().describe('Counts its changes; its ETag.'),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
} as const;

const sectionFields = { type: z.enum(SECTION_TYPES), title: line(300) } as const;
const content = text(20_000).describe('Markdown.');
const section = namedObject('TemplateSection', { ...sectionFields, content });
const newSection = namedObject('NewTemplateSection', { ...sectionFields, content: content.default('') });

/** A template as lists answer it. */
export const summary = namedObject('TemplateSummary', fields);

/** A template with its sections. */
export const template = namedObject('Template', { ...fields, sections: z.array(section) });

const name = line(200);
const description = line(1_000).nullable();
const sections = z
  .array(newSection)
  .min(1)
  .max(100)
  .refine((all) => all.reduce((sum, one) => sum + one.content.length, 0) <= MOST_CHARACTERS, {
    error: `have more text than a scope can have: ${MOST_CHARACTERS} characters`,
  });

export const newTemplate = namedObject('NewTemplate', {
  name,
  description: description.default(null),
  sections,
});

export const changedTemplate = namedObject('UpdateTemplateRequest', {
  name: name.optional(),
  description: description.optional(),
  sections: sections.optional().describe('All of them anew.'),
}).refine((body) => Object.keys(body).length > 0, 'Say what to change.');

export function shownSummary(row: WithVisibility<TemplateSummary>): z.input<typeof summary> {
  return {
    id: row.id,
    visibility: row.visibility,
    name: row.name,
    description: row.description,
    section_count: row.section_count,
    version: row.version,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

export function shownTemplate(row: WithVisibility<TemplateRow>): z.input<typeof template> {
  return { ...shownSummary(row), sections: row.sections.map((one) => ({ ...one })) };
}

export const SUMMARY = {
  id: ID,
  visibility: 'workspace',
  name: 'A shop',
  description: 'What each of our shops begins with.',
  section_count: 1,
  version: 1,
  created_at: '2026-11-20T08:00:00.000Z',
  updated_at: '2026-11-20T08:00:00.000Z',
} as const;

export const TEMPLATE = {
  ...SUMMARY,
  sections: [{ type: 'exclusions', title: 'Exclusions', content: 'Photos of products.' } as const],
};
