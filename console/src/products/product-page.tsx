import { products } from 'plinth:products';
import { getRouteApi, lazyRouteComponent } from '@tanstack/react-router';
import { type ComponentType, Suspense } from 'react';
import { useMe, useRuns } from '../account.ts';
import { useTexts } from '../text/index.ts';

const route = getRouteApi('/app/products/$product/$page');

/** Where a file is gone, as after an upgrade of the server, the page is loaded anew. */
const PAGES = new Map<string, ComponentType>(
  products.flatMap(({ product, pages }) =>
    pages.map(({ page, load }) => [`${product} ${page}`, lazyRouteComponent(load)] as const),
  ),
);

/** A page that a product has brought along, where it runs. */
export function ProductPage() {
  const { say } = useTexts();
  const { product, page } = route.useParams();
  const { data: me } = useMe();
  const runs = useRuns();
  if (me === undefined) return null;
  const Page = runs(product) ? PAGES.get(`${product} ${page}`) : undefined;
  if (Page === undefined) return <p className="dim">{say('app.noPage')}</p>;
  return (
    <Suspense fallback={null}>
      <Page />
    </Suspense>
  );
}
