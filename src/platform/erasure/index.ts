import { type Migration, migrationsIn } from '#platform/db';

export { erasureDataRules } from './data-rules.ts';
export { createErasure, type Erasure } from './erasure.ts';
export type { Subject } from './plan.ts';
export { erasureRoutes } from './routes.ts';

export const erasureMigrations = (): Migration[] => migrationsIn('erasure', import.meta.url);
