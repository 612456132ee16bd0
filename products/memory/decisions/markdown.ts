import { asCode, asLine } from '../one-line.ts';
import type { LinkedTexts } from './service.ts';

const TYPES = { relates_to: 'Relates to', drawn_from: 'Drawn from', implements: 'Implements' } as const;

const section = (heading: string, text: string) => ['', `## ${heading}`, '', text];

/** A decision as an architecture decision record in Markdown, in the form of Nygard's. */
export function decisionAsMarkdown(decision: LinkedTexts): string {
  const { title, decided_at: decidedAt, context, rationale, consequences, links, supersedes } = decision;
  const related = [
    ...supersedes.map((id) => `- Supersedes: decision ${id}`),
    ...links.map((link) => `- ${TYPES[link.type]}: ${targetOf(link)}`),
  ];
  return [
    `# ${asLine(title)}`,
    '',
    `Date: ${decidedAt.toISOString().slice(0, 10)}`,
    ...section('Status', statusOf(decision)),
    ...section('Context', context),
    ...section('Decision', rationale),
    ...(consequences === null ? [] : section('Consequences', consequences)),
    ...(related.length === 0 ? [] : section('Links', related.join('\n'))),
    '',
  ].join('\n');
}

function statusOf({ status, superseded_by: by }: LinkedTexts): string {
  if (status === 'superseded') return by === null ? 'Superseded' : `Superseded by decision ${by}`;
  return status === 'accepted' ? 'Accepted' : 'Proposed';
}

function targetOf(link: LinkedTexts['links'][number]): string {
  if (link.path !== null) return `file ${asCode(link.path)}`;
  if (link.message_id !== null) return `message ${link.message_id} of session ${link.session_id}`;
  return link.to_decision_id === null ? `session ${link.session_id}` : `decision ${link.to_decision_id}`;
}
