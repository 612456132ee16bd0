import { checkReply, precheck, supportFor } from '#platform/ai';
import {
  helplineSchema,
  namedObject,
  type RouteName,
  type Safety,
  type SafetyKind,
  type SafetyStatus,
  type SafetySupport,
} from '#platform/http';
import { AppError } from '#platform/kernel';
import type { Permit } from '#platform/limits';
import type { ProductContext } from '#platform/product';
import { z } from 'zod';

/** Of what nobody said. */
export const OK: Safety = { status: 'ok', kinds: [] };

/** Of a reply that was not fit to be shown as a whole. */
export const CARE: Safety = { status: 'caution', kinds: [] };

/** Words and helplines: in a crisis, and for somebody who worries about another. */
export const supportSchema = namedObject('SafetySupport', {
  message: z.string(),
  helplines: z.array(helplineSchema),
}).nullable();

/** None where there is nothing to say. */
export function shownSupport({ safety, message, helplines }: SafetySupport): z.input<typeof supportSchema> {
  return safety.status === 'ok' ? null : { message, helplines: [...helplines] };
}

/** The safety of a text as it was stored. */
export function shownSafety(row: {
  readonly safety: SafetyStatus;
  readonly safety_kinds: readonly SafetyKind[];
}): Safety {
  return { status: row.safety, kinds: [...row.safety_kinds] };
}

/** What a prompt is told of a text that is no crisis, and yet asks for care. */
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

/** What the precheck says of a text that is not in the request, for whoever wrote it earlier; it is written down as always. */
export function lookAt({ ai, permit, route }: Call, text: string, locale: string | null): SafetySupport {
  const hints = locale === null ? {} : { locale };
  const { status, kinds, language, rules } = precheck(text, hints);
  if (status !== 'ok')
    record({ ai, permit, route }, { status, kinds: [...kinds], rules, source: 'precheck' });
  return supportFor({ status, kinds, language, ...hints });
}

/** The words and lines for somebody to whom a model would have said what nobody should read. */
export function instead(locale: string | undefined): SafetySupport {
  return supportFor({ ...CARE, locale });
}

/** A call that something was found in. */
interface Call {
  readonly ai: Pick<ProductContext['ai'], 'safety'>;
  readonly permit: Pick<Permit, 'accountId' | 'userId' | 'requestId'>;
  readonly route: RouteName;
}

/** Writes down that a model wrote what nobody should read: which rules, never the text. */
export function recordUnfit(call: Call, rules: readonly string[]): void {
  record(call, { ...CARE, source: 'reply', rules });
}

function record(
  { ai, permit, route }: Call,
  found: Safety & { readonly source: 'precheck' | 'reply'; readonly rules: readonly string[] },
): void {
  const { accountId, userId, requestId } = permit;
  ai.safety.findings?.record({ product: 'prism', route, requestId, accountId, userId, ...found });
}

/** Throws `answer_unusable` where a model wrote what nobody should read; what it took of a quota is given back. */
export async function assertFit(
  of: Call & { readonly permit: Pick<Permit, 'release'> },
  ...texts: readonly string[]
): Promise<void> {
  const rules = texts.flatMap((text) => checkReply(text).rules);
  if (rules.length === 0) return;
  recordUnfit(of, rules);
  await of.permit.release('unfit reply');
  throw new AppError('answer_unusable');
}

/** Whether what a model wrote may be read. */
export function isFit(text: string): boolean {
  return checkReply(text).fit;
}

/** The words for what was said of a text before, to somebody who asks for its answer again. */
export function supportAgain(
  row: Parameters<typeof shownSafety>[0],
  locale: string | undefined,
): SafetySupport {
  return supportFor({ ...shownSafety(row), locale });
}
