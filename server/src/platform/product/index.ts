export { declareCatalogue, type EntitlementChange, UNLIMITED } from '#platform/entitlements';
export {
  type Activity,
  type ActivityQuery,
  type NewActivity,
} from './activity.ts';
export {
  defineProduct,
  memberCalls,
  type Product,
  productRoutes,
} from './define-product.ts';
export { definePart, type EntitlementHook, type Part, type ProductParts } from './part.ts';
export { type PlatformParts, productContext, type ProductContext } from './product-context.ts';
export type { CrashPoint, LostAnswer } from './crash-points.ts';
export { type OpenPart, registerPart } from './register-product.ts';
export { type PlanAccess, planTextCall, type WorkRequest } from './plan-access.ts';
export { type FirstEvent, TextEvents } from './text-events.ts';
export {
  answerText,
  type StoredText,
  storeText,
  type TextAnswer,
  type TextCall,
  type TextReply,
} from './text-work.ts';
export { type NextWork, nextWork, type NextWorkRequest } from './next-work.ts';
export {
  canGoOn,
  nextNumber,
  type NumberedChanges,
  pruneChanges,
  pruneNumbered,
} from './numbered-changes.ts';
export type { ProductJob, ProductSchedule } from './job.ts';
export { productSystemUses, purgeTrash, type Trash, trashOf } from './trash.ts';
export {
  refusedChange,
  versionUpdate,
  type Versioned,
  versionedAnswer,
  type WhichVersion,
} from './versions.ts';
export { answerFollower, type Follower, followQuery, type FollowedEvents } from './follow.ts';
export {
  createFollowing,
  type FollowedWork,
  type Following,
  WORK_STATUSES,
  type WorkKey,
  type WorkSignals,
  workSignals,
  type WorkStatus,
} from './following.ts';
export type { Progress } from './progress-events.ts';
export { type Attachment, declareMails, mailTemplate } from '#platform/mail';
export { type ProductSubscription, subscriptionsOf } from '#platform/billing';
export {
  acceptedAnswer,
  type AcceptedWork,
  acceptWork,
  type Cancellation,
  cancelWork,
  completeJob,
  failJob,
  keepAnswer,
} from './work-commits.ts';
export type { DeadJob, JobFailure, RunningJob } from '#platform/jobs';
export {
  instantOf,
  listName,
  microseconds,
  microsecondsOf,
  olderThan,
  type Put,
  type TimeList,
  timeList,
  type TimePosition,
  valuesOf,
} from './time-lists.ts';
export type { ServerCaller, SmokeSteps } from './visit.ts';
