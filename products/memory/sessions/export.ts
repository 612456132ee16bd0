import { asLine } from '../one-line.ts';
import type { OpenSession } from './service.ts';
import type { RefinedSummary, SessionSummary } from './summary.ts';

/** A decision that a session, or a message of it, is linked with. */
export interface LinkedDecision {
  readonly id: string;
  readonly title: string;
  readonly status: 'proposed' | 'accepted' | 'superseded';
}

/** The export of a session. */
export interface SessionExport {
  readonly session: OpenSession;
  readonly summary: SessionSummary;
  /** By a model, of all messages; null: none was asked since the last one. */
  readonly refined: RefinedSummary | null;
  readonly decisions: readonly LinkedDecision[];
}

/** The export as a page for people. */
export function exportAsMarkdown({ session, summary, refined, decisions }: SessionExport): string {
  const { sentences, roles, firstSaidAt } = summary;
  const counts = Object.entries(roles).map(([role, count]) => `${count} by ${role}`);
  return [
    `# ${asLine(session.title ?? session.client_id)}`,
    '',
    `- Session: ${session.id}`,
    `- Started: ${session.started_at.toISOString()}`,
    `- First message: ${firstSaidAt?.toISOString() ?? 'none'}`,
    `- Last message: ${session.last_said_at?.toISOString() ?? 'none'}`,
    `- Messages: ${session.messages}${counts.length === 0 ? '' : ` (${counts.join(', ')})`}`,
    `- Level: ${session.level}`,
    '',
    '## Summary',
    '',
    ...(session.summary === null ? [] : [asLine(session.summary), '']),
    ...(sentences.length === 0
      ? ['Nothing was said yet.']
      : (refined ?? sentences).map(({ text }) => `- ${asLine(text)}`)),
    '',
    '## Decisions',
    '',
    ...(decisions.length === 0
      ? ['None are linked with it.']
      : decisions.map(({ id, title, status }) => `- ${asLine(title)} (${status}, ${id})`)),
    '',
  ].join('\n');
}
