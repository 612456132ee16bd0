import {
  helplineSchema,
  namedObject,
  precheck,
  type Safety,
  type SafetyKind,
  safetySchema,
  type SafetyStatus,
  type SafetySupport,
  supportFor,
} from 'plinth/product';
import { z } from 'zod';

/** Safety of an empty text. */
export const OK: Safety = { status: 'ok', kinds: [] };

/** Safety of a reply that was not fit to be shown as a whole. */
export const CARE: Safety = { status: 'caution', kinds: [] };

/** Words and helplines: in a crisis, and for a person who worries about another. */
export const supportSchema = namedObject('SafetySupport', {
  message: z.string(),
  helplines: z.array(helplineSchema),
}).nullable();

/** None where there is nothing to say. */
export function shownSupport({ safety, message, helplines }: SafetySupport): z.input<typeof supportSchema> {
  return safety.status === 'ok' ? null : { message, helplines: [...helplines] };
}

/** To a person in a crisis, in place of what they asked for. */
export const crisisReply = namedObject('CrisisReply', { safety: safetySchema, support: supportSchema });

export function shownCrisis(support: SafetySupport): z.input<typeof crisisReply> {
  return { safety: support.safety, support: shownSupport(support) };
}

/** Joins several texts, each on a line of its own. */
export function joinTexts(texts: readonly (string | null | undefined)[]): string {
  return texts.filter((text) => text !== undefined && text !== null).join('\n');
}

/** Whether a text may come into a prompt. */
export function isSayable(text: string): boolean {
  return precheck(text).status !== 'crisis';
}

/** The safety of a text as it was stored. */
export function shownSafety(row: {
  readonly safety: SafetyStatus;
  readonly safety_kinds: readonly SafetyKind[];
}): Safety {
  return { status: row.safety, kinds: [...row.safety_kinds] };
}

/** Words for a prompt about a text that is no crisis, and yet asks for care. */
export function careOf({ status }: Safety): string {
  switch (status) {
    case 'ok':
    case 'crisis':
      return 'none';
    case 'caution':
      return 'They may be worse than they say. Be warm and slow, make nothing light, and ask whether there is somebody whom they can talk to today.';
    case 'concern':
      return 'They worry about somebody else. Take it seriously: what they could say to that person, whom to involve, and that it is not theirs alone to carry.';
  }
}

/** The words and lines for a person to whom a model would have said what is not fit to be read. */
export function supportInstead(locale: string | undefined): SafetySupport {
  return supportFor({ ...CARE, locale });
}

/** The words for a text as it stands, to its author. */
export function supportOf(text: string, locale: string | undefined): SafetySupport {
  return supportFor({ ...precheck(text), locale });
}

/** The words for what was said of a text before, to a person who asks for its answer again. */
export function supportAgain(
  row: Parameters<typeof shownSafety>[0],
  locale: string | undefined,
): SafetySupport {
  return supportFor({ ...shownSafety(row), locale });
}
