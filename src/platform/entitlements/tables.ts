// Made from the migrated database by npm run generate.
import type { ColumnType, Generated } from 'kysely';

export interface EntitlementsTables {
  'entitlements.allowances': {
    account_id: string;
    product: string;
    limit_name: string;
    most: number;
    created_at: ColumnType<Date, Date | string | undefined, Date | string>;
    updated_at: ColumnType<Date, Date | string | undefined, Date | string>;
  };
  'entitlements.defaults': {
    product: string;
    timeline: unknown;
    holds: Generated<string>;
    accounts_per_user: Generated<number>;
    digest: string;
    complete: Generated<boolean>;
    created_at: ColumnType<Date, Date | string | undefined, Date | string>;
    updated_at: ColumnType<Date, Date | string | undefined, Date | string>;
  };
  'entitlements.grants': {
    account_id: string;
    id: string;
    product: string;
    plan: string | null;
    add_on: string | null;
    source: string;
    quantity: Generated<number>;
    starts_at: ColumnType<Date, Date | string, Date | string>;
    ends_at: ColumnType<Date | null, Date | string | null, Date | string | null>;
    days: number | null;
    cause: string;
    external_id: string | null;
    created_by: string | null;
    request_id: string | null;
    revoked_at: ColumnType<Date | null, Date | string | null, Date | string | null>;
    revoked_by: string | null;
    metered_from: ColumnType<Date | null, Date | string | null, Date | string | null>;
    created_at: ColumnType<Date, Date | string | undefined, Date | string>;
    updated_at: ColumnType<Date, Date | string | undefined, Date | string>;
  };
  'entitlements.snapshots': {
    account_id: string;
    product: string;
    version: number;
    timeline: unknown;
    cause: string;
    grant_id: string | null;
    request_id: string | null;
    created_at: ColumnType<Date, Date | string | undefined, Date | string>;
  };
}
