import { namedObject, safetySchema, type SafetySupport } from 'plinth/product';
import { z } from 'zod';
import { shownSafety, shownSupport, supportSchema } from '../safety.ts';
import { FRAGMENT_KINDS, type FragmentRow } from './fragment-store.ts';
import type { MessageRow } from './message-store.ts';
import type { Exchange } from './messages.ts';
import { SESSION_STATUSES, type SessionRow } from './session-store.ts';
import type { WholeSession } from './sessions.ts';

const sessionFields = {
  id: z.uuid(),
  title: z.string().nullable(),
  status: z.enum(SESSION_STATUSES).describe('`closing`: it takes no more messages, and is being summed up.'),
  summary: z.string().nullable(),
  summary_error: z.string().nullable().describe('Why it was closed without a summary.'),
  created_at: z.iso.datetime(),
  closed_at: z.iso.datetime().nullable(),
};

/** A session as lists answer it. */
export const session = namedObject('MirrorSession', sessionFields);

/** A new one; with words and whom to ask, where its title asks for care. */
export const openedSession = namedObject('OpenedMirrorSession', { ...sessionFields, support: supportSchema });

export const message = namedObject('MirrorMessage', {
  id: z.uuid(),
  role: z.enum(['user', 'mirror']),
  content: z.string(),
  status: z
    .enum(['waiting', 'answered', 'whole', 'cut'])
    .describe('A message waits for its reply, or is answered; a reply is whole, or was cut short.'),
  safety: safetySchema,
  created_at: z.iso.datetime(),
});

export const fragment = namedObject('MirrorFragment', {
  id: z.uuid(),
  kind: z.enum(FRAGMENT_KINDS),
  text: z.string(),
  intensity: z.number().min(0).max(1),
  message_id: z.uuid().describe('The message that it was drawn out of.'),
});

export const wholeSession = namedObject('MirrorSessionDetail', {
  ...session.shape,
  messages: z.array(message),
  fragments: z.array(fragment),
});

/** A message and its reply. In a crisis neither is there: words and helplines stand in their place. */
export const exchange = namedObject('MirrorReply', {
  session_id: z.uuid(),
  safety: safetySchema,
  message: message.nullable(),
  reply: message.nullable(),
  support: supportSchema,
});

export function shownSession(row: SessionRow): z.input<typeof session> {
  const { id, title, status, summary, summary_error, created_at, closed_at } = row;
  return {
    id,
    title,
    status,
    summary,
    summary_error,
    created_at: created_at.toISOString(),
    closed_at: closed_at?.toISOString() ?? null,
  };
}

export function shownOpened(row: SessionRow, support: SafetySupport): z.input<typeof openedSession> {
  return { ...shownSession(row), support: shownSupport(support) };
}

function shownMessage(row: MessageRow): z.input<typeof message> {
  const { id, role, content, status, created_at } = row;
  return { id, role, content, status, safety: shownSafety(row), created_at: created_at.toISOString() };
}

function shownFragment({ id, kind, text, intensity, message_id }: FragmentRow): z.input<typeof fragment> {
  return { id, kind, text, intensity, message_id };
}

export function shownWhole(whole: WholeSession): z.input<typeof wholeSession> {
  return {
    ...shownSession(whole.session),
    messages: whole.messages.map(shownMessage),
    fragments: whole.fragments.map(shownFragment),
  };
}

/** A message with its reply; for an author who worries about another, with words and whom to ask. */
export function shownExchange(
  { message: asked, reply }: Exchange,
  support?: SafetySupport,
): z.input<typeof exchange> {
  return {
    session_id: asked.session_id,
    safety: shownSafety(asked),
    message: shownMessage(asked),
    reply: shownMessage(reply),
    support: support === undefined ? null : shownSupport(support),
  };
}

/** To a person in a crisis. What they wrote is not kept, and nothing was made of it. */
export function shownCrisis(
  support: SafetySupport,
  { session_id }: { readonly session_id: string },
): z.input<typeof exchange> {
  return { session_id, safety: support.safety, message: null, reply: null, support: shownSupport(support) };
}
