import { type DataRule, erased, erasedWith, THE_ACCOUNTS } from '#platform/db';
import type { CrashPoint, ProductJob, ProductSchedule } from '#platform/product';
import type { Orbit } from '../service.ts';

export const dataRules: DataRule[] = [
  { table: 'orbit.workspaces', account: erased() },
  { table: 'orbit.projects', account: erased() },
  {
    table: 'orbit.scopes',
    account: erased(),
    user: THE_ACCOUNTS,
    withheld: ['trashed', 'search', 'section_search'],
  },
  { table: 'orbit.sections', account: erasedWith('orbit.scopes') },
  { table: 'orbit.scope_versions', account: erasedWith('orbit.scopes'), user: THE_ACCOUNTS },
];

export const crashPoints: Readonly<Record<string, CrashPoint>> = {};

export const jobs: Readonly<Record<string, ProductJob<Orbit>>> = {};

export const schedules: Readonly<Record<string, ProductSchedule>> = {};
