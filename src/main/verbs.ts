import type { Verb } from './verb.ts';

/** Each verb's code is loaded when it is called: a verb pays for what it needs alone. */
export const VERBS: Readonly<Record<string, () => Promise<Verb>>> = {
  start: async () => (await import('./serving.ts')).start,
  serve: async () => (await import('./serving.ts')).serve,
  worker: async () => (await import('./serving.ts')).work,
  migrate: async () => (await import('./migrating.ts')).migrate,
  admin: async () => (await import('./admin.ts')).admin,
  budget: async () => (await import('./budget.ts')).budget,
  usage: async () => (await import('./usage.ts')).usage,
  move: async () => (await import('./moving.ts')).move,
  keys: async () => (await import('./keys.ts')).keys,
  stripe: async () => (await import('./stripe.ts')).stripe,
  import: async () => (await import('./importing.ts')).importFile,
  mail: async () => (await import('./mail.ts')).mail,
  config: async () => (await import('./showing.ts')).showConfig,
  doctor: async () => (await import('./doctor.ts')).doctor,
  prepare: async () => (await import('./preparing.ts')).prepare,
  new: async () => (await import('./new.ts')).newThing,
  generate: async () => (await import('./generating.ts')).generate,
};
