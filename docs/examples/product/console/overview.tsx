import { CallTable, Head, LimitList, pageTexts, Section, useOfAccount, useTexts } from '@plinth/console';

const texts = pageTexts({
  title: ['Sample', 'Sample'],
  none: [
    'No call yet. The page of docs of this product has one to paste.',
    'Noch kein Aufruf. Die Seite dieses Produkts hat einen zum Einfügen.',
  ],
});

/** What is used of the product's limits, and its last calls. */
export default function Overview() {
  const { say } = useTexts(texts);
  const { data, ...asked } = useOfAccount(['sample'], (api) =>
    api.call('GET /v1/usage', { query: { product: 'sample', limit: 20 } }),
  );
  return (
    <>
      <Head title={say('title')} />
      <LimitList limits={data?.data.filter(({ product }) => product === 'sample') ?? []} />
      <Section title={say('calls.last')}>
        <CallTable events={data?.events} label={say('calls.last')} asked={asked} empty={say('none')} />
      </Section>
    </>
  );
}
