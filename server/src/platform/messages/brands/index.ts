import { migrationsIn } from '#platform/db';
import { defineModule } from '#platform/module';
import { createBrands } from './brands.ts';
import { brandsDataRules } from './data-rules.ts';
import { brandRoutes } from './routes.ts';

export { type BrandDraft, type Brands, createBrands, renderMail, renderSample, type Work } from './brands.ts';
export { type BrandDefaults, resolveBrand, SERVER } from './resolve-brand.ts';
export { brandPreviewReply } from './routes.ts';
export { MOST_LOGO_BYTES } from './logo.ts';
export { storedBrand } from './stored-brand.ts';

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
const systemUses = { 'brands.brands': 'brands are the operator’s, and customers of all accounts see them' };

declare module '#platform/db' {
  interface SystemUses extends Readonly<typeof systemUses> {}
}

/** This module, for the list of all of them. */
export const brandsModule = defineModule({
  name: 'brands',
  purpose: 'names, logos and colours that customers see, of the server and of each product',
  migrations: () => migrationsIn('brands', import.meta.url),
  dataRules: brandsDataRules,
  systemUses,
  routes: brandRoutes,
  create: createBrands,
});
