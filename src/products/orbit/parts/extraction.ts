import type { DataRule } from '#platform/db';
import type { CrashPoint, ProductJob, ProductSchedule } from '#platform/product';
import type { Orbit } from '../service.ts';

export const dataRules: DataRule[] = [];

export const crashPoints: Readonly<Record<string, CrashPoint>> = {};

export const jobs: Readonly<Record<string, ProductJob<Orbit>>> = {};

export const schedules: Readonly<Record<string, ProductSchedule>> = {};
