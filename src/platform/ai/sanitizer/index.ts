export {
  type Cut,
  type Guard,
  guardedModel,
  type GuardedReply,
  guarding,
  guards,
  type ReplyPermit,
  tellUnfit,
} from './guard.ts';
export type { Sanitizer } from './sanitizer.ts';
