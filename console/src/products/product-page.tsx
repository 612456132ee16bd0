import { products } from 'plinth:products';
import { getRouteApi } from '@tanstack/react-router';
import { type ComponentType, Suspense } from 'react';
import { useMe, useRuns } from '../account.ts';
import { lazyPart } from '../parts/lazy-part.ts';

const route = getRouteApi('/app/products/$product/$page');

const PAGES = new Map<string, ComponentType>(
  products.flatMap(({ product, pages }) =>
    pages.map(({ page, load }) => [`${product} ${page}`, lazyPart(load)] as const),
  ),
);

const NotFound = lazyPart(() => import('../pages/not-found/not-found.tsx'), 'NotFound');

/** A page that a product has brought along, where it runs. */
export function ProductPage() {
  const { product, page } = route.useParams();
  const { data: me } = useMe();
  const runs = useRuns();
  if (me === undefined) return null;
  const Page = (runs(product) ? PAGES.get(`${product} ${page}`) : undefined) ?? NotFound;
  return (
    <Suspense fallback={null}>
      <Page />
    </Suspense>
  );
}
