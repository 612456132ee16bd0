import {
  type AccountId,
  microsecondsOf,
  olderThan,
  type Statement,
  statement,
  type TimePosition,
  type UserId,
  valuesOf,
  versionUpdate,
  type WhichVersion,
  type WorkKey,
} from 'plinth/product';

export interface ProjectRow {
  readonly id: string;
  readonly name: string;
  readonly client_name: string | null;
  readonly archived_at: Date | null;
  readonly created_by: string;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const PROJECT = 'id, name, client_name, archived_at, created_by, version, created_at, updated_at';

export interface ProjectText {
  readonly name: string;
  readonly client_name: string | null;
}

export function insertProject(
  { accountId, id, userId }: WorkKey & { readonly userId: UserId },
  { name, client_name }: ProjectText,
): Statement<ProjectRow> {
  return statement<ProjectRow>(
    `insert into orbit.projects (account_id, id, created_by, name, client_name) values ($1, $2, $3, $4, $5) returning ${PROJECT}`,
    [accountId, id, userId, name, client_name],
  );
}

export function readProject({ accountId, id }: WorkKey): Statement<ProjectRow> {
  return statement<ProjectRow>(`select ${PROJECT} from orbit.projects where account_id = $1 and id = $2`, [
    accountId,
    id,
  ]);
}

export interface ProjectQuery {
  readonly archived: boolean;
  /** In upper or lower case. */
  readonly client_name: string | undefined;
  readonly after: TimePosition | undefined;
  readonly limit: number;
}

/** Newest first, from a place in that order on. */
export function listProjects(
  accountId: AccountId,
  { archived, client_name, after, limit }: ProjectQuery,
): Statement<ProjectRow & TimePosition> {
  const { values, put } = valuesOf(accountId, limit);
  const conditions = [
    'account_id = $1',
    `archived = ${archived}`,
    ...(client_name === undefined ? [] : [`client_key = lower(${put(client_name)})`]),
    ...olderThan(after, put),
  ];
  return statement<ProjectRow & TimePosition>(
    `select ${PROJECT}, ${microsecondsOf('created_at')} as at from orbit.projects where ${conditions.join(' and ')}
     order by created_at desc, id desc limit $2`,
    values,
  );
}

export interface ProjectChange {
  readonly name?: string | undefined;
  readonly client_name?: string | null | undefined;
  readonly archived?: boolean | undefined;
}

/** Changes a project of this version (any, when not said); one that is archived already keeps its day. */
export function changeProject(
  which: WhichVersion,
  { archived, ...change }: ProjectChange,
): Statement<ProjectRow> {
  const { text, values } = versionUpdate({ table: 'orbit.projects', returning: PROJECT }, which, (put) => ({
    sets: [
      ...Object.entries(change).map(([field, value]) => `${field} = ${put(value)}`),
      ...(archived === undefined
        ? []
        : [`archived_at = ${archived ? 'coalesce(archived_at, app.now())' : 'null'}`]),
    ],
  }));
  return statement<ProjectRow>(text, values);
}

/** Its scopes stay, in no project. */
export function deleteProject({ accountId, id }: WorkKey): Statement<{ id: string }> {
  return statement<{ id: string }>(
    'delete from orbit.projects where account_id = $1 and id = $2 returning id',
    [accountId, id],
  );
}
