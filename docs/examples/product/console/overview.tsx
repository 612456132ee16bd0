import { Title } from '@mantine/core';
import { CallTable, LimitList, pageTexts, useOfAccount, useTexts } from '@plinth/console';

const texts = pageTexts({
  en: { title: 'Sample', none: 'No call yet. The page of docs of this product has one to paste.' },
  de: { title: 'Sample', none: 'Noch kein Aufruf. Die Seite dieses Produkts hat einen zum Einfügen.' },
});

/** What is used of the product's limits, and its last calls. */
export default function Overview() {
  const { say } = useTexts(texts);
  const { data, ...asked } = useOfAccount(['sample'], (api) =>
    api.call('GET /v1/usage', { query: { product: 'sample', limit: 20 } }),
  );
  return (
    <>
      <header className="page">
        <Title order={1}>{say('title')}</Title>
      </header>
      <LimitList limits={data?.data.filter(({ product }) => product === 'sample') ?? []} />
      <section aria-labelledby="calls">
        <Title order={2} id="calls">
          {say('calls.last')}
        </Title>
        <CallTable events={data?.events} label={say('calls.last')} asked={asked} empty={say('none')} />
      </section>
    </>
  );
}
