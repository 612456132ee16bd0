import type { Verb } from './verb.ts';

/** Each verb's code is loaded when it is called: a verb pays for what it needs alone. */
export const VERBS: Readonly<Record<string, () => Promise<Verb>>> = {
  start: async () => (await import('./serve.ts')).start,
  serve: async () => (await import('./serve.ts')).serve,
  worker: async () => (await import('./serve.ts')).work,
  migrate: async () => (await import('./migrate.ts')).migrate,
  console: async () => (await import('./console-link.ts')).consoleLink,
  admin: async () => (await import('./admin.ts')).admin,
  budget: async () => (await import('./budget.ts')).budget,
  usage: async () => (await import('./usage.ts')).usage,
  move: async () => (await import('./move.ts')).move,
  backup: async () => (await import('./backup.ts')).backup,
  restore: async () => (await import('./restore.ts')).restore,
  keys: async () => (await import('./keys.ts')).keys,
  stripe: async () => (await import('./stripe.ts')).stripe,
  import: async () => (await import('./import-file.ts')).importFile,
  seed: async () => (await import('./seed.ts')).seed,
  mcp: async () => (await import('./mcp.ts')).mcp,
  mail: async () => (await import('./mail.ts')).mail,
  config: async () => (await import('./show-config.ts')).showConfig,
  doctor: async () => (await import('./doctor.ts')).doctor,
  health: async () => (await import('./health.ts')).health,
  smoke: async () => (await import('./smoke.ts')).smoke,
  prepare: async () => (await import('./prepare.ts')).prepare,
  new: async () => (await import('./new.ts')).newThing,
  generate: async () => (await import('./generate.ts')).generate,
};
