import { Skeleton } from '@mantine/core';
import type { Schemas } from '@plinth/sdk';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Pick } from '../../parts/pick.tsx';
import { usePageSearch } from '../../parts/search.ts';
import { Head } from '../../parts/section.tsx';
import { Trouble } from '../../parts/trouble.tsx';
import { When } from '../../parts/when.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { BrandForm } from './brand-form.tsx';
import { readBrandSearch } from './search.ts';
import { texts } from './texts.ts';

export type Brand = Schemas['Brand'];

/** Key of the server's own brand. */
const SERVER = 'server';

/** Names, logos and colours that customers see: each is changed beside the pages and mails that show it. */
export function Brands() {
  const { say } = useTexts(texts);
  const [{ product = SERVER }, change] = usePageSearch(readBrandSearch);
  const asked = useQuery({
    queryKey: ['brands'],
    queryFn: () => apiFor(undefined).call('GET /v1/admin/brands', {}),
  });
  const brands = asked.data?.data;
  const brand = brands?.find((one) => one.product === product) ?? brands?.[0];
  return (
    <>
      <Head title={say('nav.brands')}>
        {brand !== undefined && brand.changed_at !== null && (
          <span className="dim">
            {say('changed')} <When at={brand.changed_at} isPast />
          </span>
        )}
        <span className="right">
          {brands !== undefined && brand !== undefined && (
            <Pick
              label={say('product')}
              value={brand.product}
              options={Object.fromEntries(
                brands.map((one) => [
                  one.product,
                  one.product === SERVER ? say('server') : `${one.effective.name} (${one.product})`,
                ]),
              )}
              choose={(next) => change({ product: next === SERVER ? undefined : next })}
            />
          )}
        </span>
      </Head>
      {asked.error !== null && <Trouble error={asked.error} retry={() => void asked.refetch()} />}
      {brand === undefined ? (
        asked.error === null && <Skeleton height={480} />
      ) : (
        <Opened key={brand.product} brand={brand} />
      )}
    </>
  );
}

/** The form stays what was opened while another operator changes the brand, and says so. */
function Opened({ brand }: { readonly brand: Brand }) {
  const { say } = useTexts(texts);
  const [opened, open] = useState(brand);
  return (
    <>
      {brand.version > opened.version && (
        <div className="notice" role="status">
          <span className="grow">{say('newer')}</span>
          <button type="button" className="quiet link" onClick={() => open(brand)}>
            {say('takeNewer')}
          </button>
        </div>
      )}
      <BrandForm key={opened.version} brand={opened} saved={open} />
    </>
  );
}
