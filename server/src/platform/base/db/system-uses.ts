/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
export const dbSystemUses = {
  'db.installation': 'which data a database keeps, and whether it was moved elsewhere, is said of all of it',
  'db.maintenance': 'statistics and dead rows are those of whole tables',
} as const;

/**
 * Every use of `db.system`. Each module and product adds its own beside its definition, with the reason
 * (`declare module '#platform/db'`). A definition can't add them: its type has the service, whose methods name them.
 */
export interface SystemUses extends Readonly<Record<keyof typeof dbSystemUses, string>> {}

export type SystemUse = keyof SystemUses;
