export {
  type Cut,
  type Guard,
  guardedModel,
  type GuardedReply,
  createGuard,
  guards,
  type ReplyPermit,
  tellUnfit,
} from './guard.ts';
export type { Sanitizer } from './sanitizer.ts';
