/** Written by the build: all products that have a folder `console`. */
declare module 'plinth:products' {
  export const products: readonly import('./product-pages.ts').ProductPages[];
}
