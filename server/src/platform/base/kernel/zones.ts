/** Whether a name is one of the time zone database: `Europe/Berlin`. PostgreSQL has a list of its own, as a rule the same. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
