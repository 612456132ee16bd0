export type { Meter, UsageReport } from './meter.ts';
export { overageRoutes } from './routes.ts';
export { createOverage, type OverageParts, type Overages } from './service.ts';
