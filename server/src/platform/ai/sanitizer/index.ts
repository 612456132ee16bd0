export {
  type Cut,
  type Guard,
  type GuardedReply,
  createGuard,
  guards,
  type ReplyPermit,
  tellUnfit,
} from './guard.ts';
export { guardedModel } from './guarded-model.ts';
export type { Sanitizer } from './sanitizer.ts';
export { type DescribedTool, toolTexts } from './tool-texts.ts';
