import type { ExportSource, SourceSection } from '../document/source.ts';

export function section(content: string, more: Partial<SourceSection> = {}): SourceSection {
  return { type: 'other', title: 'A section', content, citations: [], ...more };
}

/** What a document is made from: a small scope of some sections. */
export function source(sections: readonly SourceSection[], more: Partial<ExportSource> = {}): ExportSource {
  return {
    title: 'A new shop',
    workspace: 'Nordlicht',
    client: 'Acme',
    project: null,
    instant: '2026-11-20T08:00:00.000Z',
    version: 3,
    status: 'draft',
    summary: '',
    sections,
    documents: null,
    language: 'en',
    branding: { logo: null, primary: null, accent: null, mark: true },
    ...more,
  };
}
