/** What a plugin can be listed under, with what customers read of it. */
export const CATEGORIES = {
  productivity: 'Get more done: tasks, habits, routines',
  projects: 'Plan projects, and follow them',
  notes: 'Write, sort and find notes',
  communication: 'Write to people, and answer them',
  calendar: 'Dates, meetings and reminders',
  research: 'Find out, compare and sum up',
  business: 'Customers, offers, invoices and time sheets',
  developer_tools: 'Code, issues and releases',
} as const;

export type Category = keyof typeof CATEGORIES;
export const CATEGORY_NAMES = Object.keys(CATEGORIES) as [Category, ...Category[]];

/** What a plugin may ask for, with what customers read before they install it. `network` is asked for by host: `network:api.example.com`. */
export const PERMISSIONS = {
  read_tasks: 'Read your tasks',
  write_tasks: 'Create, change and delete tasks',
  read_notes: 'Read your notes',
  write_notes: 'Create, change and delete notes',
  read_projects: 'Read your projects and their checkpoints',
  write_projects: 'Create, change and delete projects and checkpoints',
  read_memory: 'Search what the assistant remembers',
  run_agents: 'Have agents work on what you ask, on your plan',
  read_files: 'Read files that you choose',
  write_files: 'Write files where you choose',
  notify: 'Show notifications',
  network: 'Send to and receive from one host on the internet',
} as const;

const WITH_PARAMETER = 'network';
export type Permission =
  | Exclude<keyof typeof PERMISSIONS, typeof WITH_PARAMETER>
  | `${typeof WITH_PARAMETER}:${string}`;

/** A name of DNS in lower case with a dot in it: no address, no port, no wildcard. */
const HOST =
  /^(?=.{4,253}$)(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+(?=[a-z])[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/;

export function isPermission(value: string): value is Permission {
  const host = hostOf(value);
  return host === undefined ? value !== WITH_PARAMETER && Object.hasOwn(PERMISSIONS, value) : HOST.test(host);
}

/** The host that a permission names; undefined: it names none. */
export function hostOf(permission: string): string | undefined {
  const [name, host] = permission.split(/:(.*)/s);
  return name === WITH_PARAMETER ? host : undefined;
}
