import type { BodyOf, Caller, CallOptions, QueryOf } from './calls.ts';

export type Account = ReturnType<typeof accountCalls>;

/** The user, the organizations and keys that belong to them, and what their plans give. */
export function accountCalls({ call }: Caller) {
  return {
    me: {
      get: (options?: CallOptions) => call('GET /v1/me', {}, options),
      update: (body: BodyOf<'PATCH /v1/me'>, options?: CallOptions) =>
        call('PATCH /v1/me', { body }, options),
    },

    apiKeys: {
      list: (query: QueryOf<'GET /v1/api-keys'> = {}, options?: CallOptions) =>
        call('GET /v1/api-keys', { query }, options),
      /** The key itself is in this answer and nowhere else. */
      create: (body: BodyOf<'POST /v1/api-keys'>, options?: CallOptions) =>
        call('POST /v1/api-keys', { body }, options),
      revoke: (id: string, options?: CallOptions) =>
        call('DELETE /v1/api-keys/{id}', { params: { id } }, options),
    },

    organizations: organizationCalls({ call }),

    plans: {
      list: (query: QueryOf<'GET /v1/plans'> = {}, options?: CallOptions) =>
        call('GET /v1/plans', { query }, options),
      get: (id: string, options?: CallOptions) => call('GET /v1/plans/{id}', { params: { id } }, options),
    },

    /** For each product the plan, what it grants, and what of that is used and left. */
    entitlements: (options?: CallOptions) => call('GET /v1/billing/entitlements', {}, options),

    /**
     * That of a product, signed: for what only a client can hold to, also while it is offline. Keep it together with
     * `/.well-known/jwks.json`, by which it is verified (docs/adiuva.md).
     */
    entitlementToken: (product: string, options?: CallOptions) =>
      call('GET /v1/billing/entitlements/token', { query: { product } }, options),

    /** Use of each limit, and the calls that it went into, newest first. */
    usage: (query: QueryOf<'GET /v1/usage'> = {}, options?: CallOptions) =>
      call('GET /v1/usage', { query }, options),

    jobs: {
      list: (query: QueryOf<'GET /v1/jobs'> = {}, options?: CallOptions) =>
        call('GET /v1/jobs', { query }, options),
      get: (id: string, options?: CallOptions) => call('GET /v1/jobs/{id}', { params: { id } }, options),
    },
  };
}

function organizationCalls({ call }: Pick<Caller, 'call'>) {
  return {
    list: (query: QueryOf<'GET /v1/organizations'> = {}, options?: CallOptions) =>
      call('GET /v1/organizations', { query }, options),
    create: (body: BodyOf<'POST /v1/organizations'>, options?: CallOptions) =>
      call('POST /v1/organizations', { body }, options),
    get: (id: string, options?: CallOptions) =>
      call('GET /v1/organizations/{id}', { params: { id } }, options),
    update: (id: string, body: BodyOf<'PATCH /v1/organizations/{id}'>, options?: CallOptions) =>
      call('PATCH /v1/organizations/{id}', { params: { id }, body }, options),
    remove: (id: string, options?: CallOptions) =>
      call('DELETE /v1/organizations/{id}', { params: { id } }, options),
    /** Opens one again that was closed, while that can be done. */
    restore: (id: string, options?: CallOptions) =>
      call('POST /v1/organizations/{id}/restore', { params: { id } }, options),
    /** Makes another member its owner. */
    transfer: (id: string, body: BodyOf<'POST /v1/organizations/{id}/transfer'>, options?: CallOptions) =>
      call('POST /v1/organizations/{id}/transfer', { params: { id }, body }, options),
    members: memberCalls({ call }),
    invitations: invitationCalls({ call }),
    teams: teamCalls({ call }),
  };
}

/** A user, and their new role. */
export interface RoleChange {
  readonly user_id: string;
  readonly role: BodyOf<'PATCH /v1/organizations/{id}/members/{user_id}'>['role'];
}

function memberCalls({ call }: Pick<Caller, 'call'>) {
  return {
    list: (id: string, options?: CallOptions) =>
      call('GET /v1/organizations/{id}/members', { params: { id } }, options),
    changeRole: (id: string, { user_id, role }: RoleChange, options?: CallOptions) =>
      call(
        'PATCH /v1/organizations/{id}/members/{user_id}',
        { params: { id, user_id }, body: { role } },
        options,
      ),
    remove: (id: string, userId: string, options?: CallOptions) =>
      call('DELETE /v1/organizations/{id}/members/{user_id}', { params: { id, user_id: userId } }, options),
  };
}

function invitationCalls({ call }: Pick<Caller, 'call'>) {
  return {
    list: (id: string, options?: CallOptions) =>
      call('GET /v1/organizations/{id}/invitations', { params: { id } }, options),
    /** Sends a mail with a link to a person who is to become a member. */
    create: (id: string, body: BodyOf<'POST /v1/organizations/{id}/invitations'>, options?: CallOptions) =>
      call('POST /v1/organizations/{id}/invitations', { params: { id }, body }, options),
    revoke: (id: string, invitationId: string, options?: CallOptions) =>
      call(
        'DELETE /v1/organizations/{id}/invitations/{invitation_id}',
        { params: { id, invitation_id: invitationId } },
        options,
      ),
    /** Becomes a member, by the token of the mail. */
    accept: (body: BodyOf<'POST /v1/invitations/accept'>, options?: CallOptions) =>
      call('POST /v1/invitations/accept', { body }, options),
  };
}

/** A team of an organization. */
export interface TeamOf {
  /** The organization. */
  readonly id: string;
  readonly team_id: string;
}

function teamCalls({ call }: Pick<Caller, 'call'>) {
  return {
    list: (id: string, query: QueryOf<'GET /v1/organizations/{id}/teams'> = {}, options?: CallOptions) =>
      call('GET /v1/organizations/{id}/teams', { params: { id }, query }, options),
    create: (id: string, body: BodyOf<'POST /v1/organizations/{id}/teams'>, options?: CallOptions) =>
      call('POST /v1/organizations/{id}/teams', { params: { id }, body }, options),
    /** A team, with a page of its members. */
    get: (
      { id, team_id }: TeamOf,
      query: QueryOf<'GET /v1/organizations/{id}/teams/{team_id}'> = {},
      options?: CallOptions,
    ) => call('GET /v1/organizations/{id}/teams/{team_id}', { params: { id, team_id }, query }, options),
    rename: (
      { id, team_id }: TeamOf,
      body: BodyOf<'PATCH /v1/organizations/{id}/teams/{team_id}'>,
      options?: CallOptions,
    ) => call('PATCH /v1/organizations/{id}/teams/{team_id}', { params: { id, team_id }, body }, options),
    remove: ({ id, team_id }: TeamOf, options?: CallOptions) =>
      call('DELETE /v1/organizations/{id}/teams/{team_id}', { params: { id, team_id } }, options),
    addMember: ({ id, team_id }: TeamOf, userId: string, options?: CallOptions) =>
      call(
        'PUT /v1/organizations/{id}/teams/{team_id}/members/{user_id}',
        { params: { id, team_id, user_id: userId } },
        options,
      ),
    removeMember: ({ id, team_id }: TeamOf, userId: string, options?: CallOptions) =>
      call(
        'DELETE /v1/organizations/{id}/teams/{team_id}/members/{user_id}',
        { params: { id, team_id, user_id: userId } },
        options,
      ),
  };
}
