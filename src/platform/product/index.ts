export { declareCatalogue, UNLIMITED } from '#platform/entitlements';
export { defineProduct, type Product, type ProductParts, productRoutes } from './define-product.ts';
export type { Platform } from './platform.ts';
