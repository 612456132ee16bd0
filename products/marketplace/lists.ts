/** Categories of plugins; the console says what each means. */
export const CATEGORIES =
  'productivity projects notes communication calendar research business developer_tools'.split(' ');

/** Permissions that a plugin may ask for, besides `network:` with the name of a host each. */
const PERMISSIONS =
  'read_tasks write_tasks read_notes write_notes read_projects write_projects read_memory run_agents read_files write_files notify';

/** A name of DNS in lower case with a dot in it: no address, no port, no wildcard. */
const HOST =
  /^(?=.{4,253}$)(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+(?=[a-z])[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/;

export function isPermission(value: string): boolean {
  const host = hostOf(value);
  return host === undefined ? PERMISSIONS.split(' ').includes(value) : HOST.test(host);
}

/** The host that a permission names; undefined: it names none. */
export const hostOf = (permission: string): string | undefined => /^network:(.*)$/s.exec(permission)?.[1];

/** Currency of prices: that of the plans. */
export const CURRENCY = 'eur';
