export { declareCatalogue, UNLIMITED } from '#platform/entitlements';
export type { CrashPoint, LostAnswer } from './crash-points.ts';
export { defineProduct, type Product, type ProductParts, productRoutes } from './define-product.ts';
export type { Platform } from './platform.ts';
export { registerJobs } from './registering.ts';
export type { ProductJob, ProductSchedule } from './job.ts';
export type { DeadJob, JobFailure, RunningJob } from '#platform/jobs';
