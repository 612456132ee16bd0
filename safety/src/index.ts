export { SAFETY_KINDS, SAFETY_STATUSES, type SafetyKind, type SafetyStatus } from './kinds.ts';
export { LOOK_ALIKES } from './look-alikes.ts';
export {
  assertWhole,
  languageOfLocale,
  precheck,
  type PrecheckHints,
  type SafetyResult,
  warmUp,
} from './precheck.ts';
export { checkReply, createReplyCheck, type ReplyResult, type ReplyStream } from './reply-check.ts';
export { type Language, LANGUAGES } from './rules.ts';
