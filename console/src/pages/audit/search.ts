import { type Span, SPAN_NAMES } from '../../parts/spans.ts';

/** What events are about: `member` has all that happens to members. */
export const SUBJECTS = [
  'account',
  'member',
  'invitation',
  'team',
  'key',
  'grant',
  'subscription',
  'payment',
  'overage',
  'webhook',
  'sso',
  'session',
  'user',
  'mfa',
  'export',
  'audit',
] as const;

/** What the page's address says of what it shows. */
export interface AuditSearch {
  readonly action?: string;
  readonly span?: Span;
  /** The id of a user or a key. */
  readonly actor?: string;
}

export function readAuditSearch({ action, span, actor }: Readonly<Record<string, unknown>>): AuditSearch {
  return {
    ...(typeof action === 'string' && /^[a-z_]+(?:\.[a-z_]+){0,2}$/.test(action) ? { action } : {}),
    ...(SPAN_NAMES.includes(span as never) ? { span: span as Span } : {}),
    ...(typeof actor === 'string' && actor !== '' ? { actor } : {}),
  };
}
