export { type Guard, guardedModel, guarding, guards } from './guard.ts';
export type { Sanitizer } from './sanitizer.ts';
