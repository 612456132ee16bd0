import { statement } from '#platform/db';
import type { UserId } from '#platform/kernel';

/** A brand as it is stored, without its logo: another version of the program may have written it. */
export interface BrandRow {
  readonly product: string;
  readonly brand: unknown;
  readonly logo_hash: string | null;
  readonly logo_type: string | null;
  readonly version: number;
  readonly changed_by: string | null;
  readonly updated_at: Date;
}

/** All of them: one for each product, and the server's. */
export const listBrands = statement<BrandRow>(
  'select product, brand, logo_hash, logo_type, version, changed_by, updated_at from brands.brands order by product',
);

/** Those who change brands go one after the other, until they commit. */
export const lockBrands = statement("select pg_advisory_xact_lock(hashtextextended('plinth brands', 0))");

export interface BrandChange {
  readonly brand?: object;
  /** null: it has none from now on. */
  readonly logo?: { readonly bytes: Buffer; readonly type: string; readonly hash: string } | null;
}

export const storeBrand = (product: string, { brand, logo }: BrandChange, by: UserId) =>
  statement(
    `insert into brands.brands as b (product, brand, logo, logo_type, logo_hash, changed_by)
     values ($1, coalesce($2::jsonb, '{}'), $4, $5, $6, $7)
     on conflict (product) do update set brand = coalesce($2::jsonb, b.brand), version = excluded.version, changed_by = excluded.changed_by,
       logo = case when $3 then excluded.logo else b.logo end,
       logo_type = case when $3 then excluded.logo_type else b.logo_type end,
       logo_hash = case when $3 then excluded.logo_hash else b.logo_hash end, updated_at = app.now()`,
    [
      product,
      brand === undefined ? null : JSON.stringify(brand),
      logo !== undefined,
      logo?.bytes ?? null,
      logo?.type ?? null,
      logo?.hash ?? null,
      by,
    ],
  );

export const readLogoBytes = (product: string) =>
  statement<{ logo: Uint8Array | null; logo_type: string | null }>(
    'select logo, logo_type from brands.brands where product = $1',
    [product],
  );
