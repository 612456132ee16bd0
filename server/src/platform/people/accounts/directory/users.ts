import { type Database, statement } from '#platform/db';
import { type Page, page } from '#platform/http';
import type { UserId } from '#platform/kernel';

export const USER_STATUSES = ['active', 'suspended', 'closed'] as const;

/** Which users an admin looks for. */
export interface UserSearch {
  readonly status?: (typeof USER_STATUSES)[number] | undefined;
  /** A part of the address, in any case. */
  readonly email?: string | undefined;
  /** A part of the name of an organization that the user belongs to, in any case. */
  readonly company?: string | undefined;
}

interface AccountOfUser {
  readonly id: string;
  readonly kind: 'personal' | 'organization';
  readonly name: string;
  readonly role: 'viewer' | 'member' | 'admin' | 'owner';
  readonly status: 'active' | 'suspended';
}

interface UserRow {
  readonly user_id: UserId;
  readonly email: string;
  readonly full_name: string | null;
  readonly email_verified: boolean;
  readonly role: 'user' | 'admin';
  readonly status: (typeof USER_STATUSES)[number];
  readonly created_at: Date;
  readonly accounts: readonly AccountOfUser[];
}

const searchUsers = (
  search: UserSearch,
  at: { readonly after: string | undefined; readonly limit: number },
) =>
  statement<UserRow>(
    `select u.user_id, u.email, u.full_name, u.email_verified, u.role, u.status, u.created_at,
       (select coalesce(jsonb_agg(jsonb_build_object('id', a.account_id, 'kind', a.kind, 'name', a.name, 'role', m.role, 'status', a.status)
          order by a.kind, a.account_id), '[]')
        from accounts.members m join accounts.accounts a on a.account_id = m.account_id
        where m.user_id = u.user_id and a.deleted_at is null) as accounts
     from identity.users u
     where u.email is not null and ($1::text is null or u.status = $1) and ($2::text is null or position(lower($2) in lower(u.email)) > 0)
       and ($3::text is null or exists (select from accounts.members m join accounts.accounts a on a.account_id = m.account_id
         where m.user_id = u.user_id and a.kind = 'organization' and a.deleted_at is null and position(lower($3) in lower(a.name)) > 0))
       and ($4::uuid is null or u.user_id < $4)
     order by u.user_id desc limit $5`,
    [search.status ?? null, search.email ?? null, search.company ?? null, at.after ?? null, at.limit],
  );

/** A user as platform admins see them. */
export interface FoundUser extends Omit<UserRow, 'user_id' | 'created_at' | 'accounts'> {
  readonly id: string;
  readonly created_at: string;
  readonly accounts: AccountOfUser[];
}

/** All users of the server, with the accounts that they belong to; for platform admins. */
export interface Directory {
  /** Newest first; `after`: goes on past this user. */
  search(
    search: UserSearch,
    at: { readonly after: string | undefined; readonly limit: number },
  ): Promise<Page<FoundUser>>;
}

export function createDirectory({ db }: { readonly db: Database }): Directory {
  return {
    async search(search, { after, limit }) {
      const [rows] = await db.system('admin.accounts', [searchUsers(search, { after, limit: limit + 1 })]);
      return page(rows, limit, { item: shownUser, position: ({ user_id: id }) => [id] });
    },
  };
}

function shownUser({ user_id: id, created_at: at, accounts, ...user }: UserRow): FoundUser {
  return { id, ...user, created_at: at.toISOString(), accounts: [...accounts] };
}
